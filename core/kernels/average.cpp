#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/average.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/average.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/gradient_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

template <class V>
struct NearRule {
  template <class Constant>
  HWY_INLINE NearRule(const AverageNumbers& numbers, Constant constant)
      : weight(constant(numbers.weight)) {}

  HWY_INLINE void operator()(V& average, V p) const { average = average + weight * (p - average); }

  V weight;
};

template <class V>
struct FarRule {
  template <class Constant>
  HWY_INLINE FarRule(const AverageNumbers& numbers, Constant constant)
      : one_minus_weight(constant(1) - constant(numbers.weight)) {}

  HWY_INLINE void operator()(V& average, V p) const {
    average = p - (p - average) * one_minus_weight;
  }

  V one_minus_weight;
};

template <class T>
void Average(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& average = *static_cast<const AverageNumbers*>(numbers);
  if (static_cast<T>(average.weight) < T(0.5)) {
    ApplyRule<NearRule, 2, kAllButGradient, T>(vectors, average, data, n);
  } else {
    ApplyRule<FarRule, 2, kAllButGradient, T>(vectors, average, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(Average)

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

GRADUS_RULE_KERNELS(Average, average, AverageNumbers);

}  // namespace gradus::kernel
#endif  // HWY_ONCE
