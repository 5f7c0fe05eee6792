/// Time per element of the functions in core/kernels/vector_math-inl.h, one thread, best target.
///
/// `elements` 4096 stays in the first-level cache, 1048576 does not. std::exp and std::erf of float
/// are there for scale.

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "benchmarks/internal/vector_math_bench.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_math-inl.h"
// clang-format on

#undef GRADUS_BENCH_FUNCTIONS
#define GRADUS_BENCH_FUNCTIONS(F) \
  F(Exp)                          \
  F(Exp2)                         \
  F(Expm1)                        \
  F(Log)                          \
  F(Log1p)                        \
  F(Log2)                         \
  F(Log10)                        \
  F(Tanh)                         \
  F(Sigmoid)                      \
  F(Silu)                         \
  F(Softplus)                     \
  F(LogSigmoid)                   \
  F(Erf)                          \
  F(Erfc)                         \
  F(NormalCdf)                    \
  F(Gelu)                         \
  F(GeluTanh)                     \
  F(Sin)                          \
  F(Cos)                          \
  F(Tan)                          \
  F(Asin)                         \
  F(Acos)                         \
  F(Atan)                         \
  F(Sinh)                         \
  F(Cosh)                         \
  F(Asinh)                        \
  F(Acosh)                        \
  F(Atanh)                        \
  F(Erfinv)                       \
  F(Rsqrt)

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

#define GRADUS_BENCH_LOOP(Name)                           \
  void Run##Name(const float* x, float* y, size_t n) {    \
    const hn::ScalableTag<float> d;                       \
    for (size_t i = 0; i < n; i += hn::Lanes(d)) {        \
      hn::StoreU(Name(d, hn::LoadU(d, x + i)), d, y + i); \
    }                                                     \
  }
GRADUS_BENCH_FUNCTIONS(GRADUS_BENCH_LOOP)
#undef GRADUS_BENCH_LOOP

void RunPow(const float* x, float* y, size_t n) {
  const hn::ScalableTag<float> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto v = hn::LoadU(d, x + i);
    hn::StoreU(Pow(d, hn::Abs(v), v), d, y + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus {

#define GRADUS_BENCH_EXPORT(Name) HWY_EXPORT(Run##Name);
GRADUS_BENCH_FUNCTIONS(GRADUS_BENCH_EXPORT)
#undef GRADUS_BENCH_EXPORT
HWY_EXPORT(RunPow);

namespace {

using Loop = void (*)(const float*, float*, size_t);

// x runs evenly through (lo, hi), the range where the function does its work.
void run(benchmark::State& state, Loop loop, float lo, float hi) {
  const size_t n = static_cast<size_t>(state.range(0));
  std::vector<float> x(n), y(n);
  for (size_t i = 0; i < n; ++i) {
    // A stride that is odd visits every element once and in no order that a branch could learn.
    const size_t k = i * 7919 % n;
    x[i] = lo + (hi - lo) * (static_cast<float>(k) + 0.5f) / static_cast<float>(n);
  }
  for (auto _ : state) {
    loop(x.data(), y.data(), n);
    benchmark::ClobberMemory();
  }
  // Inverted rate: seconds per element, printed with its unit prefix ("250p" is 0.25 ns).
  state.counters["per_element"] =
      benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate |
                                                     benchmark::Counter::kInvert);
}

void std_exp(const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = std::exp(x[i]);
}
void std_erf(const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = std::erf(x[i]);
}

#define GRADUS_BENCH_ROW(Name) \
  {#Name, [](const float* x, float* y, size_t n) { HWY_DYNAMIC_DISPATCH(Run##Name)(x, y, n); }},

void register_all() {
  struct Row {
    const char* name;
    Loop loop;
  };
  const Row rows[] = {GRADUS_BENCH_FUNCTIONS(GRADUS_BENCH_ROW) GRADUS_BENCH_ROW(Pow)  //
                      {"std::exp", std_exp},
                      {"std::erf", std_erf}};
  for (const Row& row : rows) {
    const std::string name = row.name;
    float lo = -6, hi = 6;
    if (name == "Log" || name == "Log2" || name == "Log10" || name == "Rsqrt") lo = 0.01f, hi = 20;
    if (name == "Log1p") lo = -0.9f;
    if (name == "Acosh") lo = 1, hi = 20;
    if (name == "Asin" || name == "Acos" || name == "Atanh" || name == "Erfinv") lo = -1, hi = 1;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](benchmark::State& state) { run(state, row.loop, lo, hi); })
        ->ArgName("elements")
        ->Arg(4096)
        ->Arg(1 << 20);
  }
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  gradus::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
#endif  // HWY_ONCE
