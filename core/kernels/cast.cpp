#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cstring>
#include <limits>

#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/cast.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using U16 = hn::Rebind<uint16_t, F32>;

// Each of these converts whole vectors and returns how many elements that were.

HWY_ATTR int64_t FloatToBFloat16(const void* src, void* dst, int64_t n) {
  const F32 d;
  const U16 d16;
  const hn::RebindToUnsigned<F32> du;
  const hn::RebindToSigned<F32> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const float*>(src);
  auto* to = static_cast<uint16_t*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto x = hn::LoadU(d, from + i);
    const auto bits = hn::BitCast(du, x);
    const auto upper = hn::ShiftRight<16>(bits);
    const auto odd = hn::And(upper, hn::Set(du, 1u));
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffu))));
    const auto nan = hn::Or(upper, hn::Set(du, 0x40u));
    const auto result = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), nan, rounded);
    hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di, result)), d16, to + i);
  }
  return i;
}

HWY_ATTR int64_t BFloat16ToFloat(const void* src, void* dst, int64_t n) {
  const F32 d;
  const U16 d16;
  const hn::RebindToUnsigned<F32> du;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const uint16_t*>(src);
  auto* to = static_cast<float*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(du, hn::LoadU(d16, from + i)));
    hn::StoreU(hn::BitCast(d, bits), d, to + i);
  }
  return i;
}

// Below AVX2 Highway converts binary16 in software and truncates.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
HWY_ATTR int64_t FloatToHalf(const void* src, void* dst, int64_t n) {
  const F32 d;
  const hn::Rebind<hwy::float16_t, F32> d16;
  const hn::RebindToUnsigned<F32> du;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const float*>(src);
  auto* to = static_cast<hwy::float16_t*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto x = hn::LoadU(d, from + i);
    // A NaN loses its payload, as in Half(float).
    const auto quiet =
        hn::Or(hn::And(x, hn::Set(d, -0.0f)), hn::BitCast(d, hn::Set(du, 0x7fc00000u)));
    hn::StoreU(hn::DemoteTo(d16, hn::IfThenElse(hn::Eq(x, x), x, quiet)), d16, to + i);
  }
  return i;
}

HWY_ATTR int64_t HalfToFloat(const void* src, void* dst, int64_t n) {
  const F32 d;
  const hn::Rebind<hwy::float16_t, F32> d16;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const hwy::float16_t*>(src);
  auto* to = static_cast<float*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::PromoteTo(d, hn::LoadU(d16, from + i)), d, to + i);
  }
  return i;
}
#else
int64_t FloatToHalf(const void*, void*, int64_t) {
  return 0;
}
int64_t HalfToFloat(const void*, void*, int64_t) {
  return 0;
}
#endif

HWY_ATTR int64_t ByteToFloat(const void* src, void* dst, int64_t n) {
  const F32 d;
  const hn::Rebind<uint8_t, F32> d8;
  const hn::RebindToSigned<F32> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const uint8_t*>(src);
  auto* to = static_cast<float*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(d8, from + i))), d, to + i);
  }
  return i;
}

HWY_ATTR int64_t IntToFloat(const void* src, void* dst, int64_t n) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const int32_t*>(src);
  auto* to = static_cast<float*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::ConvertTo(d, hn::LoadU(di, from + i)), d, to + i);
  }
  return i;
}

// Highway's emulated targets make infinite numbers finite.
#if HWY_HAVE_FLOAT64 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
using F64 = hn::ScalableTag<double>;
using HalfF32 = hn::Rebind<float, F64>;

HWY_ATTR int64_t FloatToDouble(const void* src, void* dst, int64_t n) {
  const F64 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const float*>(src);
  auto* to = static_cast<double*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::PromoteTo(d, hn::LoadU(HalfF32(), from + i)), d, to + i);
  }
  return i;
}

HWY_ATTR int64_t DoubleToFloat(const void* src, void* dst, int64_t n) {
  const F64 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* from = static_cast<const double*>(src);
  auto* to = static_cast<float*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::DemoteTo(HalfF32(), hn::LoadU(d, from + i)), HalfF32(), to + i);
  }
  return i;
}
#else
int64_t FloatToDouble(const void*, void*, int64_t) {
  return 0;
}
int64_t DoubleToFloat(const void*, void*, int64_t) {
  return 0;
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(FloatToBFloat16);
HWY_EXPORT(BFloat16ToFloat);
HWY_EXPORT(FloatToHalf);
HWY_EXPORT(HalfToFloat);
HWY_EXPORT(ByteToFloat);
HWY_EXPORT(IntToFloat);
HWY_EXPORT(FloatToDouble);
HWY_EXPORT(DoubleToFloat);

namespace {

// What does not fit is defined too: a float goes to an integer by way of int64, of which the low
// bits are kept; NaN and what exceeds int64 give INT64_MIN.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return static_cast<float>(value) != 0;
  } else if constexpr (std::is_integral_v<To> && !std::is_integral_v<From>) {
    const auto v =
        static_cast<std::conditional_t<std::is_same_v<From, double>, double, float>>(value);
    const bool fits = v >= -0x1p63f && v < 0x1p63f;
    return static_cast<To>(fits ? static_cast<int64_t>(v) : std::numeric_limits<int64_t>::min());
  } else if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
    return static_cast<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <class From, class To>
void cast_plain(const void* const* in, void* out, int64_t begin, int64_t n) {
  const From* from = static_cast<const From*>(in[0]);
  To* to = static_cast<To*>(out);
  for (int64_t i = begin; i < n; ++i) to[i] = convert<To>(from[i]);
}

template <class From, class To>
void cast(const Params*, const void* const* in, void* out, int64_t n) {
  if constexpr (std::is_same_v<From, To>) {
    std::memcpy(out, in[0], static_cast<size_t>(n) * sizeof(To));
  } else {
    int64_t done = 0;
    if constexpr (std::is_same_v<From, float> && std::is_same_v<To, BFloat16>) {
      done = HWY_DYNAMIC_DISPATCH(FloatToBFloat16)(in[0], out, n);
    } else if constexpr (std::is_same_v<From, BFloat16> && std::is_same_v<To, float>) {
      done = HWY_DYNAMIC_DISPATCH(BFloat16ToFloat)(in[0], out, n);
    } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, Half>) {
      done = HWY_DYNAMIC_DISPATCH(FloatToHalf)(in[0], out, n);
    } else if constexpr (std::is_same_v<From, Half> && std::is_same_v<To, float>) {
      done = HWY_DYNAMIC_DISPATCH(HalfToFloat)(in[0], out, n);
    } else if constexpr ((std::is_same_v<From, uint8_t> ||
                          std::is_same_v<From, bool>)&&std::is_same_v<To, float>) {
      done = HWY_DYNAMIC_DISPATCH(ByteToFloat)(in[0], out, n);
    } else if constexpr (std::is_same_v<From, int32_t> && std::is_same_v<To, float>) {
      done = HWY_DYNAMIC_DISPATCH(IntToFloat)(in[0], out, n);
    } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, double>) {
      done = HWY_DYNAMIC_DISPATCH(FloatToDouble)(in[0], out, n);
    } else if constexpr (std::is_same_v<From, double> && std::is_same_v<To, float>) {
      done = HWY_DYNAMIC_DISPATCH(DoubleToFloat)(in[0], out, n);
    }
    cast_plain<From, To>(in, out, done, n);
  }
}

}  // namespace

BlockFunction cast_function(ScalarType from, ScalarType to) {
  return dispatch_all("cast", from, [&](auto from_tag) {
    return dispatch_all("cast", to, [](auto to_tag) -> BlockFunction {
      return &cast<typename decltype(from_tag)::type, typename decltype(to_tag)::type>;
    });
  });
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
