#include <benchmark/benchmark.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/autograd/ops/softmax.h>
#include <gradus/core/factory.h>

namespace gradus {
namespace {

// Arguments: rows, columns; the time per element says more than the total.
void forward(benchmark::State& state,
             Tensor (*op)(const Tensor&, int64_t, std::optional<ScalarType>)) {
  const Tensor x = rand({state.range(0), state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(op(x, -1, std::nullopt));
  state.SetBytesProcessed(state.iterations() * 2 * static_cast<int64_t>(x.nbytes()));
}

void backward(benchmark::State& state,
              Tensor (*op)(const Tensor&, int64_t, std::optional<ScalarType>)) {
  const Tensor x = rand({state.range(0), state.range(1)}).requires_grad_();
  const Tensor dy = rand({state.range(0), state.range(1)});
  for (auto _ : state) {
    x.mutable_grad() = Tensor();
    op(x, -1, std::nullopt).backward(dy);
  }
  state.SetBytesProcessed(state.iterations() * 5 * static_cast<int64_t>(x.nbytes()));
}

// The channels of a row-major image: a strided dim.
void channels(benchmark::State& state) {
  const Tensor x = rand({16, 21, 64, 64});
  for (auto _ : state) benchmark::DoNotOptimize(softmax(x, 1));
  state.SetBytesProcessed(state.iterations() * 2 * static_cast<int64_t>(x.nbytes()));
}

BENCHMARK_CAPTURE(forward, softmax, softmax)->Args({4096, 256})->Args({64, 10})->UseRealTime();
BENCHMARK_CAPTURE(forward, log_softmax, log_softmax)->Args({4096, 256})->UseRealTime();
BENCHMARK_CAPTURE(backward, softmax, softmax)->Args({4096, 256})->Args({64, 10})->UseRealTime();
BENCHMARK_CAPTURE(backward, log_softmax, log_softmax)->Args({4096, 256})->UseRealTime();
BENCHMARK(channels)->UseRealTime();

}  // namespace
}  // namespace gradus
