// Element-wise ops: what one costs on four floats, and how fast they go over a million.
//
//     build/release/bin/elementwise_bench
//
// "bytes/s" counts what is read and written once; compare with Clone, which does nothing else.

#include <cstdint>

#include <benchmark/benchmark.h>
#include <gradus/autograd/ops/activation.h>
#include <gradus/autograd/ops/binary.h>
#include <gradus/autograd/ops/binary_math.h>
#include <gradus/autograd/ops/compare.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/special.h>
#include <gradus/autograd/ops/ternary.h>
#include <gradus/autograd/ops/unary.h>
#include <gradus/core/factory.h>

namespace gradus {
namespace {

constexpr int64_t kSide = 1024;  // of the million

void set_bytes(benchmark::State& state, int64_t bytes_per_element) {
  state.SetBytesProcessed(state.iterations() * kSide * kSide * bytes_per_element);
}

// --- four floats

void SmallAdd(benchmark::State& state) {
  const Tensor a = rand({4}), b = rand({4});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
}
void SmallAddRecorded(benchmark::State& state) {
  const Tensor a = rand({4}).requires_grad_(), b = rand({4});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
}
void SmallMulRecorded(benchmark::State& state) {
  const Tensor a = rand({4}).requires_grad_(), b = rand({4});
  for (auto _ : state) benchmark::DoNotOptimize(mul(a, b));
}
void SmallAddNumber(benchmark::State& state) {
  const Tensor a = rand({4});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, 1.0));
}
void SmallAddInPlace(benchmark::State& state) {
  Tensor a = rand({4});
  const Tensor b = zeros({4});
  for (auto _ : state) benchmark::DoNotOptimize(a.add_(b));
}
void SmallBroadcast(benchmark::State& state) {
  const Tensor a = rand({2, 4}), b = rand({4});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
}
// Per op of a chain of 100, forward and backward.
void SmallChain(benchmark::State& state) {
  const Tensor a = rand({4}).requires_grad_(), b = ones({4});
  for (auto _ : state) {
    Tensor y = a;
    for (int i = 0; i < 100; ++i) y = mul(y, b);
    y.backward(b);
  }
  state.counters["s/op"] =
      benchmark::Counter(static_cast<double>(state.iterations() * 100),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(SmallAdd);
BENCHMARK(SmallAddRecorded);
BENCHMARK(SmallMulRecorded);
BENCHMARK(SmallAddNumber);
BENCHMARK(SmallAddInPlace);
BENCHMARK(SmallBroadcast);
BENCHMARK(SmallChain);

// --- a million

template <Tensor (*op)(const Tensor&)>
void Unary(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(op(x));
  set_bytes(state, 8);
}
BENCHMARK(Unary<neg>)->Name("Neg")->UseRealTime();
BENCHMARK(Unary<relu>)->Name("Relu")->UseRealTime();
BENCHMARK(Unary<exp>)->Name("Exp")->UseRealTime();
BENCHMARK(Unary<log>)->Name("Log")->UseRealTime();
BENCHMARK(Unary<sin>)->Name("Sin")->UseRealTime();
BENCHMARK(Unary<tanh>)->Name("Tanh")->UseRealTime();
BENCHMARK(Unary<sigmoid>)->Name("Sigmoid")->UseRealTime();
BENCHMARK(Unary<erf>)->Name("Erf")->UseRealTime();
BENCHMARK(Unary<silu>)->Name("Silu")->UseRealTime();

void Clone(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(x.clone());
  set_bytes(state, 8);
}
void Gelu(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(gelu(x));
  set_bytes(state, 8);
}
void GeluForwardBackward(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide}).requires_grad_(), dy = randn({kSide, kSide});
  for (auto _ : state) {
    gelu(x).backward(dy);
    x.mutable_grad().reset();
  }
  set_bytes(state, 20);
}
void ReluForwardBackward(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide}).requires_grad_(), dy = randn({kSide, kSide});
  for (auto _ : state) {
    relu(x).backward(dy);
    x.mutable_grad().reset();
  }
  set_bytes(state, 20);
}
void Add(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}), b = randn({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
  set_bytes(state, 12);
}
void AddInPlace(benchmark::State& state) {
  Tensor a = randn({kSide, kSide});
  const Tensor b = zeros({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(a.add_(b));
  set_bytes(state, 12);
}
void AddTransposed(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}), b = randn({kSide, kSide}).t();
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
  set_bytes(state, 12);
}
void AddRow(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}), b = randn({kSide});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
  set_bytes(state, 8);
}
void AddColumn(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}), b = randn({kSide, 1});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
  set_bytes(state, 8);
}
void AddShortRows(benchmark::State& state) {
  const Tensor a = randn({kSide * kSide / 4, 4}), b = randn({4});
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
  set_bytes(state, 8);
}
void AddBFloat16(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}).to(kBFloat16), b = randn({kSide, kSide}).to(kBFloat16);
  for (auto _ : state) benchmark::DoNotOptimize(add(a, b));
  set_bytes(state, 6);
}
void Pow(benchmark::State& state) {
  const Tensor x = rand({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(pow(x, 2.5));
  set_bytes(state, 8);
}
void Greater(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}), b = randn({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(gt(a, b));
  set_bytes(state, 9);
}
void Where(benchmark::State& state) {
  const Tensor a = randn({kSide, kSide}), b = randn({kSide, kSide}), condition = gt(a, b);
  for (auto _ : state) benchmark::DoNotOptimize(where(condition, a, b));
  set_bytes(state, 13);
}
void ToBFloat16(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide});
  for (auto _ : state) benchmark::DoNotOptimize(x.to(kBFloat16));
  set_bytes(state, 6);
}
void ContiguousTransposed(benchmark::State& state) {
  const Tensor x = randn({kSide, kSide}).t();
  for (auto _ : state) benchmark::DoNotOptimize(x.contiguous());
  set_bytes(state, 8);
}
void EverySecond(benchmark::State& state) {
  const Tensor x = randn({kSide, 2 * kSide}).slice(1, 0, 2 * kSide, 2);
  for (auto _ : state) benchmark::DoNotOptimize(neg(x));
  set_bytes(state, 12);
}
BENCHMARK(Clone)->UseRealTime();
BENCHMARK(Gelu)->UseRealTime();
BENCHMARK(GeluForwardBackward)->UseRealTime();
BENCHMARK(ReluForwardBackward)->UseRealTime();
BENCHMARK(Add)->UseRealTime();
BENCHMARK(AddInPlace)->UseRealTime();
BENCHMARK(AddTransposed)->UseRealTime();
BENCHMARK(AddRow)->UseRealTime();
BENCHMARK(AddColumn)->UseRealTime();
BENCHMARK(AddShortRows)->UseRealTime();
BENCHMARK(AddBFloat16)->UseRealTime();
BENCHMARK(Pow)->UseRealTime();
BENCHMARK(Greater)->UseRealTime();
BENCHMARK(Where)->UseRealTime();
BENCHMARK(ToBFloat16)->UseRealTime();
BENCHMARK(ContiguousTransposed)->UseRealTime();
BENCHMARK(EverySecond)->UseRealTime();

}  // namespace
}  // namespace gradus
