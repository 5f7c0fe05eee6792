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
#include <cstdint>

#include <hwy/highway.h>

#include "core/kernels/vector_math-inl.h"

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

/// v with zeros behind the first n lanes.
template <class D, class V>
HWY_INLINE V KeepFirst(D d, V v, size_t n) {
  return n == hn::Lanes(d) ? v : hn::IfThenElseZero(hn::FirstN(d, n), v);
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

struct AddLanes {
  template <class V>
  static HWY_INLINE V Combine(V a, V b) {
    return hn::Add(a, b);
  }
};

/// f(i, count) for the vectors of n elements: `count` is Lanes(d), or less for the last one.
template <class D, class F>
HWY_INLINE void ForEachVector(D d, int64_t n, const F& f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, static_cast<size_t>(lanes));
  if (i < n) f(i, static_cast<size_t>(n - i));
}

/// Adds up a row of n elements: add(i, count, acc) adds those of a vector to acc[0 .. kSums).
/// Blocks of elements are added in kChains chains, since an addition takes four cycles, and the
/// blocks in double.
template <int kSums, int kChains, class D, class F>
HWY_INLINE void RowSums(D d, int64_t n, double* HWY_RESTRICT totals, const F& add) {
  constexpr int64_t kBlock = 2048;
  using V = hn::Vec<D>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int s = 0; s < kSums; ++s) totals[s] = 0;
  for (int64_t block = 0; block < n; block += kBlock) {
    const int64_t end = n - block < kBlock ? n : block + kBlock;
    V acc[kChains][kSums];
    for (int k = 0; k < kChains; ++k) {
      for (int s = 0; s < kSums; ++s) acc[k][s] = hn::Zero(d);
    }
    int64_t i = block;
    for (; i + kChains * lanes <= end; i += kChains * lanes) {
      for (int k = 0; k < kChains; ++k) add(i + k * lanes, static_cast<size_t>(lanes), acc[k]);
    }
    for (; i + lanes <= end; i += lanes) add(i, static_cast<size_t>(lanes), acc[0]);
    if (i < end) add(i, static_cast<size_t>(end - i), acc[1]);
    for (int s = 0; s < kSums; ++s) {
      V sum = acc[0][s];
      for (int k = 1; k < kChains; ++k) sum = hn::Add(sum, acc[k][s]);
      totals[s] += static_cast<double>(FoldLanes<AddLanes>(d, sum));
    }
  }
}

struct MaxLanes {
  template <class V>
  static HWY_INLINE V Combine(V a, V b) {
    return hn::Max(a, b);
  }
};

/// The greatest of a row of n elements. NaN may get lost: in a softmax it comes back with the sum.
template <class D>
HWY_INLINE float RowMax(D d, const float* HWY_RESTRICT x, int64_t n) {
  using V = hn::Vec<D>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V lowest = hn::Neg(hn::Inf(d));
  V m0 = lowest, m1 = lowest, m2 = lowest, m3 = lowest;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    m0 = hn::Max(m0, hn::LoadU(d, x + i));
    m1 = hn::Max(m1, hn::LoadU(d, x + i + lanes));
    m2 = hn::Max(m2, hn::LoadU(d, x + i + 2 * lanes));
    m3 = hn::Max(m3, hn::LoadU(d, x + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) m0 = hn::Max(m0, hn::LoadU(d, x + i));
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i);
    m1 = hn::Max(m1, hn::IfThenElse(hn::FirstN(d, rest), LoadFirst(d, x + i, rest), lowest));
  }
  return FoldLanes<MaxLanes>(d, hn::Max(hn::Max(m0, m1), hn::Max(m2, m3)));
}

/// e^x for x <= 0, and 0 below -87.4, where Exp would give a subnormal; NaN stays NaN.
template <class D, class V>
HWY_INLINE V NonPositiveExp(D d, V x) {
  const V lowest = hn::Set(d, -88.0f);
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  x = hn::Max(lowest, x);  // the second operand if one is NaN
#else
  x = hn::IfThenElse(hn::Lt(x, lowest), lowest, x);
#endif
  V n;
  const V p = vector_math::ExpParts(d, x, n);
  const V scale = vector_math::Pow2(d, n);
  return hn::MulAdd(scale, p, scale);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_CORE_KERNELS_ROWS_INL_H_
