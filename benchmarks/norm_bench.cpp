#include <benchmark/benchmark.h>
#include <gradus/autograd/ops/normalization.h>
#include <gradus/core/factory.h>

namespace gradus {
namespace {

// Forward, and forward with backward where the second argument is 1.
template <class F>
void run(benchmark::State& state, const Tensor& x, bool backward, F f) {
  const Tensor dy = rand_like(x);
  for (auto _ : state) {
    const Tensor y = f(x);
    if (!backward) continue;
    x.mutable_grad() = Tensor();
    y.backward(dy);
  }
  const int64_t passes = backward ? 5 : 2;  // x, y; x, dy, dx
  state.SetBytesProcessed(state.iterations() * passes * static_cast<int64_t>(x.nbytes()));
}

void layer_norm_rows(benchmark::State& state) {
  const bool backward = state.range(2) == 1;
  const int64_t n = state.range(1);
  const Tensor x = rand({state.range(0), n}).requires_grad_(backward);
  const Tensor w = ones({n}).requires_grad_(backward), b = zeros({n}).requires_grad_(backward);
  run(state, x, backward, [&](const Tensor& in) { return layer_norm(in, n, w, b); });
}
BENCHMARK(layer_norm_rows)->Args({4096, 256, 0})->Args({4096, 256, 1})->UseRealTime();

// Arguments: batch, channels, size of an image, backward, channels-last.
void batch_norm_images(benchmark::State& state) {
  const bool backward = state.range(3) == 1;
  const int64_t channels = state.range(1);
  Tensor x = rand({state.range(0), channels, state.range(2), state.range(2)});
  if (state.range(4) == 1) x = x.contiguous(MemoryFormat::ChannelsLast);
  x.requires_grad_(backward);
  const Tensor w = ones({channels}).requires_grad_(backward);
  const Tensor b = zeros({channels}).requires_grad_(backward);
  const Tensor mean = zeros({channels}), var = ones({channels});
  run(state, x, backward, [&](const Tensor& in) {
    return batch_norm(in, w, b, mean, var, /*training=*/true, 0.1, 1e-5);
  });
}
BENCHMARK(batch_norm_images)
    ->Args({32, 16, 32, 0, 0})
    ->Args({32, 16, 32, 1, 0})
    ->Args({32, 16, 32, 0, 1})
    ->Args({32, 16, 32, 1, 1})
    ->Args({32, 64, 8, 1, 0})
    ->Args({32, 64, 8, 1, 1})
    ->UseRealTime();

}  // namespace
}  // namespace gradus
