/// @file
/// GradientRule: how every optimizer's rule begins.
///
/// Include it inside a translation unit that Highway compiles once per target (foreach_target.h).

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_GRADIENT_RULE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_GRADIENT_RULE_INL_H_
#undef GRADUS_CORE_KERNELS_GRADIENT_RULE_INL_H_
#else
#define GRADUS_CORE_KERNELS_GRADIENT_RULE_INL_H_
#endif

#include <hwy/highway.h>

#include "core/kernels/batch_rule-inl.h"
#include "core/kernels/optimizer.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

// g = -g where maximize; then the decay: p = (1 - lr * weight_decay) * p where it is decoupled,
// else g = g + weight_decay * p.
template <class V>
struct GradientRule {
  template <class Constant>
  HWY_INLINE GradientRule(const GradientNumbers& numbers, Constant constant)
      : weight_decay(constant(numbers.weight_decay)),
        keep(constant(1 - numbers.lr * numbers.weight_decay)),
        l2(numbers.weight_decay != 0 && !numbers.decoupled),
        decoupled(numbers.weight_decay != 0 && numbers.decoupled),
        maximize(numbers.maximize) {}

  HWY_INLINE V operator()(V& p, V g) const {
    if (maximize) g = Neg(g);
    if (decoupled) p = keep * p;
    if (l2) g = g + weight_decay * p;
    return g;
  }

  V weight_decay, keep;
  bool l2, decoupled, maximize;
};

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#endif
