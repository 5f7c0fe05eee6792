#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/optimizer.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/optimizer_momentum.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/gradient_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

// -1, 0 or 1; NaN stays.
template <class V>
HWY_INLINE V Sign(V x, V zero, V one) {
  return IfThenElse(Gt(x, zero), one, IfThenElse(Lt(x, zero), Neg(one), x));
}

template <class V>
struct SignRule {
  template <class Constant>
  HWY_INLINE SignRule(const SignNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        momentum(constant(numbers.momentum)),
        one_minus_momentum(constant(1 - numbers.momentum)),
        zero(constant(0)),
        one(constant(1)) {}

  HWY_INLINE void operator()(V& p, V g) const {
    g = gradient(p, g);
    p = p - lr * Sign(g, zero, one);
  }
  HWY_INLINE void operator()(V& p, V g, V& m) const {
    g = gradient(p, g);
    m = momentum * m + one_minus_momentum * g;
    p = p - lr * Sign(m, zero, one);
  }

  GradientRule<V> gradient;
  V lr, momentum, one_minus_momentum, zero, one;
};
template <class T>
void SignStep(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& sign = *static_cast<const SignNumbers*>(numbers);
  if (sign.momentum != 0) {
    ApplyRule<SignRule, 3, kAllButGradient, T>(vectors, sign, data, n);
  } else {
    ApplyRule<SignRule, 2, kAllButGradient, T>(vectors, sign, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(SignStep)

template <class V>
struct LionRule {
  template <class Constant>
  HWY_INLINE LionRule(const LionNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        zero(constant(0)),
        one(constant(1)) {}

  HWY_INLINE void operator()(V& p, V g, V& m) const {
    g = gradient(p, g);
    p = p - lr * Sign(beta1 * m + one_minus_beta1 * g, zero, one);
    m = beta2 * m + one_minus_beta2 * g;
  }

  GradientRule<V> gradient;
  V lr, beta1, one_minus_beta1, beta2, one_minus_beta2, zero, one;
};
template <class T>
void Lion(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<LionRule, 3, kAllButGradient, T>(vectors, *static_cast<const LionNumbers*>(numbers),
                                             data, n);
}
GRADUS_RULE_FUNCTIONS(Lion)

template <class V>
struct QhmRule {
  template <class Constant>
  HWY_INLINE QhmRule(const QhmNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        momentum(constant(numbers.momentum)),
        one_minus_momentum(constant(1 - numbers.momentum)),
        nu(constant(numbers.nu)),
        one_minus_nu(constant(1 - numbers.nu)) {}

  HWY_INLINE void operator()(V& p, V g, V& b) const {
    g = gradient(p, g);
    b = momentum * b + one_minus_momentum * g;
    p = p - lr * (one_minus_nu * g + nu * b);
  }

  GradientRule<V> gradient;
  V lr, momentum, one_minus_momentum, nu, one_minus_nu;
};
template <class T>
void Qhm(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<QhmRule, 3, kAllButGradient, T>(vectors, *static_cast<const QhmNumbers*>(numbers), data,
                                            n);
}
GRADUS_RULE_FUNCTIONS(Qhm)

template <class V>
struct AggmoRule {
  template <class Constant>
  HWY_INLINE AggmoRule(const AggmoNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        rate(constant(numbers.lr / static_cast<double>(numbers.count))),
        beta1(constant(numbers.betas[0])),
        beta2(constant(numbers.betas[1])),
        beta3(constant(numbers.betas[2])),
        beta4(constant(numbers.betas[3])) {}

  HWY_INLINE void operator()(V& p, V g, V& b1) const {
    g = gradient(p, g);
    b1 = beta1 * b1 + g;
    p = p - rate * b1;
  }
  HWY_INLINE void operator()(V& p, V g, V& b1, V& b2) const {
    g = gradient(p, g);
    b1 = beta1 * b1 + g;
    b2 = beta2 * b2 + g;
    p = p - rate * (b1 + b2);
  }
  HWY_INLINE void operator()(V& p, V g, V& b1, V& b2, V& b3) const {
    g = gradient(p, g);
    b1 = beta1 * b1 + g;
    b2 = beta2 * b2 + g;
    b3 = beta3 * b3 + g;
    p = p - rate * (b1 + b2 + b3);
  }
  HWY_INLINE void operator()(V& p, V g, V& b1, V& b2, V& b3, V& b4) const {
    g = gradient(p, g);
    b1 = beta1 * b1 + g;
    b2 = beta2 * b2 + g;
    b3 = beta3 * b3 + g;
    b4 = beta4 * b4 + g;
    p = p - rate * (b1 + b2 + b3 + b4);
  }

  GradientRule<V> gradient;
  V rate, beta1, beta2, beta3, beta4;
};
template <class T>
void Aggmo(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& aggmo = *static_cast<const AggmoNumbers*>(numbers);
  switch (aggmo.count) {
    case 1:
      return ApplyRule<AggmoRule, 3, kAllButGradient, T>(vectors, aggmo, data, n);
    case 2:
      return ApplyRule<AggmoRule, 4, kAllButGradient, T>(vectors, aggmo, data, n);
    case 3:
      return ApplyRule<AggmoRule, 5, kAllButGradient, T>(vectors, aggmo, data, n);
    default:
      return ApplyRule<AggmoRule, 6, kAllButGradient, T>(vectors, aggmo, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(Aggmo)

template <class V>
struct ScheduleFreeRule {
  template <class Constant>
  HWY_INLINE ScheduleFreeRule(const ScheduleFreeNumbers& numbers, Constant constant)
      : gradient(WithoutDecay(numbers), constant),
        weight_decay(constant(numbers.weight_decay)),
        lr(constant(numbers.lr)),
        c(constant(numbers.c)),
        y_rate(constant(numbers.lr * (1 - numbers.beta * (1 - numbers.c)))),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        eps(constant(numbers.eps)),
        bias_correction2(constant(numbers.bias_correction2)) {}

  HWY_INLINE void operator()(V& y, V g, V& z) const {
    Move(y, gradient(y, g) + weight_decay * y, z);
  }
  HWY_INLINE void operator()(V& y, V g, V& z, V& v) const {
    g = gradient(y, g);
    v = beta2 * v + one_minus_beta2 * g * g;
    Move(y, g / (Sqrt(v / bias_correction2) + eps) + weight_decay * y, z);
  }

 private:
  static GradientNumbers WithoutDecay(GradientNumbers numbers) {
    numbers.weight_decay = 0;
    return numbers;
  }
  HWY_INLINE void Move(V& y, V u, V& z) const {
    y = y + c * (z - y) - y_rate * u;
    z = z - lr * u;
  }

  GradientRule<V> gradient;
  V weight_decay, lr, c, y_rate, beta2, one_minus_beta2, eps, bias_correction2;
};
template <class T>
void ScheduleFree(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& schedule_free = *static_cast<const ScheduleFreeNumbers*>(numbers);
  if (schedule_free.adaptive) {
    ApplyRule<ScheduleFreeRule, 4, kAllButGradient, T>(vectors, schedule_free, data, n);
  } else {
    ApplyRule<ScheduleFreeRule, 3, kAllButGradient, T>(vectors, schedule_free, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(ScheduleFree)

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

GRADUS_RULE_KERNELS(SignStep, sign, SignNumbers);
GRADUS_RULE_KERNELS(Lion, lion, LionNumbers);
GRADUS_RULE_KERNELS(Qhm, qhm, QhmNumbers);
GRADUS_RULE_KERNELS(Aggmo, aggmo, AggmoNumbers);
GRADUS_RULE_KERNELS(ScheduleFree, schedule_free, ScheduleFreeNumbers);

}  // namespace gradus::kernel
#endif  // HWY_ONCE
