#include <benchmark/benchmark.h>
#include <gradus/autograd/ops/loss.h>
#include <gradus/core/factory.h>

namespace gradus {
namespace {

void cross_entropy_backward(benchmark::State& state) {
  const int64_t rows = state.range(0), classes = state.range(1);
  const Tensor x = rand({rows, classes}).requires_grad_();
  const Tensor target = arange(rows) % classes;
  for (auto _ : state) {
    x.mutable_grad() = Tensor();
    cross_entropy(x, target).backward();
  }
  // Its gradient needs nothing but x and the loss: read x, write dx.
  state.SetBytesProcessed(state.iterations() * 2 * static_cast<int64_t>(x.nbytes()));
}
BENCHMARK(cross_entropy_backward)->Args({4096, 256})->Args({64, 10})->UseRealTime();

void nll_loss_backward(benchmark::State& state) {
  const int64_t rows = state.range(0), classes = state.range(1);
  const Tensor x = rand({rows, classes}).requires_grad_();
  const Tensor target = arange(rows) % classes;
  for (auto _ : state) {
    x.mutable_grad() = Tensor();
    nll_loss(x, target).backward();
  }
}
BENCHMARK(nll_loss_backward)->Args({64, 10})->UseRealTime();

void mse_loss_backward(benchmark::State& state) {
  const Tensor x = rand({state.range(0)}).requires_grad_(), target = rand({state.range(0)});
  for (auto _ : state) {
    x.mutable_grad() = Tensor();
    mse_loss(x, target).backward();
  }
  state.SetBytesProcessed(state.iterations() * 5 * static_cast<int64_t>(x.nbytes()));
}
BENCHMARK(mse_loss_backward)->Arg(100)->Arg(1 << 20)->UseRealTime();

}  // namespace
}  // namespace gradus
