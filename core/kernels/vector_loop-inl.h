/// @file
/// Block functions (see core/kernels/loop.h) over float32 from functors on vectors:
///   struct Add { template <class D, class V> HWY_INLINE V operator()(D, V a, V b) const; };
/// A functor with numbers of its own has a constructor from const Params&.
///
/// Include it inside a translation unit that Highway compiles once per target (foreach_target.h).

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_VECTOR_LOOP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_VECTOR_LOOP_INL_H_
#undef GRADUS_CORE_KERNELS_VECTOR_LOOP_INL_H_
#else
#define GRADUS_CORE_KERNELS_VECTOR_LOOP_INL_H_
#endif

#include <cstring>
#include <type_traits>
#include <utility>

#include <hwy/highway.h>

#include "core/kernels/loop.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using Bytes = hn::Rebind<uint8_t, F32>;

// The last vector of an array has fewer elements than lanes; what the other lanes hold is dropped.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
HWY_INLINE hn::Vec<F32> LoadRest(F32 d, const float* from, size_t n) {
  return hn::MaskedLoad(hn::FirstN(d, n), d, from);
}
HWY_INLINE void StoreRest(hn::Vec<F32> v, F32 d, float* to, size_t n) {
  hn::BlendedStore(v, hn::FirstN(d, n), d, to);
}
#else
HWY_INLINE hn::Vec<F32> LoadRest(F32 d, const float* from, size_t n) {
  HWY_ALIGN float rest[hn::MaxLanes(F32())] = {};
  std::memcpy(rest, from, n * sizeof(float));
  return hn::Load(d, rest);
}
HWY_INLINE void StoreRest(hn::Vec<F32> v, F32 d, float* to, size_t n) {
  HWY_ALIGN float rest[hn::MaxLanes(F32())];
  hn::Store(v, d, rest);
  std::memcpy(to, rest, n * sizeof(float));
}
#endif

// 1 where the mask is true, else 0.
HWY_INLINE void StoreMask(hn::Mask<F32> mask, F32 d, uint8_t* to) {
  const hn::RebindToSigned<F32> di;
  const auto ones = hn::IfThenElseZero(hn::RebindMask(di, mask), hn::Set(di, 1));
  hn::StoreU(hn::DemoteTo(Bytes(), ones), Bytes(), to);
  (void)d;
}

template <class F>
HWY_INLINE F MakeFunctor(const Params* params) {
  if constexpr (std::is_constructible_v<F, const Params&>) {
    return F(*params);
  } else {
    (void)params;
    return F();
  }
}

/// y = f(x).
template <class F>
HWY_NOINLINE void Unary(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* x = static_cast<const float*>(in[0]);
  auto* y = static_cast<float*>(out);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)), d, y + i);
  if (i < size) StoreRest(f(d, LoadRest(d, x + i, size - i)), d, y + i, size - i);
}

/// The same for functors of many instructions, of which it contains one copy.
template <class F>
HWY_NOINLINE void LongUnary(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* x = static_cast<const float*>(in[0]);
  auto* y = static_cast<float*>(out);
  for (size_t i = 0; i < size; i += lanes) {
    const bool whole = size - i >= lanes;
    const auto v = f(d, whole ? hn::LoadU(d, x + i) : LoadRest(d, x + i, size - i));
    if (whole) {
      hn::StoreU(v, d, y + i);
    } else {
      StoreRest(v, d, y + i, size - i);
    }
  }
}
template <class F>
HWY_NOINLINE void LongBinary(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* a = static_cast<const float*>(in[0]);
  const auto* b = static_cast<const float*>(in[1]);
  auto* y = static_cast<float*>(out);
  for (size_t i = 0; i < size; i += lanes) {
    const size_t rest = size - i;
    const bool whole = rest >= lanes;
    const auto v = f(d, whole ? hn::LoadU(d, a + i) : LoadRest(d, a + i, rest),
                     whole ? hn::LoadU(d, b + i) : LoadRest(d, b + i, rest));
    if (whole) {
      hn::StoreU(v, d, y + i);
    } else {
      StoreRest(v, d, y + i, rest);
    }
  }
}

/// y = f(a, b).
template <class F>
HWY_NOINLINE void Binary(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* a = static_cast<const float*>(in[0]);
  const auto* b = static_cast<const float*>(in[1]);
  auto* y = static_cast<float*>(out);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::StoreU(f(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
  if (i < size) {
    const size_t rest = size - i;
    StoreRest(f(d, LoadRest(d, a + i, rest), LoadRest(d, b + i, rest)), d, y + i, rest);
  }
}

/// y = f(a, b, c).
template <class F>
HWY_NOINLINE void Ternary(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* a = static_cast<const float*>(in[0]);
  const auto* b = static_cast<const float*>(in[1]);
  const auto* c = static_cast<const float*>(in[2]);
  auto* y = static_cast<float*>(out);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::StoreU(f(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i), hn::LoadU(d, c + i)), d, y + i);
  }
  if (i < size) {
    const size_t rest = size - i;
    StoreRest(f(d, LoadRest(d, a + i, rest), LoadRest(d, b + i, rest), LoadRest(d, c + i, rest)), d,
              y + i, rest);
  }
}

/// y = f(a, b), a mask, stored as bool.
template <class F>
HWY_NOINLINE void Comparison(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* a = static_cast<const float*>(in[0]);
  const auto* b = static_cast<const float*>(in[1]);
  auto* y = static_cast<uint8_t*>(out);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    StoreMask(f(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
  if (i < size) {
    const size_t rest = size - i;
    HWY_ALIGN uint8_t results[hn::MaxLanes(F32())];
    StoreMask(f(d, LoadRest(d, a + i, rest), LoadRest(d, b + i, rest)), d, results);
    std::memcpy(y + i, results, rest);
  }
}

/// y = f(x), a mask, stored as bool.
template <class F>
HWY_NOINLINE void Predicate(const Params* params, const void* const* in, void* out, int64_t n) {
  const F f = MakeFunctor<F>(params);
  const F32 d;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* x = static_cast<const float*>(in[0]);
  auto* y = static_cast<uint8_t*>(out);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) StoreMask(f(d, hn::LoadU(d, x + i)), d, y + i);
  if (i < size) {
    const size_t rest = size - i;
    HWY_ALIGN uint8_t results[hn::MaxLanes(F32())];
    StoreMask(f(d, LoadRest(d, x + i, rest)), d, results);
    std::memcpy(y + i, results, rest);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_CORE_KERNELS_VECTOR_LOOP_INL_H_
