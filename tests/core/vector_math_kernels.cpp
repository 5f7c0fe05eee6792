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
GRADUS_TEST_FUNCTION(Log)
GRADUS_TEST_FUNCTION(Tanh)
GRADUS_TEST_FUNCTION(Sigmoid)
GRADUS_TEST_FUNCTION(Erf)
GRADUS_TEST_FUNCTION(NormalCdf)
GRADUS_TEST_FUNCTION(Gelu)

#undef GRADUS_TEST_FUNCTION

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus {
#define GRADUS_TEST_FUNCTION(Name) HWY_EXPORT(Run##Name);
GRADUS_TEST_FUNCTION(Exp)
GRADUS_TEST_FUNCTION(Log)
GRADUS_TEST_FUNCTION(Tanh)
GRADUS_TEST_FUNCTION(Sigmoid)
GRADUS_TEST_FUNCTION(Erf)
GRADUS_TEST_FUNCTION(NormalCdf)
GRADUS_TEST_FUNCTION(Gelu)
#undef GRADUS_TEST_FUNCTION

namespace test {

namespace {

double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * M_SQRT1_2);
}
double gelu(double x) {
  return x == -INFINITY ? -0.0 : x * normal_cdf(x);
}

}  // namespace

#define GRADUS_TEST_ROW(Name, reference)                                                     \
  {                                                                                          \
#Name, reference,                                                                        \
        [](const float* x, float* y, size_t n) { HWY_DYNAMIC_DISPATCH(Run##Name)             \
                                                 (x, y, n); } \
  }

const std::vector<UnaryFunction>& unary_functions() {
  static const std::vector<UnaryFunction> functions = {
      GRADUS_TEST_ROW(Exp, std::exp),   GRADUS_TEST_ROW(Log, std::log),
      GRADUS_TEST_ROW(Tanh, std::tanh), GRADUS_TEST_ROW(Sigmoid, sigmoid),
      GRADUS_TEST_ROW(Erf, std::erf),   GRADUS_TEST_ROW(NormalCdf, normal_cdf),
      GRADUS_TEST_ROW(Gelu, gelu),
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
