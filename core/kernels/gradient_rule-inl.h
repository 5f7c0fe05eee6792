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

// What follows a rule's function template `Name<T>(vectors, numbers, data, n)`, within
// HWY_NAMESPACE: its functions for float and double.
#define GRADUS_RULE_FUNCTIONS(Name)                                   \
  void Name##F32(const void* numbers, void* const* data, int64_t n) { \
    Name<float>(/*vectors=*/true, numbers, data, n);                  \
  }                                                                   \
  void Name##F64(const void* numbers, void* const* data, int64_t n) { \
    Name<double>(/*vectors=*/true, numbers, data, n);                 \
  }

// And once per file, within `#if HWY_ONCE`: name_kernel() and plain_name_kernel().
#define GRADUS_RULE_KERNELS(Name, name, Numbers)                                                \
  HWY_EXPORT(Name##F32);                                                                        \
  HWY_EXPORT(Name##F64);                                                                        \
  const BatchKernel& name##_kernel() {                                                          \
    static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) { \
                                          HWY_DYNAMIC_DISPATCH(Name##F32)(numbers, data, n);    \
                                        },                                                      \
                                        [](const void* numbers, void* const* data, int64_t n) { \
                                          HWY_DYNAMIC_DISPATCH(Name##F64)(numbers, data, n);    \
                                        },                                                      \
                                        sizeof(Numbers), kAllButGradient};                      \
    return kernel;                                                                              \
  }                                                                                             \
  const BatchKernel& plain_##name##_kernel() {                                                  \
    static constexpr BatchKernel kernel{                                                        \
        [](const void* numbers, void* const* data, int64_t n) {                                 \
          HWY_STATIC_DISPATCH(Name<float>)(/*vectors=*/false, numbers, data, n);                \
        },                                                                                      \
        [](const void* numbers, void* const* data, int64_t n) {                                 \
          HWY_STATIC_DISPATCH(Name<double>)(/*vectors=*/false, numbers, data, n);               \
        },                                                                                      \
        sizeof(Numbers), kAllButGradient};                                                      \
    return kernel;                                                                              \
  }                                                                                             \
  static_assert(true, "")

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
