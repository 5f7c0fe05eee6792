/// @file
/// What kernels that run over rows of float32 share: loads and stores of the last few elements, and
/// the way from a vector to one number.
///
/// Include it inside a translation unit that Highway compiles once per target (foreach_target.h).

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_ROWS_INL_H_
#undef GRADUS_CORE_KERNELS_ROWS_INL_H_
#else
#define GRADUS_CORE_KERNELS_ROWS_INL_H_
#endif

#include <cstddef>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The first n <= Lanes(d) elements at p, then zeros; reads nothing behind them.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* p, size_t n) {
  if (n == hn::Lanes(d)) return hn::LoadU(d, p);
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T buffer[hn::MaxLanes(D())] = {};
  for (size_t i = 0; i < n; ++i) buffer[i] = p[i];
  return hn::Load(d, buffer);
#else
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
#endif
}

/// Writes the first n <= Lanes(d) lanes of v to p and nothing behind them.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(D d, hn::Vec<D> v, T* p, size_t n) {
  if (n == hn::Lanes(d)) {
    hn::StoreU(v, d, p);
    return;
  }
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T buffer[hn::MaxLanes(D())];
  hn::Store(v, d, buffer);
  for (size_t i = 0; i < n; ++i) p[i] = buffer[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
#endif
}

/// Op::Combine over all lanes: neighbours first, so the order depends on the target alone.
template <class Op, class D>
HWY_INLINE float FoldLanes(D d, hn::Vec<D> v) {
#if HWY_TARGET != HWY_SCALAR
  constexpr size_t kLanes = hn::MaxLanes(D());
  if constexpr (kLanes >= 2) v = Op::Combine(v, hn::Reverse2(d, v));
  if constexpr (kLanes >= 4) v = Op::Combine(v, hn::Reverse4(d, v));
  if constexpr (kLanes >= 8) v = Op::Combine(v, hn::Reverse8(d, v));
  if constexpr (kLanes >= 16) v = Op::Combine(v, hn::Reverse(d, v));
  static_assert(kLanes <= 16, "a wider vector needs another step");
#endif
  (void)d;
  return hn::GetLane(v);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_CORE_KERNELS_ROWS_INL_H_
