#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/optimizer.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/optimizer.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/batch_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

template <class V>
struct SgdRule {
  template <class Constant>
  HWY_INLINE SgdRule(const SgdNumbers& numbers, Constant constant)
      : lr(constant(numbers.lr)),
        momentum(constant(numbers.momentum)),
        one_minus_dampening(constant(1 - numbers.dampening)),
        weight_decay(constant(numbers.weight_decay)),
        has_weight_decay(numbers.weight_decay != 0),
        nesterov(numbers.nesterov),
        maximize(numbers.maximize),
        first(numbers.first) {}

  HWY_INLINE V Decayed(V p, V g) const {
    if (maximize) g = Neg(g);
    if (has_weight_decay) g = g + weight_decay * p;
    return g;
  }
  HWY_INLINE void operator()(V& p, V g) const { p = p - lr * Decayed(p, g); }
  HWY_INLINE void operator()(V& p, V g, V& b) const {
    g = Decayed(p, g);
    b = first ? g : momentum * b + one_minus_dampening * g;
    g = nesterov ? g + momentum * b : b;
    p = p - lr * g;
  }

  V lr, momentum, one_minus_dampening, weight_decay;
  bool has_weight_decay, nesterov, maximize, first;
};

template <class V>
struct AdamRule {
  template <class Constant>
  HWY_INLINE AdamRule(const AdamNumbers& numbers, Constant constant)
      : beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        eps(constant(numbers.eps)),
        step_size(constant(numbers.lr / numbers.bias_correction1)),
        sqrt_bias_correction2(constant(Sqrt(numbers.bias_correction2))),
        weight_decay(constant(numbers.weight_decay)),
        keep(constant(1 - numbers.lr * numbers.weight_decay)),
        l2(numbers.weight_decay != 0 && !numbers.decoupled),
        decoupled(numbers.weight_decay != 0 && numbers.decoupled),
        maximize(numbers.maximize) {}

  HWY_INLINE void Moments(V& p, V g, V& m, V& v) const {
    if (maximize) g = Neg(g);
    if (decoupled) p = keep * p;
    if (l2) g = g + weight_decay * p;
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

  V beta1, one_minus_beta1, beta2, one_minus_beta2;
  V eps, step_size, sqrt_bias_correction2, weight_decay, keep;
  bool l2, decoupled, maximize;
};

template <class T>
void Sgd(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& sgd = *static_cast<const SgdNumbers*>(numbers);
  if (sgd.momentum != 0) {
    ApplyRule<SgdRule, 3, kAllButGradient, T>(vectors, sgd, data, n);
  } else {
    ApplyRule<SgdRule, 2, kAllButGradient, T>(vectors, sgd, data, n);
  }
}
void SgdF32(const void* numbers, void* const* data, int64_t n) {
  Sgd<float>(/*vectors=*/true, numbers, data, n);
}
void SgdF64(const void* numbers, void* const* data, int64_t n) {
  Sgd<double>(/*vectors=*/true, numbers, data, n);
}

template <class T>
void Adam(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& adam = *static_cast<const AdamNumbers*>(numbers);
  if (adam.amsgrad) {
    ApplyRule<AdamRule, 5, kAllButGradient, T>(vectors, adam, data, n);
  } else {
    ApplyRule<AdamRule, 4, kAllButGradient, T>(vectors, adam, data, n);
  }
}
void AdamF32(const void* numbers, void* const* data, int64_t n) {
  Adam<float>(/*vectors=*/true, numbers, data, n);
}
void AdamF64(const void* numbers, void* const* data, int64_t n) {
  Adam<double>(/*vectors=*/true, numbers, data, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(SgdF32);
HWY_EXPORT(SgdF64);
HWY_EXPORT(AdamF32);
HWY_EXPORT(AdamF64);

const BatchKernel& sgd_kernel() {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(SgdF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(SgdF64)(numbers, data, n);
                                      },
                                      sizeof(SgdNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& adam_kernel() {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(AdamF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(AdamF64)(numbers, data, n);
                                      },
                                      sizeof(AdamNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& plain_sgd_kernel() {
  static constexpr BatchKernel kernel{
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Sgd<float>)(/*vectors=*/false, numbers, data, n);
      },
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Sgd<double>)(/*vectors=*/false, numbers, data, n);
      },
      sizeof(SgdNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& plain_adam_kernel() {
  static constexpr BatchKernel kernel{
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Adam<float>)(/*vectors=*/false, numbers, data, n);
      },
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Adam<double>)(/*vectors=*/false, numbers, data, n);
      },
      sizeof(AdamNumbers), kAllButGradient};
  return kernel;
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
