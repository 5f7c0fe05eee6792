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
void AdagradF32(const void* numbers, void* const* data, int64_t n) {
  Adagrad<float>(/*vectors=*/true, numbers, data, n);
}
void AdagradF64(const void* numbers, void* const* data, int64_t n) {
  Adagrad<double>(/*vectors=*/true, numbers, data, n);
}

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
void RmspropF32(const void* numbers, void* const* data, int64_t n) {
  Rmsprop<float>(/*vectors=*/true, numbers, data, n);
}
void RmspropF64(const void* numbers, void* const* data, int64_t n) {
  Rmsprop<double>(/*vectors=*/true, numbers, data, n);
}

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
void AdadeltaF32(const void* numbers, void* const* data, int64_t n) {
  Adadelta<float>(/*vectors=*/true, numbers, data, n);
}
void AdadeltaF64(const void* numbers, void* const* data, int64_t n) {
  Adadelta<double>(/*vectors=*/true, numbers, data, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(AdagradF32);
HWY_EXPORT(AdagradF64);
HWY_EXPORT(RmspropF32);
HWY_EXPORT(RmspropF64);
HWY_EXPORT(AdadeltaF32);
HWY_EXPORT(AdadeltaF64);

const BatchKernel& adagrad_kernel() {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(AdagradF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(AdagradF64)(numbers, data, n);
                                      },
                                      sizeof(AdagradNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& plain_adagrad_kernel() {
  static constexpr BatchKernel kernel{
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Adagrad<float>)(/*vectors=*/false, numbers, data, n);
      },
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Adagrad<double>)(/*vectors=*/false, numbers, data, n);
      },
      sizeof(AdagradNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& rmsprop_kernel() {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(RmspropF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(RmspropF64)(numbers, data, n);
                                      },
                                      sizeof(RmspropNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& plain_rmsprop_kernel() {
  static constexpr BatchKernel kernel{
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Rmsprop<float>)(/*vectors=*/false, numbers, data, n);
      },
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Rmsprop<double>)(/*vectors=*/false, numbers, data, n);
      },
      sizeof(RmspropNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& adadelta_kernel() {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(AdadeltaF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(AdadeltaF64)(numbers, data, n);
                                      },
                                      sizeof(AdadeltaNumbers), kAllButGradient};
  return kernel;
}

const BatchKernel& plain_adadelta_kernel() {
  static constexpr BatchKernel kernel{
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Adadelta<float>)(/*vectors=*/false, numbers, data, n);
      },
      [](const void* numbers, void* const* data, int64_t n) {
        HWY_STATIC_DISPATCH(Adadelta<double>)(/*vectors=*/false, numbers, data, n);
      },
      sizeof(AdadeltaNumbers), kAllButGradient};
  return kernel;
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
