#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/optimizer.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/optimizer_adam.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/gradient_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

template <class V>
struct AdamRule {
  template <class Constant>
  HWY_INLINE AdamRule(const AdamNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        eps(constant(numbers.eps)),
        step_size(constant(numbers.lr / numbers.bias_correction1)),
        sqrt_bias_correction2(constant(Sqrt(numbers.bias_correction2))) {}

  HWY_INLINE void Moments(V& p, V g, V& m, V& v) const {
    g = gradient(p, g);
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * g * g;
  }
  HWY_INLINE void Step(V& p, V m, V v) const {
    p = p - step_size * m / (Sqrt(v) / sqrt_bias_correction2 + eps);
  }
  HWY_INLINE void operator()(V& p, V g, V& m, V& v) const {
    Moments(p, g, m, v);
    Step(p, m, v);
  }
  HWY_INLINE void operator()(V& p, V g, V& m, V& v, V& v_max) const {
    Moments(p, g, m, v);
    v_max = Max(v_max, v);
    Step(p, m, v_max);
  }

  GradientRule<V> gradient;
  V beta1, one_minus_beta1, beta2, one_minus_beta2, eps, step_size, sqrt_bias_correction2;
};
template <class T>
void Adam(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& adam = *static_cast<const AdamNumbers*>(numbers);
  if (adam.amsgrad) {
    ApplyRule<AdamRule, 5, kAllButGradient, T>(vectors, adam, data, n);
  } else {
    ApplyRule<AdamRule, 4, kAllButGradient, T>(vectors, adam, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(Adam)

template <class V>
struct NadamRule {
  template <class Constant>
  HWY_INLINE NadamRule(const NadamNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        eps(constant(numbers.eps)),
        bias_correction2(constant(numbers.bias_correction2)),
        g_rate(constant(numbers.g_rate)),
        m_rate(constant(numbers.m_rate)) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& v) const {
    g = gradient(p, g);
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * g * g;
    p = p - (g_rate * g + m_rate * m) / (Sqrt(v / bias_correction2) + eps);
  }

  GradientRule<V> gradient;
  V beta1, one_minus_beta1, beta2, one_minus_beta2, eps, bias_correction2, g_rate, m_rate;
};
template <class T>
void Nadam(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<NadamRule, 4, kAllButGradient, T>(vectors, *static_cast<const NadamNumbers*>(numbers),
                                              data, n);
}
GRADUS_RULE_FUNCTIONS(Nadam)

template <class V>
struct RadamRule {
  template <class Constant>
  HWY_INLINE RadamRule(const RadamNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        eps(constant(numbers.eps)),
        step_size(constant(numbers.step_size)),
        rectified(numbers.rectified) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& v) const {
    g = gradient(p, g);
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * g * g;
    p = rectified ? p - step_size * m / (Sqrt(v) + eps) : p - step_size * m;
  }

  GradientRule<V> gradient;
  V beta1, one_minus_beta1, beta2, one_minus_beta2, eps, step_size;
  bool rectified;
};
template <class T>
void Radam(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<RadamRule, 4, kAllButGradient, T>(vectors, *static_cast<const RadamNumbers*>(numbers),
                                              data, n);
}
GRADUS_RULE_FUNCTIONS(Radam)

template <class V>
struct AdamaxRule {
  template <class Constant>
  HWY_INLINE AdamaxRule(const AdamaxNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        eps(constant(numbers.eps)),
        step_size(constant(numbers.step_size)) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& u) const {
    g = gradient(p, g);
    m = beta1 * m + one_minus_beta1 * g;
    u = Max(Abs(g) + eps, beta2 * u);
    p = p - step_size * m / u;
  }

  GradientRule<V> gradient;
  V beta1, one_minus_beta1, beta2, eps, step_size;
};
template <class T>
void Adamax(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdamaxRule, 4, kAllButGradient, T>(vectors, *static_cast<const AdamaxNumbers*>(numbers),
                                               data, n);
}
GRADUS_RULE_FUNCTIONS(Adamax)

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

GRADUS_RULE_KERNELS(Adam, adam, AdamNumbers);
GRADUS_RULE_KERNELS(Nadam, nadam, NadamNumbers);
GRADUS_RULE_KERNELS(Radam, radam, RadamNumbers);
GRADUS_RULE_KERNELS(Adamax, adamax, AdamaxNumbers);

}  // namespace gradus::kernel
#endif  // HWY_ONCE
