// Products of the training steps: name, then [m, k] x [k, n]; "T" marks a transposed operand.
#include <benchmark/benchmark.h>
#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gradus/core/shape.h>

#include "core/kernels/matmul.h"

namespace gradus::kernel {
namespace {

Tensor operand(int64_t rows, int64_t cols, bool transposed, ScalarType dtype) {
  const Tensor x = ones(transposed ? IntArrayRef({cols, rows}) : IntArrayRef({rows, cols}), dtype);
  return transposed ? make_view(x, {rows, cols}, {1, rows}, 0) : x;
}

void product(benchmark::State& state, ScalarType dtype) {
  const int64_t m = state.range(0);
  const int64_t k = state.range(1);
  const int64_t n = state.range(2);
  const Tensor a = operand(m, k, state.range(3) != 0, dtype);
  const Tensor b = operand(k, n, state.range(4) != 0, dtype);
  set_num_threads(static_cast<int>(state.range(5)));
  for (auto _ : state) benchmark::DoNotOptimize(matmul(a, b));
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(m * n * k),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n", "aT", "bT", "threads"})->UseRealTime()->Unit(benchmark::kMicrosecond);
  for (int threads : {1, 2}) {
    for (int64_t n : {4, 16, 64, 256, 1024}) b->Args({n, n, n, 0, 0, threads});
    for (int64_t n : {64, 256, 1024}) b->Args({n, n, n, 0, 1, threads});
    // Linear layers 784-256-128-10 with a batch of 64: x W^T, dy W, dy^T x; and with a batch of 1.
    b->Args({64, 784, 256, 0, 1, threads})
        ->Args({64, 256, 784, 0, 0, threads})
        ->Args({256, 64, 784, 1, 0, threads});
    b->Args({64, 256, 128, 0, 1, threads})->Args({64, 128, 10, 0, 1, threads});
    b->Args({1, 784, 256, 0, 1, threads})->Args({1, 1024, 1024, 0, 1, threads});
    b->Args({64, 3136, 128, 0, 1, threads})->Args({128, 64, 3136, 1, 0, threads});
    // char-GPT, 16 x 128 tokens of 128.
    b->Args({2048, 128, 512, 0, 1, threads})->Args({512, 2048, 128, 1, 0, threads});
    // Least squares.
    b->Args({64, 100000, 64, 1, 0, threads});
  }
}

void batched(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  const Tensor q = ones({64, 128, 32});
  const Tensor k = ones({64, 128, 32});
  const Tensor kt = make_view(k, {64, 32, 128}, {128 * 32, 1, 32}, 0);
  for (auto _ : state) benchmark::DoNotOptimize(matmul(q, kt));
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * 64 * 128 * 128 * 32, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK_CAPTURE(product, float32, kFloat)->Apply(shapes);
BENCHMARK_CAPTURE(product, bfloat16, kBFloat16)->Args({1024, 1024, 1024, 0, 1, 2})->UseRealTime();
BENCHMARK_CAPTURE(product, float64, kDouble)->Args({256, 256, 256, 0, 0, 2})->UseRealTime();
BENCHMARK(batched)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gradus::kernel
