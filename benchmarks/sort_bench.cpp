#include <benchmark/benchmark.h>
#include <gradus/autograd/ops/counting.h>
#include <gradus/autograd/ops/sort.h>
#include <gradus/core/factory.h>

namespace gradus {
namespace {

// Arguments: rows and columns of a matrix whose rows are sorted.
void shapes(benchmark::internal::Benchmark* b) {
  b->Args({1024, 1024})->Args({1, 1 << 20})->Args({65536, 16})->Args({64, 16384});
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

template <class F>
void each(benchmark::State& state, const Tensor& x, F op) {
  for (auto _ : state) benchmark::DoNotOptimize(op(x));
  state.SetItemsProcessed(state.iterations() * x.numel());
}

Tensor floats(const benchmark::State& state) {
  return randn({state.range(0), state.range(1)});
}

void sort_float(benchmark::State& state) {
  each(state, floats(state), [](const Tensor& x) { return sort(x); });
}
void sort_double(benchmark::State& state) {
  each(state, floats(state).to(kDouble), [](const Tensor& x) { return sort(x); });
}
void sort_long(benchmark::State& state) {
  each(state, randint(1000000, {state.range(0), state.range(1)}),
       [](const Tensor& x) { return sort(x); });
}
void sort_columns(benchmark::State& state) {
  each(state, floats(state).t(), [](const Tensor& x) { return sort(x, 0); });
}
void topk_10(benchmark::State& state) {
  each(state, floats(state), [](const Tensor& x) { return topk(x, 10); });
}
void median_of_rows(benchmark::State& state) {
  each(state, floats(state), [](const Tensor& x) { return median(x, 1); });
}
void unique_of_all(benchmark::State& state) {
  each(state, randint(1000, {state.range(0), state.range(1)}),
       [](const Tensor& x) { return unique(x, true, true, true); });
}
void searchsorted_in_1000(benchmark::State& state) {
  const Tensor boundaries = std::get<0>(sort(randn({1000})));
  each(state, floats(state), [&](const Tensor& x) { return searchsorted(boundaries, x); });
}
void histc_100(benchmark::State& state) {
  each(state, floats(state), [](const Tensor& x) { return histc(x, 100, -3, 3); });
}

BENCHMARK(sort_float)->Apply(shapes);
BENCHMARK(sort_double)->Apply(shapes);
BENCHMARK(sort_long)->Apply(shapes);
BENCHMARK(sort_columns)->Apply(shapes);
BENCHMARK(topk_10)->Apply(shapes);
BENCHMARK(median_of_rows)->Apply(shapes);
BENCHMARK(unique_of_all)->Args({1024, 1024})->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(searchsorted_in_1000)->Args({1024, 1024})->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(histc_100)->Args({1024, 1024})->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gradus
