#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/optimizer.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/optimizer_adagrad.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/gradient_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

template <class V>
struct AdagradRule {
  template <class Constant>
  HWY_INLINE AdagradRule(const AdagradNumbers& numbers, Constant constant)
      : gradient(numbers, constant), rate(constant(numbers.rate)), eps(constant(numbers.eps)) {}

  HWY_INLINE void operator()(V& p, V g, V& sum) const {
    g = gradient(p, g);
    sum = sum + g * g;
    p = p - rate * g / (Sqrt(sum) + eps);
  }

  GradientRule<V> gradient;
  V rate, eps;
};
template <class T>
void Adagrad(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdagradRule, 3, kAllButGradient, T>(
      vectors, *static_cast<const AdagradNumbers*>(numbers), data, n);
}
GRADUS_RULE_FUNCTIONS(Adagrad)

template <class V>
struct RmspropBase {
  template <class Constant>
  HWY_INLINE RmspropBase(const RmspropNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        alpha(constant(numbers.alpha)),
        one_minus_alpha(constant(1 - numbers.alpha)),
        eps(constant(numbers.eps)),
        momentum(constant(numbers.momentum)) {}

  // The gradient divided by the root of its mean square.
  HWY_INLINE V Scaled(V& p, V g, V& v) const {
    g = gradient(p, g);
    v = alpha * v + one_minus_alpha * g * g;
    return g / (Sqrt(v) + eps);
  }
  // The same by its standard deviation; a is its mean.
  HWY_INLINE V Centered(V& p, V g, V& v, V& a) const {
    g = gradient(p, g);
    v = alpha * v + one_minus_alpha * g * g;
    a = alpha * a + one_minus_alpha * g;
    return g / (Sqrt(v - a * a) + eps);
  }
  HWY_INLINE void Move(V& p, V g, V& b) const {
    b = momentum * b + g;
    p = p - lr * b;
  }

  GradientRule<V> gradient;
  V lr, alpha, one_minus_alpha, eps, momentum;
};
template <class V>
struct RmspropRule : RmspropBase<V> {
  template <class Constant>
  HWY_INLINE RmspropRule(const RmspropNumbers& numbers, Constant constant)
      : RmspropBase<V>(numbers, constant) {}
  HWY_INLINE void operator()(V& p, V g, V& v) const {
    g = this->Scaled(p, g, v);
    p = p - this->lr * g;
  }
  HWY_INLINE void operator()(V& p, V g, V& v, V& b) const {
    this->Move(p, this->Scaled(p, g, v), b);
  }
};
template <class V>
struct CenteredRmspropRule : RmspropBase<V> {
  template <class Constant>
  HWY_INLINE CenteredRmspropRule(const RmspropNumbers& numbers, Constant constant)
      : RmspropBase<V>(numbers, constant) {}
  HWY_INLINE void operator()(V& p, V g, V& v, V& a) const {
    g = this->Centered(p, g, v, a);
    p = p - this->lr * g;
  }
  HWY_INLINE void operator()(V& p, V g, V& v, V& a, V& b) const {
    this->Move(p, this->Centered(p, g, v, a), b);
  }
};
template <class T>
void Rmsprop(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& rmsprop = *static_cast<const RmspropNumbers*>(numbers);
  if (rmsprop.centered && rmsprop.momentum > 0) {
    ApplyRule<CenteredRmspropRule, 5, kAllButGradient, T>(vectors, rmsprop, data, n);
  } else if (rmsprop.centered) {
    ApplyRule<CenteredRmspropRule, 4, kAllButGradient, T>(vectors, rmsprop, data, n);
  } else if (rmsprop.momentum > 0) {
    ApplyRule<RmspropRule, 4, kAllButGradient, T>(vectors, rmsprop, data, n);
  } else {
    ApplyRule<RmspropRule, 3, kAllButGradient, T>(vectors, rmsprop, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(Rmsprop)

template <class V>
struct AdadeltaRule {
  template <class Constant>
  HWY_INLINE AdadeltaRule(const AdadeltaNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        rho(constant(numbers.rho)),
        one_minus_rho(constant(1 - numbers.rho)),
        eps(constant(numbers.eps)) {}

  HWY_INLINE void operator()(V& p, V g, V& v, V& u) const {
    g = gradient(p, g);
    v = rho * v + one_minus_rho * g * g;
    const V dx = Sqrt(u + eps) / Sqrt(v + eps) * g;
    u = rho * u + one_minus_rho * dx * dx;
    p = p - lr * dx;
  }

  GradientRule<V> gradient;
  V lr, rho, one_minus_rho, eps;
};
template <class T>
void Adadelta(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdadeltaRule, 4, kAllButGradient, T>(
      vectors, *static_cast<const AdadeltaNumbers*>(numbers), data, n);
}
GRADUS_RULE_FUNCTIONS(Adadelta)

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

GRADUS_RULE_KERNELS(Adagrad, adagrad, AdagradNumbers);
GRADUS_RULE_KERNELS(Rmsprop, rmsprop, RmspropNumbers);
GRADUS_RULE_KERNELS(Adadelta, adadelta, AdadeltaNumbers);

}  // namespace gradus::kernel
#endif  // HWY_ONCE
