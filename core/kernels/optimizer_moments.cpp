#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/optimizer.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/optimizer_moments.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/gradient_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

// What variants of Adam begin with.
template <class V>
struct MomentRule {
  template <class Constant>
  HWY_INLINE MomentRule(const MomentNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        beta1(constant(numbers.beta1)),
        one_minus_beta1(constant(1 - numbers.beta1)),
        beta2(constant(numbers.beta2)),
        one_minus_beta2(constant(1 - numbers.beta2)),
        eps(constant(numbers.eps)),
        lr(constant(numbers.lr)),
        step_size(constant(numbers.lr / numbers.bias_correction1)),
        bias_correction1(constant(numbers.bias_correction1)),
        sqrt_bias_correction2(constant(Sqrt(numbers.bias_correction2))),
        zero(constant(0)) {}

  HWY_INLINE V Average1(V m, V g) const { return beta1 * m + one_minus_beta1 * g; }
  HWY_INLINE V Average2(V v, V g) const { return beta2 * v + one_minus_beta2 * g; }
  HWY_INLINE V Denominator(V v) const { return Sqrt(v) / sqrt_bias_correction2 + eps; }

  GradientRule<V> gradient;
  V beta1, one_minus_beta1, beta2, one_minus_beta2, eps, lr, step_size, bias_correction1;
  V sqrt_bias_correction2, zero;
};

template <class V>
struct AdabeliefRule : MomentRule<V> {
  template <class Constant>
  HWY_INLINE AdabeliefRule(const MomentNumbers& numbers, Constant constant)
      : MomentRule<V>(numbers, constant) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& s) const {
    g = this->gradient(p, g);
    m = this->Average1(m, g);
    s = this->Average2(s, (g - m) * (g - m)) + this->eps;
    p = p - this->step_size * m / this->Denominator(s);
  }
};
template <class T>
void Adabelief(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdabeliefRule, 4, kAllButGradient, T>(
      vectors, *static_cast<const MomentNumbers*>(numbers), data, n);
}
GRADUS_RULE_FUNCTIONS(Adabelief)

template <class V>
struct YogiRule : MomentRule<V> {
  template <class Constant>
  HWY_INLINE YogiRule(const MomentNumbers& numbers, Constant constant)
      : MomentRule<V>(numbers, constant) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& v) const {
    g = this->gradient(p, g);
    m = this->Average1(m, g);
    const V gg = g * g;
    const V change = this->one_minus_beta2 * gg;
    const V less = IfThenElse(Lt(v, gg), v + change, v);
    v = IfThenElse(Gt(v, gg), v - change, less);
    p = p - this->step_size * m / this->Denominator(v);
  }
};
template <class T>
void Yogi(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<YogiRule, 4, kAllButGradient, T>(vectors, *static_cast<const MomentNumbers*>(numbers),
                                             data, n);
}
GRADUS_RULE_FUNCTIONS(Yogi)

template <class V>
struct LapropRule : MomentRule<V> {
  template <class Constant>
  HWY_INLINE LapropRule(const MomentNumbers& numbers, Constant constant)
      : MomentRule<V>(numbers, constant) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& v) const {
    g = this->gradient(p, g);
    v = this->Average2(v, g * g);
    m = this->Average1(m, g / this->Denominator(v));
    p = p - this->step_size * m;
  }
};
template <class T>
void Laprop(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<LapropRule, 4, kAllButGradient, T>(vectors, *static_cast<const MomentNumbers*>(numbers),
                                               data, n);
}
GRADUS_RULE_FUNCTIONS(Laprop)

template <class V>
struct AdoptRule : MomentRule<V> {
  template <class Constant>
  HWY_INLINE AdoptRule(const AdoptNumbers& numbers, Constant constant)
      : MomentRule<V>(numbers, constant),
        clip(constant(numbers.clip)),
        minus_clip(constant(-numbers.clip)),
        first(numbers.first) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& v) const {
    g = this->gradient(p, g);
    if (first) {
      v = g * g;
      return;
    }
    const V u = g / Max(this->eps, Sqrt(v));
    m = this->Average1(m, Min(clip, Max(minus_clip, u)));
    p = p - this->lr * m;
    v = this->Average2(v, g * g);
  }

  V clip, minus_clip;
  bool first;
};
template <class T>
void Adopt(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdoptRule, 4, kAllButGradient, T>(vectors, *static_cast<const AdoptNumbers*>(numbers),
                                              data, n);
}
GRADUS_RULE_FUNCTIONS(Adopt)

template <class V>
struct AdemamixRule : MomentRule<V> {
  template <class Constant>
  HWY_INLINE AdemamixRule(const AdemamixNumbers& numbers, Constant constant)
      : MomentRule<V>(numbers, constant),
        beta3(constant(numbers.beta3)),
        one_minus_beta3(constant(1 - numbers.beta3)),
        alpha(constant(numbers.alpha)) {}

  HWY_INLINE void operator()(V& p, V g, V& m1, V& m2, V& v) const {
    g = this->gradient(p, g);
    m1 = this->Average1(m1, g);
    m2 = beta3 * m2 + one_minus_beta3 * g;
    v = this->Average2(v, g * g);
    p = p - this->lr * (m1 / this->bias_correction1 + alpha * m2) / this->Denominator(v);
  }

  V beta3, one_minus_beta3, alpha;
};
template <class T>
void Ademamix(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdemamixRule, 5, kAllButGradient, T>(
      vectors, *static_cast<const AdemamixNumbers*>(numbers), data, n);
}
GRADUS_RULE_FUNCTIONS(Ademamix)

template <class V>
struct AdanRule : MomentRule<V> {
  template <class Constant>
  HWY_INLINE AdanRule(const AdanNumbers& numbers, Constant constant)
      : MomentRule<V>(numbers, constant),
        beta3(constant(numbers.beta3)),
        one_minus_beta3(constant(1 - numbers.beta3)),
        difference_size(constant(numbers.lr * numbers.beta2 / numbers.bias_correction2)),
        sqrt_bias_correction3(constant(Sqrt(numbers.bias_correction3))),
        shrink(constant(numbers.shrink)),
        first(numbers.first) {}

  HWY_INLINE void operator()(V& p, V g, V& m, V& v, V& n, V& g_prev) const {
    g = this->gradient(p, g);
    const V difference = first ? this->zero : g - g_prev;
    m = this->Average1(m, g);
    v = this->Average2(v, difference);
    const V u = g + this->beta2 * difference;
    n = beta3 * n + one_minus_beta3 * u * u;
    const V denominator = Sqrt(n) / sqrt_bias_correction3 + this->eps;
    p = (p - (this->step_size * m + difference_size * v) / denominator) / shrink;
    g_prev = g;
  }

  V beta3, one_minus_beta3, difference_size, sqrt_bias_correction3, shrink;
  bool first;
};
template <class T>
void Adan(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AdanRule, 6, kAllButGradient, T>(vectors, *static_cast<const AdanNumbers*>(numbers),
                                             data, n);
}
GRADUS_RULE_FUNCTIONS(Adan)

template <class V>
struct RmspropTfRule {
  template <class Constant>
  HWY_INLINE RmspropTfRule(const RmspropTfNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        one_minus_alpha(constant(1 - numbers.alpha)),
        eps(constant(numbers.eps)),
        momentum(constant(numbers.momentum)),
        centered(numbers.centered),
        lr_in_momentum(numbers.lr_in_momentum) {}

  HWY_INLINE V Scaled(V g, V& v) const {
    v = v + one_minus_alpha * (g * g - v);
    return g / Sqrt(v + eps);
  }
  HWY_INLINE V Centered(V g, V& v, V& a) const {
    v = v + one_minus_alpha * (g * g - v);
    a = a + one_minus_alpha * (g - a);
    return g / Sqrt(v - a * a + eps);
  }
  HWY_INLINE void Step(V& p, V u, V& b) const {
    b = momentum * b + (lr_in_momentum ? lr * u : u);
    p = p - (lr_in_momentum ? b : lr * b);
  }
  HWY_INLINE void operator()(V& p, V g, V& v) const {
    g = gradient(p, g);
    p = p - lr * Scaled(g, v);
  }
  HWY_INLINE void operator()(V& p, V g, V& v, V& a_or_b) const {
    g = gradient(p, g);
    if (centered) {
      p = p - lr * Centered(g, v, a_or_b);
    } else {
      Step(p, Scaled(g, v), a_or_b);
    }
  }
  HWY_INLINE void operator()(V& p, V g, V& v, V& a, V& b) const {
    g = gradient(p, g);
    Step(p, Centered(g, v, a), b);
  }

  GradientRule<V> gradient;
  V lr, one_minus_alpha, eps, momentum;
  bool centered, lr_in_momentum;
};
template <class T>
void RmspropTf(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& rmsprop = *static_cast<const RmspropTfNumbers*>(numbers);
  switch (3 + (rmsprop.centered ? 1 : 0) + (rmsprop.momentum > 0 ? 1 : 0)) {
    case 3:
      return ApplyRule<RmspropTfRule, 3, kAllButGradient, T>(vectors, rmsprop, data, n);
    case 4:
      return ApplyRule<RmspropTfRule, 4, kAllButGradient, T>(vectors, rmsprop, data, n);
    default:
      return ApplyRule<RmspropTfRule, 5, kAllButGradient, T>(vectors, rmsprop, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(RmspropTf)

// The cube root by square roots and Halley's iteration, so that every width of vectors gives the
// same bits: x^(1/4) x^(1/16) x^(1/64) = x^(21/64) is near, and each iteration triples the digits.
template <class V>
HWY_INLINE V CubeRoot(V x, V zero, V one, V two) {
  const V root4 = Sqrt(Sqrt(x));
  const V root16 = Sqrt(Sqrt(root4));
  V y = root4 * root16 * Sqrt(Sqrt(root16));
  for (int i = 0; i < 5; ++i) {
    const V ratio = x / (y * y) / y;
    y = y * (one + two * ratio) / (two + ratio);
  }
  return IfThenElse(Eq(x, zero), zero, y);
}

template <class V>
struct MadgradRule {
  template <class Constant>
  HWY_INLINE MadgradRule(const MadgradNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        rate(constant(numbers.rate)),
        momentum(constant(numbers.momentum)),
        one_minus_momentum(constant(1 - numbers.momentum)),
        eps(constant(numbers.eps)),
        zero(constant(0)),
        one(constant(1)),
        two(constant(2)) {}

  HWY_INLINE V Root(V v) const { return CubeRoot(v, zero, one, two) + eps; }
  HWY_INLINE void operator()(V& p, V g, V& s, V& v) const {
    g = gradient(p, g);
    const V x0 = p + s / Root(v);
    v = v + rate * g * g;
    s = s + rate * g;
    p = x0 - s / Root(v);
  }
  HWY_INLINE void operator()(V& p, V g, V& s, V& v, V& x0) const {
    g = gradient(p, g);
    v = v + rate * g * g;
    s = s + rate * g;
    p = momentum * p + one_minus_momentum * (x0 - s / Root(v));
  }

  GradientRule<V> gradient;
  V rate, momentum, one_minus_momentum, eps, zero, one, two;
};
template <class T>
void Madgrad(bool vectors, const void* numbers, void* const* data, int64_t n) {
  const auto& madgrad = *static_cast<const MadgradNumbers*>(numbers);
  if (madgrad.momentum != 0) {
    ApplyRule<MadgradRule, 5, kAllButGradient, T>(vectors, madgrad, data, n);
  } else {
    ApplyRule<MadgradRule, 4, kAllButGradient, T>(vectors, madgrad, data, n);
  }
}
GRADUS_RULE_FUNCTIONS(Madgrad)

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

GRADUS_RULE_KERNELS(Adabelief, adabelief, MomentNumbers);
GRADUS_RULE_KERNELS(Yogi, yogi, MomentNumbers);
GRADUS_RULE_KERNELS(Laprop, laprop, MomentNumbers);
GRADUS_RULE_KERNELS(Adopt, adopt, AdoptNumbers);
GRADUS_RULE_KERNELS(Ademamix, ademamix, AdemamixNumbers);
GRADUS_RULE_KERNELS(Adan, adan, AdanNumbers);
GRADUS_RULE_KERNELS(RmspropTf, rmsprop_tf, RmspropTfNumbers);
GRADUS_RULE_KERNELS(Madgrad, madgrad, MadgradNumbers);

}  // namespace gradus::kernel
#endif  // HWY_ONCE
