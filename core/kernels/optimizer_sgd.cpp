#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/optimizer.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/optimizer_sgd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/gradient_rule-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

template <class V>
struct SgdRule {
  template <class Constant>
  HWY_INLINE SgdRule(const SgdNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        lr(constant(numbers.lr)),
        momentum(constant(numbers.momentum)),
        one_minus_dampening(constant(1 - numbers.dampening)),
        nesterov(numbers.nesterov),
        first(numbers.first) {}

  HWY_INLINE void operator()(V& p, V g) const { p = p - lr * gradient(p, g); }
  HWY_INLINE void operator()(V& p, V g, V& b) const {
    g = gradient(p, g);
    b = first ? g : momentum * b + one_minus_dampening * g;
    g = nesterov ? g + momentum * b : b;
    p = p - lr * g;
  }

  GradientRule<V> gradient;
  V lr, momentum, one_minus_dampening;
  bool nesterov, first;
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
GRADUS_RULE_FUNCTIONS(Sgd)

template <class V>
struct AsgdRule {
  template <class Constant>
  HWY_INLINE AsgdRule(const AsgdNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        keep(constant(1 - numbers.lambd * numbers.eta)),
        eta(constant(numbers.eta)),
        mu(constant(numbers.mu)),
        averages(numbers.mu != 1) {}

  HWY_INLINE void operator()(V& p, V g, V& ax) const {
    g = gradient(p, g);
    p = keep * p - eta * g;
    ax = averages ? ax + mu * (p - ax) : p;
  }

  GradientRule<V> gradient;
  V keep, eta, mu;
  bool averages;
};
template <class T>
void Asgd(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<AsgdRule, 3, kAllButGradient, T>(vectors, *static_cast<const AsgdNumbers*>(numbers),
                                             data, n);
}
GRADUS_RULE_FUNCTIONS(Asgd)

template <class V>
struct RpropRule {
  template <class Constant>
  HWY_INLINE RpropRule(const RpropNumbers& numbers, Constant constant)
      : gradient(numbers, constant),
        eta_minus(constant(numbers.eta_minus)),
        eta_plus(constant(numbers.eta_plus)),
        min_step(constant(numbers.min_step)),
        max_step(constant(numbers.max_step)),
        zero(constant(0)) {}

  HWY_INLINE void operator()(V& p, V g, V& g_prev, V& step) const {
    g = gradient(p, g);
    const V agreement = g * g_prev;
    const V grown = IfThenElse(Gt(agreement, zero), step * eta_plus, step);
    const auto turned = Lt(agreement, zero);
    step = Min(max_step, Max(min_step, IfThenElse(turned, step * eta_minus, grown)));
    g = IfThenElse(turned, zero, g);
    const V down = IfThenElse(Lt(g, zero), Neg(step), zero);
    // A gradient that is NaN is to be seen.
    const V move = IfThenElse(Eq(g, g), IfThenElse(Gt(g, zero), step, down), g);
    p = p - move;
    g_prev = g;
  }

  GradientRule<V> gradient;
  V eta_minus, eta_plus, min_step, max_step, zero;
};
template <class T>
void Rprop(bool vectors, const void* numbers, void* const* data, int64_t n) {
  ApplyRule<RpropRule, 4, kAllButGradient, T>(vectors, *static_cast<const RpropNumbers*>(numbers),
                                              data, n);
}
GRADUS_RULE_FUNCTIONS(Rprop)

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

GRADUS_RULE_KERNELS(Sgd, sgd, SgdNumbers);
GRADUS_RULE_KERNELS(Asgd, asgd, AsgdNumbers);
GRADUS_RULE_KERNELS(Rprop, rprop, RpropNumbers);

}  // namespace gradus::kernel
#endif  // HWY_ONCE
