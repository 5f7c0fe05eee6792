#include "tests/core/internal/vector_math_kernels.h"

#include <cmath>

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/core/internal/vector_math_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_math-inl.h"
// clang-format on

// Name in vector_math-inl.h, reference in double.
#undef GRADUS_TEST_FUNCTIONS
#define GRADUS_TEST_FUNCTIONS(F) \
  F(Exp, std::exp)               \
  F(Exp2, std::exp2)             \
  F(Expm1, std::expm1)           \
  F(Log, std::log)               \
  F(Log1p, std::log1p)           \
  F(Log2, std::log2)             \
  F(Log10, std::log10)           \
  F(Tanh, std::tanh)             \
  F(Sigmoid, sigmoid)            \
  F(Silu, silu)                  \
  F(Softplus, softplus)          \
  F(LogSigmoid, log_sigmoid)     \
  F(Erf, std::erf)               \
  F(Erfc, std::erfc)             \
  F(NormalCdf, normal_cdf)       \
  F(Gelu, gelu)                  \
  F(GeluTanh, gelu_tanh)         \
  F(Sin, std::sin)               \
  F(Cos, std::cos)               \
  F(Tan, std::tan)               \
  F(Asin, std::asin)             \
  F(Acos, std::acos)             \
  F(Atan, std::atan)             \
  F(Sinh, std::sinh)             \
  F(Cosh, std::cosh)             \
  F(Asinh, std::asinh)           \
  F(Acosh, std::acosh)           \
  F(Atanh, std::atanh)           \
  F(Erfinv, erfinv)              \
  F(Rsqrt, rsqrt)

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

// One loop per function; the last vector is filled with zeros.
#define GRADUS_TEST_LOOP(Name, reference)                                                  \
  void Run##Name(const float* x, float* y, size_t n) {                                     \
    const hn::ScalableTag<float> d;                                                        \
    const size_t lanes = hn::Lanes(d);                                                     \
    size_t i = 0;                                                                          \
    for (; i + lanes <= n; i += lanes) hn::StoreU(Name(d, hn::LoadU(d, x + i)), d, y + i); \
    if (i == n) return;                                                                    \
    float rest[hn::MaxLanes(d)] = {};                                                      \
    for (size_t j = i; j < n; ++j) rest[j - i] = x[j];                                     \
    hn::StoreU(Name(d, hn::LoadU(d, rest)), d, rest);                                      \
    for (size_t j = i; j < n; ++j) y[j] = rest[j - i];                                     \
  }
GRADUS_TEST_FUNCTIONS(GRADUS_TEST_LOOP)
#undef GRADUS_TEST_LOOP

void RunPow(const float* a, const float* b, float* y, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < n; i += lanes) {
    hn::StoreU(Pow(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
}

bool HasFma() {
  return HWY_NATIVE_FMA;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus {

#define GRADUS_TEST_EXPORT(Name, reference) HWY_EXPORT(Run##Name);
GRADUS_TEST_FUNCTIONS(GRADUS_TEST_EXPORT)
#undef GRADUS_TEST_EXPORT
HWY_EXPORT(RunPow);
HWY_EXPORT(HasFma);

namespace test {

namespace {

double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
double silu(double x) {
  return x == -INFINITY ? -0.0 : x * sigmoid(x);
}
double softplus(double x) {
  return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
double log_sigmoid(double x) {
  return -softplus(-x);
}
double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * M_SQRT1_2);
}
double gelu(double x) {
  return x == -INFINITY ? -0.0 : x * normal_cdf(x);
}
double gelu_tanh(double x) {
  return x == -INFINITY ? -0.0 : x * sigmoid(2 * std::sqrt(M_2_PI) * (x + 0.044715 * x * x * x));
}

// Newton's method on erf or erfc, whichever is small, from a first approximation by Winitzki.
double erfinv(double x) {
  const double a = std::fabs(x);
  if (!(a < 1)) return a == 1 ? std::copysign(INFINITY, x) : NAN;
  if (a == 0) return x;
  const double w = std::log1p(-a * a);
  const double b = 2 / (M_PI * 0.147) + w / 2;
  double y = std::sqrt(std::sqrt(b * b - w / 0.147) - b);
  if (a < 1e-4) y = a * std::sqrt(M_PI) / 2;
  for (int i = 0; i < 3; ++i) {
    const double error = a < 0.5 ? std::erf(y) - a : (1 - a) - std::erfc(y);
    y -= error * std::sqrt(M_PI) / 2 * std::exp(y * y);
  }
  return std::copysign(y, x);
}
double rsqrt(double x) {
  return 1 / std::sqrt(x);
}

}  // namespace

#define GRADUS_TEST_ROW(Name, reference)                      \
  {#Name, reference, [](const float* x, float* y, size_t n) { \
     HWY_DYNAMIC_DISPATCH(Run##Name)(x, y, n);                \
   }},

const std::vector<UnaryFunction>& unary_functions() {
  static const std::vector<UnaryFunction> functions = {GRADUS_TEST_FUNCTIONS(GRADUS_TEST_ROW)};
  return functions;
}

#undef GRADUS_TEST_ROW

void run_pow(const float* a, const float* b, float* y, size_t n) {
  HWY_DYNAMIC_DISPATCH(RunPow)(a, b, y, n);
}

std::vector<int64_t> targets() {
  use_target(0);
  return hwy::SupportedAndGeneratedTargets();
}

std::string target_name(int64_t target) {
  return hwy::TargetName(target);
}

bool target_has_fma(int64_t target) {
  use_target(target);
  const bool result = HWY_DYNAMIC_DISPATCH(HasFma)();
  use_target(0);
  return result;
}

void use_target(int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace test
}  // namespace gradus
#endif  // HWY_ONCE
