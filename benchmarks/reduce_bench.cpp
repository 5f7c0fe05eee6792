#include <benchmark/benchmark.h>
#include <gradus/autograd/ops/reduce.h>
#include <gradus/core/factory.h>

namespace gradus {
namespace {

// Arguments: sizes of a row-major matrix and the dim to reduce; -1: all.
using Reduction = Tensor (*)(const Tensor&, IntArrayRef);

void reduction(benchmark::State& state, Reduction op) {
  const Tensor x = rand({state.range(0), state.range(1)});
  const int64_t dim = state.range(2);
  const DimVector dims = dim < 0 ? DimVector() : DimVector{dim};
  for (auto _ : state) benchmark::DoNotOptimize(op(x, dims));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(x.nbytes()));
}

void shapes(benchmark::internal::Benchmark* b) {
  for (int64_t dim : {-1, 0, 1}) {
    b->Args({4096, 256, dim})->Args({65536, 16, dim})->Args({16, 65536, dim});
  }
  b->Args({1 << 20, 3, 1})->Args({1 << 20, 3, 0})->Args({2, 2, -1});
  b->UseRealTime();
}

Tensor sum_of(const Tensor& x, IntArrayRef dims) {
  return sum(x, dims);
}
Tensor amax_of(const Tensor& x, IntArrayRef dims) {
  return amax(x, dims);
}
Tensor var_of(const Tensor& x, IntArrayRef dims) {
  return var(x, dims);
}
Tensor max_of(const Tensor& x, IntArrayRef dims) {
  return dims.empty() ? argmax(x) : std::get<1>(max(x, dims[0]));
}

BENCHMARK_CAPTURE(reduction, sum, sum_of)->Apply(shapes);
BENCHMARK_CAPTURE(reduction, amax, amax_of)->Apply(shapes);
BENCHMARK_CAPTURE(reduction, var, var_of)->Apply(shapes);
BENCHMARK_CAPTURE(reduction, max_with_index, max_of)->Apply(shapes);

void running_sum(benchmark::State& state) {
  const Tensor x = rand({state.range(0), state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(cumsum(x, state.range(2)));
  state.SetBytesProcessed(state.iterations() * 2 * static_cast<int64_t>(x.nbytes()));
}
BENCHMARK(running_sum)->Args({4096, 256, 0})->Args({4096, 256, 1})->UseRealTime();

}  // namespace
}  // namespace gradus
