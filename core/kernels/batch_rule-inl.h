/// @file
/// ApplyRule: a rule, written once for one element, applied to arrays. See Note
/// [Tensor batches].
///
/// Include it inside a translation unit that Highway compiles once per target (foreach_target.h).

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_BATCH_RULE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_BATCH_RULE_INL_H_
#undef GRADUS_CORE_KERNELS_BATCH_RULE_INL_H_
#else
#define GRADUS_CORE_KERNELS_BATCH_RULE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// What a rule needs beside operators, for one number; for vectors Highway has functions of the same
// names. Max(a, b) and Min(a, b) are b where one of them is NaN, as the instruction does it.
template <class T>
HWY_INLINE T Sqrt(T x) requires std::is_floating_point_v<T> {
  // Not std::sqrt: that is an inline function of float, which must not be compiled for a target.
  if constexpr (sizeof(T) == sizeof(float)) {
    return __builtin_sqrtf(x);
  } else {
    return __builtin_sqrt(x);
  }
}
template <class T>
HWY_INLINE T Neg(T x) requires std::is_floating_point_v<T> {
  return -x;
}
template <class T>
HWY_INLINE T Max(T a, T b) requires std::is_floating_point_v<T> {
  return a > b ? a : b;
}
template <class T>
HWY_INLINE T Abs(T x) requires std::is_floating_point_v<T> {
  return x < 0 ? -x : x + T{0};  // + 0 turns -0 into 0
}
template <class T>
HWY_INLINE bool Lt(T a, T b) requires std::is_floating_point_v<T> {
  return a < b;
}
template <class T>
HWY_INLINE bool Gt(T a, T b) requires std::is_floating_point_v<T> {
  return a > b;
}
template <class T>
HWY_INLINE bool Eq(T a, T b) requires std::is_floating_point_v<T> {
  return a == b;
}
template <class T>
HWY_INLINE T IfThenElse(bool condition, T yes, T no) requires std::is_floating_point_v<T> {
  return condition ? yes : no;
}
template <class T>
HWY_INLINE T Min(T a, T b) requires std::is_floating_point_v<T> {
  return a < b ? a : b;
}

// Turn a setting into what a rule computes with.
template <class T>
struct NumberConstant {
  HWY_INLINE T operator()(double x) const { return static_cast<T>(x); }
};
template <class D>
struct VectorConstant {
  D d;
  HWY_INLINE hn::Vec<D> operator()(double x) const {
    return hn::Set(d, static_cast<hn::TFromD<D>>(x));
  }
};

// The rule with vectors from element i on as far as whole vectors go; returns how far.
template <template <class> class Rule, uint32_t kWritten, class D, class Numbers, size_t... I>
HWY_INLINE int64_t ApplyVectors(D d, std::index_sequence<I...> /*tensors*/, const Numbers& numbers,
                                hn::TFromD<D>* const* data, int64_t i, int64_t n) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (n - i < lanes) return i;
  const Rule<hn::Vec<D>> rule(numbers, VectorConstant<D>{d});
  for (; n - i >= lanes; i += lanes) {
    hn::Vec<D> x[] = {hn::LoadU(d, data[I] + i)...};
    rule(x[I]...);
    ((kWritten >> I & 1 ? hn::StoreU(x[I], d, data[I] + i) : void()), ...);
  }
  return i;
}

// The rule one element at a time: the reference, and the end of an array.
template <template <class> class Rule, class T, class Numbers, size_t... I>
HWY_INLINE void ApplyPlain(std::index_sequence<I...> /*tensors*/, const Numbers& numbers,
                           T* const* data, int64_t i, int64_t n) {
  if (i >= n) return;
  const Rule<T> rule(numbers, NumberConstant<T>());
  for (; i < n; ++i) rule(data[I][i]...);
}

/// Calls Rule<V>(numbers, constant)(data[0][i], data[1][i], ...) for all i in [0, n), where V is a
/// vector or T. The rule takes by reference what kWritten says is written (bit k for data[k]), the
/// rest by value.
template <template <class> class Rule, size_t kTensors, uint32_t kWritten, class T, class Numbers>
HWY_INLINE void ApplyRule(bool vectors, const Numbers& numbers, void* const* data, int64_t n) {
  const auto tensors = std::make_index_sequence<kTensors>();
  T* typed[kTensors];
  for (size_t k = 0; k < kTensors; ++k) typed[k] = static_cast<T*>(data[k]);
  int64_t i = 0;
  if (vectors) {
    i = ApplyVectors<Rule, kWritten>(hn::ScalableTag<T>(), tensors, numbers, typed, i, n);
    i = ApplyVectors<Rule, kWritten>(hn::CappedTag<T, 4>(), tensors, numbers, typed, i, n);
  }
  ApplyPlain<Rule, T>(tensors, numbers, typed, i, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#endif
