#include "tests/core/vector_math_kernels.h"

#include <cmath>

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/core/vector_math_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

// One loop per function; the last vector is filled with zeros.
#define GRADUS_TEST_FUNCTION(Name)                                                         \
  void Run##Name(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, size_t n) {           \
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

GRADUS_TEST_FUNCTION(Exp)
GRADUS_TEST_FUNCTION(Exp2)
GRADUS_TEST_FUNCTION(Expm1)
GRADUS_TEST_FUNCTION(Log)
GRADUS_TEST_FUNCTION(Log1p)
GRADUS_TEST_FUNCTION(Log2)
GRADUS_TEST_FUNCTION(Log10)
GRADUS_TEST_FUNCTION(Tanh)
GRADUS_TEST_FUNCTION(Sigmoid)
GRADUS_TEST_FUNCTION(Silu)
GRADUS_TEST_FUNCTION(Softplus)
GRADUS_TEST_FUNCTION(LogSigmoid)
GRADUS_TEST_FUNCTION(Erf)
GRADUS_TEST_FUNCTION(Erfc)
GRADUS_TEST_FUNCTION(NormalCdf)
GRADUS_TEST_FUNCTION(Gelu)
GRADUS_TEST_FUNCTION(GeluTanh)
GRADUS_TEST_FUNCTION(Sin)
GRADUS_TEST_FUNCTION(Cos)
GRADUS_TEST_FUNCTION(Tan)
GRADUS_TEST_FUNCTION(Asin)
GRADUS_TEST_FUNCTION(Acos)
GRADUS_TEST_FUNCTION(Atan)
GRADUS_TEST_FUNCTION(Sinh)
GRADUS_TEST_FUNCTION(Cosh)
GRADUS_TEST_FUNCTION(Asinh)
GRADUS_TEST_FUNCTION(Acosh)
GRADUS_TEST_FUNCTION(Atanh)
GRADUS_TEST_FUNCTION(Erfinv)
GRADUS_TEST_FUNCTION(Rsqrt)

#undef GRADUS_TEST_FUNCTION

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus {
#define GRADUS_TEST_FUNCTION(Name) HWY_EXPORT(Run##Name);
GRADUS_TEST_FUNCTION(Exp)
GRADUS_TEST_FUNCTION(Exp2)
GRADUS_TEST_FUNCTION(Expm1)
GRADUS_TEST_FUNCTION(Log)
GRADUS_TEST_FUNCTION(Log1p)
GRADUS_TEST_FUNCTION(Log2)
GRADUS_TEST_FUNCTION(Log10)
GRADUS_TEST_FUNCTION(Tanh)
GRADUS_TEST_FUNCTION(Sigmoid)
GRADUS_TEST_FUNCTION(Silu)
GRADUS_TEST_FUNCTION(Softplus)
GRADUS_TEST_FUNCTION(LogSigmoid)
GRADUS_TEST_FUNCTION(Erf)
GRADUS_TEST_FUNCTION(Erfc)
GRADUS_TEST_FUNCTION(NormalCdf)
GRADUS_TEST_FUNCTION(Gelu)
GRADUS_TEST_FUNCTION(GeluTanh)
GRADUS_TEST_FUNCTION(Sin)
GRADUS_TEST_FUNCTION(Cos)
GRADUS_TEST_FUNCTION(Tan)
GRADUS_TEST_FUNCTION(Asin)
GRADUS_TEST_FUNCTION(Acos)
GRADUS_TEST_FUNCTION(Atan)
GRADUS_TEST_FUNCTION(Sinh)
GRADUS_TEST_FUNCTION(Cosh)
GRADUS_TEST_FUNCTION(Asinh)
GRADUS_TEST_FUNCTION(Acosh)
GRADUS_TEST_FUNCTION(Atanh)
GRADUS_TEST_FUNCTION(Erfinv)
GRADUS_TEST_FUNCTION(Rsqrt)
#undef GRADUS_TEST_FUNCTION

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
  return std::fmin(x, 0.0) - std::log1p(std::exp(-std::fabs(x)));
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

#define GRADUS_TEST_ROW(Name, reference)                                                   \
  {                                                                                        \
#Name, reference,                                                                        \
        [](const float* x, float* y, size_t n) { HWY_DYNAMIC_DISPATCH(Run##Name)             \
                                                 (x, y, n); } \
  }

const std::vector<UnaryFunction>& unary_functions() {
  static const std::vector<UnaryFunction> functions = {
      GRADUS_TEST_ROW(Exp, std::exp),         GRADUS_TEST_ROW(Exp2, std::exp2),
      GRADUS_TEST_ROW(Expm1, std::expm1),     GRADUS_TEST_ROW(Log, std::log),
      GRADUS_TEST_ROW(Log1p, std::log1p),     GRADUS_TEST_ROW(Log2, std::log2),
      GRADUS_TEST_ROW(Log10, std::log10),     GRADUS_TEST_ROW(Tanh, std::tanh),
      GRADUS_TEST_ROW(Sigmoid, sigmoid),      GRADUS_TEST_ROW(Silu, silu),
      GRADUS_TEST_ROW(Softplus, softplus),    GRADUS_TEST_ROW(LogSigmoid, log_sigmoid),
      GRADUS_TEST_ROW(Erf, std::erf),         GRADUS_TEST_ROW(Erfc, std::erfc),
      GRADUS_TEST_ROW(NormalCdf, normal_cdf), GRADUS_TEST_ROW(Gelu, gelu),
      GRADUS_TEST_ROW(GeluTanh, gelu_tanh),   GRADUS_TEST_ROW(Sin, std::sin),
      GRADUS_TEST_ROW(Cos, std::cos),         GRADUS_TEST_ROW(Tan, std::tan),
      GRADUS_TEST_ROW(Asin, std::asin),       GRADUS_TEST_ROW(Acos, std::acos),
      GRADUS_TEST_ROW(Atan, std::atan),       GRADUS_TEST_ROW(Sinh, std::sinh),
      GRADUS_TEST_ROW(Cosh, std::cosh),       GRADUS_TEST_ROW(Asinh, std::asinh),
      GRADUS_TEST_ROW(Acosh, std::acosh),     GRADUS_TEST_ROW(Atanh, std::atanh),
      GRADUS_TEST_ROW(Erfinv, erfinv),        GRADUS_TEST_ROW(Rsqrt, rsqrt),
  };
  return functions;
}

std::vector<int64_t> targets() {
  return hwy::SupportedAndGeneratedTargets();
}
std::string target_name(int64_t target) {
  return hwy::TargetName(target);
}
void use_target(int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace test
}  // namespace gradus
#endif  // HWY_ONCE
