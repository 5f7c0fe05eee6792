#include <benchmark/benchmark.h>
#include <gradus/autograd/ops/arrange.h>
#include <gradus/autograd/ops/cdist.h>
#include <gradus/autograd/ops/einsum.h>
#include <gradus/autograd/ops/linalg.h>
#include <gradus/core/factory.h>
#include <gradus/core/tensor.h>

namespace gradus {
namespace {

// Arguments: matrices in the batch, rows.
Tensor regular(const benchmark::State& state) {
  const int64_t n = state.range(1);
  return rand({state.range(0), n, n}) + eye(n) * static_cast<double>(n);
}

template <class F>
void run(benchmark::State& state, const Tensor& x, F op) {
  for (auto _ : state) benchmark::DoNotOptimize(op(x));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void inv(benchmark::State& state) {
  run(state, regular(state), [](const Tensor& x) { return linalg::inv(x); });
}
void lu_factor(benchmark::State& state) {
  run(state, regular(state), [](const Tensor& x) { return linalg::lu_factor(x); });
}
void cholesky(benchmark::State& state) {
  const Tensor x = regular(state);
  run(state, matmul(x, x.mT()), [](const Tensor& a) { return linalg::cholesky(a); });
}
void qr(benchmark::State& state) {
  run(state, regular(state), [](const Tensor& x) { return linalg::qr(x); });
}
void svd(benchmark::State& state) {
  run(state, regular(state), [](const Tensor& x) { return linalg::svd(x); });
}
void eigh(benchmark::State& state) {
  const Tensor x = regular(state);
  run(state, x + x.mT(), [](const Tensor& a) { return linalg::eigh(a); });
}
void solve_backward(benchmark::State& state) {
  const Tensor a = regular(state).requires_grad_(), b = rand({state.range(0), state.range(1)});
  for (auto _ : state) {
    a.mutable_grad() = Tensor();
    linalg::solve(a, b).sum().backward();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void pairwise(benchmark::State& state) {
  const Tensor x = rand({state.range(0), state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(cdist(x, x, 1));
}
void attention(benchmark::State& state) {
  const Tensor q = rand({state.range(0), 4, state.range(1), 32});
  for (auto _ : state) benchmark::DoNotOptimize(einsum("bhqd,bhkd->bhqk", {q, q}));
}

#define GRADUS_SIZES ->Args({4096, 4})->Args({64, 32})->Args({1, 256})->UseRealTime()
BENCHMARK(inv) GRADUS_SIZES;
BENCHMARK(lu_factor) GRADUS_SIZES;
BENCHMARK(cholesky) GRADUS_SIZES;
BENCHMARK(qr) GRADUS_SIZES;
BENCHMARK(svd) GRADUS_SIZES;
BENCHMARK(eigh) GRADUS_SIZES;
BENCHMARK(solve_backward) GRADUS_SIZES;
BENCHMARK(pairwise)->Args({500, 64})->UseRealTime();
BENCHMARK(attention)->Args({16, 128})->UseRealTime();
#undef GRADUS_SIZES

}  // namespace
}  // namespace gradus
