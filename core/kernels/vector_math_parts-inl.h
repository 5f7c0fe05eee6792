/// @file
/// What the functions of vector_math-inl.h are made of; not for use elsewhere.
///
/// The polynomials are minimax fits of the relative error, their coefficients rounded to float one
/// at a time, lowest power first, and the others fitted again after each. They are within 2^-26.5
/// of their functions, those in double within 2^-28.

#ifdef __FAST_MATH__
#error "vector_math-inl.h needs IEEE arithmetic: compile without -ffast-math"
#endif

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_VECTOR_MATH_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_VECTOR_MATH_PARTS_INL_H_
#undef GRADUS_CORE_KERNELS_VECTOR_MATH_PARTS_INL_H_
#else
#define GRADUS_CORE_KERNELS_VECTOR_MATH_PARTS_INL_H_
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "core/kernels/normal_table.h"

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

namespace vector_math {

// Adding and subtracting it rounds |x| < 2^22 to an integer, which then stands in the low bits.
constexpr float kRound = 12582912.0f;  // 1.5 * 2^23

// Constants in two or three parts, which together carry 48 or 72 bits.
constexpr float kLn2Hi = 0x1.62e4p-1f;  // 15 bits
constexpr float kLn2Lo = 0x1.7f7d1cp-20f;
constexpr float kPi = 0x1.921fb6p+1f;
constexpr float kPiMid = -0x1.777a5cp-24f;
constexpr float kPiLo = -0x1.ee59dap-49f;
constexpr float kGeluC1 = 0x1.988454p+0f;  // 2 sqrt(2/pi)
constexpr float kGeluC1Lo = -0x1.857936p-25f;
constexpr float kGeluC3 = 0x1.2444f2p-4f;  // 0.044715 * 2 sqrt(2/pi)
constexpr float kGeluC3Lo = 0x1.49b16ap-29f;

/// Double to float with IEEE's overflow to infinity; Highway's emulated targets saturate.
template <class D, class V>
HWY_INLINE hn::Vec<D> ToFloat(D d, V v) {
#if HWY_TARGET == HWY_SCALAR
  (void)d;
  return hn::Vec<D>(static_cast<float>(v.raw));
#elif HWY_TARGET == HWY_EMU128
  hn::Vec<D> result = hn::Zero(d);
  for (size_t i = 0; i < hn::Lanes(d); ++i) result.raw[i] = static_cast<float>(v.raw[i]);
  return result;
#else
  return hn::DemoteTo(d, v);
#endif
}

/// Calls f on the vectors converted to double, half a vector at a time, and rounds the result to
/// float.
template <class D, class F, class... V>
HWY_INLINE hn::Vec<D> InDouble(D d, const F& f, V... v) {
#if HWY_TARGET == HWY_SCALAR
  const hn::Rebind<double, D> dd;
  return ToFloat(d, f(dd, hn::PromoteTo(dd, v)...));
#else
  if constexpr (hn::MaxLanes(D()) * sizeof(double) <= HWY_MAX_BYTES) {
    const hn::Rebind<double, D> dd;
    return ToFloat(d, f(dd, hn::PromoteTo(dd, v)...));
  } else {
    const hn::Half<D> dh;
    const hn::Rebind<double, decltype(dh)> dd;
    const auto lo = ToFloat(dh, f(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, v))...));
    const auto hi = ToFloat(dh, f(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, v))...));
    return hn::Combine(d, hi, lo);
  }
#endif
}

struct MulAddInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D /*d*/, V a, V b, V c) const {
    return hn::Add(hn::Mul(a, b), c);
  }
};

/// a * b + c rounded once, also where the target has no FMA. For residuals; elsewhere MulAdd will
/// do.
template <class D, class V>
HWY_INLINE V FusedMulAdd(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulAdd(a, b, c);
#else
  return InDouble(d, MulAddInDouble(), a, b, c);
#endif
}

/// a * b - c, rounded once.
template <class D, class V>
HWY_INLINE V FusedMulSub(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulSub(a, b, c);
#else
  return InDouble(d, MulAddInDouble(), a, b, hn::Neg(c));
#endif
}

/// c - a * b, rounded once.
template <class D, class V>
HWY_INLINE V FusedNegMulAdd(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::NegMulAdd(a, b, c);
#else
  return InDouble(d, MulAddInDouble(), hn::Neg(a), b, c);
#endif
}

template <class D, class V>
HWY_INLINE V AddPairs(D /*d*/, V /*x*/, V /*x2*/, V sum) {
  return sum;
}
template <class D, class V, class... C>
HWY_INLINE V AddPairs(D d, V x, V x2, V sum, hn::TFromD<D> c1, hn::TFromD<D> c0, C... rest) {
  const V pair = hn::MulAdd(hn::Set(d, c1), x, hn::Set(d, c0));
  return AddPairs(d, x, x2, hn::MulAdd(sum, x2, pair), rest...);
}

/// Polynomial(d, x, c3, c2, c1, c0) = (c3 x + c2) x^2 + (c1 x + c0), half as deep as Horner's rule:
/// the functions here are bound by latency more than by the number of instructions.
template <class D, class V, class... C>
HWY_INLINE V Polynomial(D d, V x, hn::TFromD<D> c1, hn::TFromD<D> c0, C... rest) {
  const V x2 = hn::Mul(x, x);
  if constexpr (sizeof...(rest) % 2 == 0) {
    return AddPairs(d, x, x2, hn::MulAdd(hn::Set(d, c1), x, hn::Set(d, c0)), rest...);
  } else {
    return AddPairs(d, x, x2, hn::Set(d, c1), c0, rest...);
  }
}

/// min(x, hi); NaN stays NaN.
template <class D, class V>
HWY_INLINE V AtMost(D d, V x, hn::TFromD<D> hi) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Min(hn::Set(d, hi), x);  // minps returns its second operand if one is NaN
#else
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, hi)), hn::Set(d, hi), x);
#endif
}

/// x limited to [lo, hi]; NaN stays NaN.
template <class D, class V>
HWY_INLINE V Clamp(D d, V x, hn::TFromD<D> lo, hn::TFromD<D> hi) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  x = hn::Max(hn::Set(d, lo), x);
#else
  x = hn::IfThenElse(hn::Lt(x, hn::Set(d, lo)), hn::Set(d, lo), x);
#endif
  return AtMost(d, x, hi);
}

/// e^r = 1 + r + r^2 q(r) for |r| <= 0.35; returns q(r).
template <class D, class V>
HWY_INLINE V ExpQ(D d, V r) {
  return Polynomial(d, r, 0x1.6af48p-10f, 0x1.124244p-7f, 0x1.555838p-5f, 0x1.555486p-3f,
                    0x1.fffffcp-2f);
}

/// x = n ln 2 + r with an integer n; returns r, and n as kRound + n.
template <class D, class V>
HWY_INLINE V ExpReduce(D d, V x, V& n) {
  const V round = hn::Set(d, kRound);
  n = hn::MulAdd(x, hn::Set(d, 0x1.715476p+0f), round);
  const V nf = hn::Sub(n, round);
  // The first part of ln 2 has 15 bits, so that its product with n is exact.
  const V r = hn::NegMulAdd(nf, hn::Set(d, kLn2Hi), x);
  return hn::NegMulAdd(nf, hn::Set(d, kLn2Lo), r);
}

/// e^(x + x_lo) = 2^n (1 + p); returns p, which lies in [-0.3, 0.42].
template <class D, class V>
HWY_INLINE V ExpParts(D d, V x, V x_lo, V& n) {
  const V r = hn::Add(ExpReduce(d, x, n), x_lo);
  return hn::MulAdd(hn::Mul(r, r), ExpQ(d, r), r);
}
template <class D, class V>
HWY_INLINE V ExpParts(D d, V x, V& n) {
  const V r = ExpReduce(d, x, n);
  return hn::MulAdd(hn::Mul(r, r), ExpQ(d, r), r);
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
HWY_INLINE hn::Vec512<float> ScaleF(hn::Vec512<float> y, hn::Vec512<float> n) {
  return hn::Vec512<float>{_mm512_scalef_ps(y.raw, n.raw)};
}
HWY_INLINE hn::Vec256<float> ScaleF(hn::Vec256<float> y, hn::Vec256<float> n) {
  return hn::Vec256<float>{_mm256_scalef_ps(y.raw, n.raw)};
}
template <size_t kN>
HWY_INLINE hn::Vec128<float, kN> ScaleF(hn::Vec128<float, kN> y, hn::Vec128<float, kN> n) {
  return hn::Vec128<float, kN>{_mm_scalef_ps(y.raw, n.raw)};
}
#endif

/// y * 2^n, rounded once, for n = kRound + an integer in [-250, 250] and y of moderate size.
template <class D, class V>
HWY_INLINE V ScaleByPow2(D d, V y, V n) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return ScaleF(y, hn::Sub(n, hn::Set(d, kRound)));  // one instruction, and the same result
#else
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, n);
  const auto bias = hn::Set(di, 127);
  const auto half = hn::ShiftRight<1>(bits);
  const auto rest = hn::Sub(bits, half);
  y = hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias))));
  return hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(rest, bias))));
#endif
}

/// 2^n for n = kRound + an integer in [-127, 127]; 0 for -127.
template <class D, class V>
HWY_INLINE V Pow2(D d, V n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::BitCast(di, n), hn::Set(di, 127))));
}

/// log(1 + f) = f + f^2 q(f) for |f| <= 1/3; returns f^2 q(f).
template <class D, class V>
HWY_INLINE V Log1pTail(D d, V f) {
  const V q = Polynomial(d, f, -0x1.07d58p-3f, 0x1.1e6b14p-3f, -0x1.f32c52p-4f, 0x1.1ed5ccp-3f,
                         -0x1.559c8cp-3f, 0x1.99d04ap-3f, -0x1.fffefap-3f, 0x1.555506p-2f, -0.5f);
  return hn::Mul(hn::Mul(f, f), q);
}

/// x = 2^e (1 + f), 2/3 <= 1 + f < 4/3, for positive finite x; returns f.
template <class D, class V>
HWY_INLINE V LogReduce(D d, V x, V& e) {
  const hn::RebindToSigned<D> di;
  auto bits = hn::BitCast(di, x);
  V bias = hn::Zero(d);
  const auto subnormal = hn::Lt(x, hn::Set(d, 0x1p-126f));  // or zero or negative: see LogLimits
  if (HWY_UNLIKELY(!hn::AllFalse(d, subnormal))) {
    bits = hn::BitCast(di, hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 0x1p25f)), x));
    bias = hn::IfThenElseZero(subnormal, hn::Set(d, -25.0f));
  }
  const auto ei = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f2aaaab)));
  e = hn::Add(hn::ConvertTo(d, ei), bias);
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(ei)));
  return hn::Sub(m, hn::Set(d, 1.0f));
}

/// y where 0 < x < infinity, elsewhere the limits of a logarithm: -inf at 0, NaN below, inf at inf.
template <class D, class V>
HWY_INLINE V LogLimits(D d, V x, V y) {
  const V zero = hn::Zero(d);
  const V inf = hn::Inf(d);
  const auto regular = hn::And(hn::Gt(x, zero), hn::Lt(x, inf));
  if (HWY_UNLIKELY(!hn::AllTrue(d, regular))) {
    V limit = hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), x);  // inf and NaN map to themselves
    limit = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(inf), limit);
    y = hn::IfThenElse(regular, y, limit);
  }
  return y;
}

// Note [Tails of the normal distribution]
// A tail is f(a) = e^(-kPower a^2) h(a), a >= 0, where h falls slowly (from 1/2 to 0.03 for Phi).
// h(a) = r g(r) with r = 1 / (a + kShift) and g a polynomial in r - kCentre, so that all its terms
// are of one sign where h is largest. f has relative accuracy to the last subnormal, which takes:
//  - a^2 in two floats, for an error in an exponent of 100 is a hundredfold error in the result;
//  - a correction for the rounding of r: d log(r g) / d log(r) is close to kSlope0 + kSlope1 r;
//  - the products r (1 + p) g or a r (1 + p) g with the roundings on the way added back.
// kCentre is such that g(kCentre) is a float but for 2^-38.
struct NormalTail {  // Phi(-a), 0 <= a <= 14.5
  static constexpr float kPower = 0.5f;
  static constexpr float kShift = 3.5f;
  static constexpr float kCentre = 0x1.033p-3f;
  static constexpr float kSlope0 = 0.85f;
  static constexpr float kSlope1 = 6.8f;
  static constexpr float kC[] = {0x1.5e1da8p-1f,  0x1.be35eap+1f,  0x1.b290cep+3f,  0x1.269884p+5f,
                                 0x1.892a4ep+5f,  -0x1.1bcb78p+6f, -0x1.8fe936p+8f, 0x1.70d974p+5f,
                                 0x1.8053a8p+11f, -0x1.135e12p+12f};
};
struct ErfcTail {  // erfc(a), 0 <= a <= 10.2
  static constexpr float kPower = 1.0f;
  static constexpr float kShift = 2.5f;
  static constexpr float kCentre = 0x1.6f5cp-3f;
  static constexpr float kSlope0 = 0.83f;
  static constexpr float kSlope1 = 4.95f;
  static constexpr float kC[] = {0x1.f38e22p-1f, 0x1.ca7958p+1f,  0x1.4242aap+3f,  0x1.3d88d2p+4f,
                                 0x1.3f32b6p+4f, -0x1.0c9894p+4f, -0x1.372236p+6f, -0x1.fa3ffcp+1f,
                                 0x1.28397ap+8f, -0x1.1200a2p+8f};
};

/// f(a), or a f(a) if kTimesA. See Note [Tails of the normal distribution].
template <class Tail, bool kTimesA, class D, class V>
HWY_INLINE V EvaluateTail(D d, V a) {
  // Names in _lo are what rounding lost. The result is s (1 + p) g 2^n, s = r or a r; in units that
  // keep s normal.
  constexpr float kUnit = kTimesA ? 0x1p32f : 1.0f;
  const V unit = hn::Set(d, kUnit);
  const V shift = hn::Set(d, Tail::kShift);
  const V den = hn::Add(a, shift);
  const V den_lo = hn::Sub(a, hn::Sub(den, shift));
  const V r = hn::Div(unit, den);
  const V e = hn::NegMulAdd(den_lo, r, FusedNegMulAdd(d, den, r, unit));
  const V slope =
      hn::MulAdd(r, hn::Set(d, Tail::kSlope1 / kUnit / kUnit), hn::Set(d, Tail::kSlope0 / kUnit));
  const V s = kTimesA ? hn::Mul(a, r) : r;
  const V s_slope = hn::Mul(s, slope);
  V s_lo;
  if constexpr (kTimesA) {
    s_lo = hn::MulAdd(s_slope, e, FusedMulSub(d, a, r, s));
  } else {
    s_lo = hn::Mul(s_slope, e);
  }

  const V b = hn::Mul(a, hn::Set(d, -Tail::kPower));
  const V ab = hn::Mul(a, b);
  V n;
  const V p = ExpParts(d, ab, FusedMulSub(d, a, b, ab), n);
  const V u = hn::MulAdd(s, p, s);
  const V u_lo = FusedMulAdd(d, s, p, hn::Add(hn::Sub(s, u), hn::MulAdd(s_lo, p, s_lo)));

  const V w = hn::MulSub(r, hn::Set(d, 1 / kUnit), hn::Set(d, Tail::kCentre));
  constexpr auto& c = Tail::kC;
  const V q2 = Polynomial(d, w, c[9], c[8], c[7], c[6], c[5], c[4], c[3], c[2]);
  const V q = FusedMulAdd(d, w, q2, hn::Set(d, c[1]));
  const V c0 = hn::Set(d, c[0]);
  const V g = hn::MulAdd(w, q, c0);
  const V g_lo = FusedMulAdd(d, w, q, hn::Sub(c0, g));
  const V y = FusedMulAdd(d, u, g, hn::MulAdd(u, g_lo, hn::Mul(u_lo, g)));
  if constexpr (kTimesA) n = hn::Sub(n, hn::Set(d, 32.0f));
  return ScaleByPow2(d, y, n);
}

/// a Phi(-a).
template <class D, class V>
HWY_INLINE V FarGeluTail(D d, V a) {
  return EvaluateTail<NormalTail, /*kTimesA=*/true>(d, AtMost(d, a, 14.5f));
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
/// a Phi(-a) for 0 <= a < NormalTable::kEnd, in a third fewer instructions than EvaluateTail.
template <class D, class V>
HWY_INLINE V NearGeluTail(D d, V a) {
  using Table = kernel::NormalTable;
  constexpr const Table& table = kernel::kNormalTable;
  const hn::RebindToSigned<D> di;
  const V round = hn::Set(d, kRound);
  const V point = hn::MulAdd(a, hn::Set(d, Table::kPerUnit), round);
  const V u = hn::NegMulAdd(hn::Sub(point, round), hn::Set(d, 1 / Table::kPerUnit), a);  // exact
  const V middle = hn::Set(d, kRound + Table::kPoints / 2);
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  const auto index =
      hn::IndicesFromVec(d, hn::And(hn::BitCast(di, point), hn::Set(di, kLanes - 1)));
  const auto at_point = [&](const Table::Row& row) {
    const V low = hn::TableLookupLanes(hn::Load(d, row.data()), index);
    if constexpr (kLanes == Table::kPoints) return low;
    const V high = hn::TableLookupLanes(hn::Load(d, row.data() + Table::kPoints / 2), index);
    return hn::IfThenElse(hn::Lt(point, middle), low, high);
  };
  V q = at_point(table.c[Table::kDegree]);
  for (size_t k = Table::kDegree - 1; k > 0; --k) q = hn::MulAdd(q, u, at_point(table.c[k]));
  const V rest = hn::MulAdd(q, u, at_point(table.rest));
  return hn::Mul(a, hn::Add(at_point(table.c[0]), rest));
}
#endif

/// 1 / (1 + e^-v), multiplied by |x| if kTimesX. |v| = a + a_lo <= 115, the sign of v is in
/// `negative`.
template <bool kTimesX, class D, class V, class M>
HWY_INLINE V Logistic(D d, V a, V a_lo, M negative, V abs_x) {
  const V one = hn::Set(d, 1.0f);
  V n;
  const V p = ExpParts(d, hn::Neg(a), hn::Neg(a_lo), n);
  // z = e^-|v| = 2^n (1 + p); the result is z / (1 + z) or 1 / (1 + z).
  const V z = ScaleByPow2(d, hn::Add(one, p), n);
  const V den = hn::Add(one, z);
  const V den_lo = hn::Sub(z, hn::Sub(den, one));
  const V factor = kTimesX ? abs_x : one;
  const V num = FusedMulAdd(d, factor, hn::IfThenElseZero(negative, p), factor);
  const V r = hn::Div(one, den);
  const V y = hn::Mul(num, r);
  const V residual = hn::NegMulAdd(y, den_lo, FusedNegMulAdd(d, y, den, num));
  return ScaleByPow2(d, hn::MulAdd(residual, r, y),
                     hn::IfThenElse(negative, n, hn::Set(d, kRound)));
}

/// e ln 2 + log(1 + f + f_lo) for |f| <= 1/3 and an f_lo below the last digit of f.
template <class D, class V>
HWY_INLINE V LogSum(D d, V e, V f, V f_lo) {
  V y = hn::Add(f_lo, Log1pTail(d, f));
  y = hn::MulAdd(e, hn::Set(d, kLn2Lo), y);
  return hn::MulAdd(e, hn::Set(d, kLn2Hi), hn::Add(f, y));
}

/// scale * log(x) = e * unit + scale * log(1 + f), for a scale in two floats.
template <class D, class V>
HWY_INLINE V LogScaled(D d, V x, float scale, float scale_lo, float unit, float unit_lo) {
  V e;
  const V f = LogReduce(d, x, e);
  const V c = hn::Set(d, scale);
  const V h = hn::Mul(f, c);
  V lo = hn::MulAdd(f, hn::Set(d, scale_lo), FusedMulSub(d, f, c, h));
  lo = hn::MulAdd(Log1pTail(d, f), c, lo);
  lo = hn::MulAdd(e, hn::Set(d, unit_lo), lo);
  const V whole = hn::Mul(e, hn::Set(d, unit));
  const V sum = hn::Add(whole, h);
  lo = hn::Add(lo, hn::Sub(h, hn::Sub(sum, whole)));
  return LogLimits(d, x, hn::Add(sum, lo));
}

/// log(1 + e^-|x|), the part that softplus and log-sigmoid share.
template <class D, class V>
HWY_INLINE V Log1pExpMinusAbs(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  V n;
  const V p = ExpParts(d, hn::Neg(AtMost(d, hn::Abs(x), 104.0f)), n);
  const V z = ScaleByPow2(d, hn::Add(one, p), n);
  // 1 + z = 2^e (1 + f), e = 1 for z > 1/3.
  const auto large = hn::Gt(z, hn::Set(d, 1.0f / 3));
  const V half = hn::Set(d, 0.5f);
  const V f_large = hn::MulSub(z, half, half);
  const V lost = hn::MulSub(z, half, hn::Add(f_large, half));
  return LogSum(d, hn::IfThenElseZero(large, one), hn::IfThenElse(large, f_large, z),
                hn::IfThenElseZero(large, lost));
}

/// asin(s) - s for s <= 1/2, t = s^2.
template <class D, class V>
HWY_INLINE V AsinPoly(D d, V s, V t) {
  const V q = Polynomial(d, t, 0x1.595c8cp-5f, 0x1.8c3e2ap-6f, 0x1.747bbap-5f, 0x1.330204p-4f,
                         0x1.5555c8p-3f);
  return hn::Mul(hn::Mul(s, t), q);
}

/// sin(x + quarters pi/2) for |x| < 2^17.
template <class D, class V>
HWY_INLINE V SinQuarters(D d, V x, int quarters) {
  const hn::RebindToSigned<D> di;
  const V round = hn::Set(d, kRound);
  const V n = hn::MulAdd(x, hn::Set(d, 0x1.45f306p-1f), round);  // x / (pi/2)
  const V minus_n = hn::Sub(round, n);
  // The first step is exact: for |x| >= 1/2 both terms are multiples of 2^-24, and the result is
  // below 1.
  V r = FusedMulAdd(d, minus_n, hn::Set(d, kPi / 2), x);
  r = FusedMulAdd(d, minus_n, hn::Set(d, kPiMid / 2), r);
  r = hn::MulAdd(minus_n, hn::Set(d, kPiLo / 2), r);

  const V t = hn::Mul(r, r);
  const V sin_q = Polynomial(d, t, -0x1.991aep-13f, 0x1.1106c4p-7f, -0x1.555544p-3f);
  const V sin = hn::MulAdd(hn::Mul(r, t), sin_q, r);
  const V cos_q = Polynomial(d, t, 0x1.99dc7ap-16f, -0x1.6c0c1p-10f, 0x1.55554ap-5f);
  const V cos =
      hn::MulAdd(hn::Mul(t, t), cos_q, hn::MulAdd(t, hn::Set(d, -0.5f), hn::Set(d, 1.0f)));

  const auto quarter = hn::Add(hn::BitCast(di, n), hn::Set(di, quarters));
  const auto odd =
      hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::ShiftLeft<31>(quarter))));
  const auto sign = hn::And(hn::ShiftLeft<30>(quarter), hn::Set(di, INT32_MIN));
  return hn::Xor(hn::IfThenElse(odd, cos, sin), hn::BitCast(d, sign));
}

constexpr float kTrigLimit = 131072.0f;  // 2^17, where SinQuarters ends

/// Puts f(x) in the lanes of y where |x| >= kTrigLimit, infinite or NaN, one at a time.
template <class D, class V, class F>
HWY_INLINE V TrigLargeLanes(D d, V x, V y, const F& f) {
  if (HWY_LIKELY(hn::AllTrue(d, hn::Lt(hn::Abs(x), hn::Set(d, kTrigLimit))))) return y;
  HWY_ALIGN float xs[hn::MaxLanes(D())];
  HWY_ALIGN float ys[hn::MaxLanes(D())];
  hn::Store(x, d, xs);
  hn::Store(y, d, ys);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    if (!(std::fabs(xs[i]) < kTrigLimit)) ys[i] = static_cast<float>(f(static_cast<double>(xs[i])));
  }
  return hn::Load(d, ys);
}

struct LargeSin {
  double operator()(double x) const { return std::sin(x); }
};
struct LargeCos {
  double operator()(double x) const { return std::cos(x); }
};
struct LargeTan {
  double operator()(double x) const { return std::tan(x); }
};

// Below: parts in double lanes, for the functions that are seldom needed; V is a vector of double.

constexpr double kRoundF64 = 6755399441055744.0;  // 1.5 * 2^52

/// 2^t for |t| <= 1000.
template <class D, class V>
HWY_INLINE V Exp2F64(D d, V t) {
  const hn::RebindToUnsigned<D> du;
  const V round = hn::Set(d, kRoundF64);
  const V n = hn::Add(t, round);
  const V r = hn::Sub(t, hn::Sub(n, round));
  const V y = Polynomial(d, r, 0x1.61c4c6a42b98fp-20, 0x1.00d86b97ee7adp-16, 0x1.430aa8e3e8866p-13,
                         0x1.5d874ce388130p-10, 0x1.3b2ab5ed16360p-7, 0x1.c6b08dceef773p-5,
                         0x1.ebfbdff8ee3a7p-3, 0x1.62e42fef89c7ep-1, 1.0);
  const auto bits = hn::Add(hn::BitCast(du, n), hn::Set(du, 1023));
  return hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<52>(bits)));
}

/// e ln 2 + log(1 + f) for -1/3 <= f <= 1/3.
template <class D, class V>
HWY_INLINE V LogSumF64(D d, V e, V f) {
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, 2.0)));
  const V t = hn::Mul(s, s);
  const V q = Polynomial(d, t, 0x1.6348664b94cadp-3, 0x1.722cd3200d6b4p-3, 0x1.c72b247ed48d7p-3,
                         0x1.249230abb2e19p-2, 0x1.999999bddbfe0p-2, 0x1.555555554d194p-1);
  return hn::MulAdd(e, hn::Set(d, 0x1.62e42fefa39efp-1),
                    hn::MulAdd(hn::Mul(s, t), q, hn::Add(s, s)));
}

/// x = 2^e m, 2/3 <= m < 4/3, for positive normal x; returns m, and 2^-e.
template <class D, class V>
HWY_INLINE V LogReduceF64(D d, V x, V& e, V& scale) {
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, x);
  const auto one = hn::Set(du, 0x3ff0000000000000);
  // The biased exponent, as an integer and, in the low bits of 2^52, as a double.
  const auto biased =
      hn::ShiftRight<52>(hn::Add(bits, hn::Set(du, 0x3ff0000000000000 - 0x3fe5555555555555)));
  const auto shifted = hn::Sub(hn::ShiftLeft<52>(biased), one);
  const V magic = hn::Set(d, 0x1p52);
  e = hn::Sub(hn::BitCast(d, hn::Or(biased, hn::BitCast(du, magic))), hn::Set(d, 0x1p52 + 1023));
  scale = hn::BitCast(d, hn::Sub(one, shifted));
  return hn::BitCast(d, hn::Sub(bits, shifted));
}

template <class D, class V>
HWY_INLINE V LogF64(D d, V x) {
  V e, scale;
  const V m = LogReduceF64(d, x, e, scale);
  return LogSumF64(d, e, hn::Sub(m, hn::Set(d, 1.0)));
}

/// log(1 + x) for finite x > -1.
template <class D, class V>
HWY_INLINE V Log1pF64(D d, V x) {
  const V one = hn::Set(d, 1.0);
  V e, scale;
  const V u = hn::Add(one, x);
  const V m = LogReduceF64(d, u, e, scale);
  const V lost = hn::Sub(x, hn::Sub(u, one));
  return LogSumF64(d, e, hn::MulAdd(lost, scale, hn::Sub(m, one)));
}

struct SinhF64 {  // a >= 0
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    const V t = hn::Mul(a, a);
    const V series = Polynomial(d, t, 1.0 / 362880, 1.0 / 5040, 1.0 / 120, 1.0 / 6);
    const V small = hn::MulAdd(hn::Mul(a, t), series, a);
    const V z = Exp2F64(d, hn::Mul(AtMost(d, a, 90.0), hn::Set(d, 0x1.71547652b82fep+0)));
    const V large = hn::Mul(hn::Set(d, 0.5), hn::Sub(z, hn::Div(hn::Set(d, 1.0), z)));
    return hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.4)), small, large);
  }
};

struct CoshF64 {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    const V z = Exp2F64(d, hn::Mul(AtMost(d, a, 90.0), hn::Set(d, 0x1.71547652b82fep+0)));
    return hn::Mul(hn::Set(d, 0.5), hn::Add(z, hn::Div(hn::Set(d, 1.0), z)));
  }
};

struct AsinhF64 {  // log(a + sqrt(a^2 + 1)) for 0 <= a < infinity
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    const V one = hn::Set(d, 1.0);
    const V t = hn::Mul(a, a);
    const V root = hn::Sqrt(hn::Add(t, one));
    return Log1pF64(d, hn::Add(a, hn::Div(t, hn::Add(root, one))));
  }
};

struct AcoshF64 {  // log(x + sqrt(x^2 - 1)) for 1 <= x < infinity
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V t = hn::Sub(x, hn::Set(d, 1.0));
    return Log1pF64(d, hn::Add(t, hn::Sqrt(hn::Mul(t, hn::Add(t, hn::Set(d, 2.0))))));
  }
};

struct AtanhF64 {  // log((1 + a) / (1 - a)) / 2 for 0 <= a < 1
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    const V t = hn::Div(hn::Add(a, a), hn::Sub(hn::Set(d, 1.0), a));
    return hn::Mul(hn::Set(d, 0.5), Log1pF64(d, t));
  }
};

struct TanF64 {  // |x| < 2^17
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToUnsigned<D> du;
    const V round = hn::Set(d, kRoundF64);
    const V n = hn::MulAdd(x, hn::Set(d, 0x1.45f306dc9c883p-1), round);
    const V nf = hn::Sub(n, round);
    // pi/2 in three parts, the first two of 33 bits, so that their products with n are exact.
    V r = hn::NegMulAdd(nf, hn::Set(d, 0x1.921fb544p+0), x);
    r = hn::NegMulAdd(nf, hn::Set(d, 0x1.0b4611a6p-34), r);
    r = hn::NegMulAdd(nf, hn::Set(d, 0x1.3198a2e037073p-69), r);
    const V t = hn::Mul(r, r);
    const V sin_q = Polynomial(d, t, 0x1.6cd5ec3e99835p-19, -0x1.a00f93996d9eap-13,
                               0x1.11110889f80d9p-7, -0x1.5555554ca934ep-3);
    const V sin = hn::MulAdd(hn::Mul(r, t), sin_q, r);
    const V cos =
        Polynomial(d, t, -0x1.23c75e883c287p-22, 0x1.a00eadf56a256p-16, -0x1.6c16b33299b0fp-10,
                   0x1.55555545a4748p-5, -0x1.ffffffffe94fdp-2, 1.0);
    // tan(r + pi/2) = -cos(r) / sin(r).
    const auto odd = hn::MaskFromVec(
        hn::BitCast(d, hn::Sub(hn::Zero(du), hn::And(hn::BitCast(du, n), hn::Set(du, 1)))));
    return hn::Div(hn::IfThenElse(odd, hn::Neg(cos), sin), hn::IfThenElse(odd, sin, cos));
  }
};

struct ErfinvF64 {  // 0 <= a < 1
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    // erfinv(a) / a as a polynomial in w = -log(1 - a^2) up to 5, in its square root above.
    const V w = hn::Neg(LogF64(d, hn::NegMulAdd(a, a, hn::Set(d, 1.0))));
    const V u = hn::Sub(w, hn::Set(d, 2.5));
    const V centre =
        Polynomial(d, u, 0x1.70db7189e77d9p-32, -0x1.2d6d26c916a18p-27, 0x1.35e4ce0437372p-26,
                   0x1.f43eb8d18488ep-22, -0x1.ccfc8a0488055p-19, -0x1.4cfcbdeba2792p-18,
                   0x1.c9c59a0f529dep-13, -0x1.486645f48734ep-10, -0x1.11c4202df0f65p-8,
                   0x1.f91e8b0ae9eadp-3, 0x1.805c5d07444c3p+0);
    const V v = hn::Sub(hn::Sqrt(w), hn::Set(d, 3.1875));
    const V tail = Polynomial(d, v, -0x1.ea3f76c31095bp-16, 0x1.bab6fd938cc49p-14,
                              -0x1.c2289cf807081p-15, -0x1.764c1bb005676p-12, 0x1.271ed5c1fcd2bp-10,
                              -0x1.0ffd1f3086f79p-9, 0x1.92ef3782f63a4p-9, -0x1.234c50464dea5p-8,
                              0x1.923752051a847p-8, 0x1.01299aa4fde92p+0, 0x1.82b2b642ef466p+1);
    return hn::Mul(a, hn::IfThenElse(hn::Lt(w, hn::Set(d, 5.0)), centre, tail));
  }
};

struct PowF64 {  // a^y for a >= 0, where a == 1 or y == 0 need not give 1
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V y) const {
    const V inf = hn::Inf(d);
    V log = hn::Mul(LogF64(d, a), hn::Set(d, 0x1.71547652b82fep+0));
    log = hn::IfThenElse(hn::Lt(a, inf), log, a);
    log = hn::IfThenElse(hn::Eq(a, hn::Zero(d)), hn::Neg(inf), log);
    return Exp2F64(d, Clamp(d, hn::Mul(y, log), -200.0, 200.0));
  }
};

}  // namespace vector_math
}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_CORE_KERNELS_VECTOR_MATH_PARTS_INL_H_
