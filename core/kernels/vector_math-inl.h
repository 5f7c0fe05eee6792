/// @file
/// Elementary functions on vectors of float32: V Exp(D d, V x) and its relatives, one vector of
/// Highway at a time.
///
/// Include it inside a translation unit that Highway compiles once per target (foreach_target.h).

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
#undef GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
#else
#define GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
#endif

#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

namespace vector_math {

// Adding and subtracting it rounds |x| < 2^22 to an integer, which then stands in the low bits.
constexpr float kRound = 12582912.0f;  // 1.5 * 2^23

/// Calls f on the vectors converted to double, half a vector at a time, and rounds the result to
/// float.
template <class D, class F, class... V>
HWY_INLINE hn::Vec<D> InDouble(D d, const F& f, V... v) {
#if HWY_TARGET == HWY_SCALAR
  // Highway's scalar DemoteTo saturates where IEEE gives infinity.
  const hn::Rebind<double, D> dd;
  (void)d;
  return hn::Vec<D>(static_cast<float>(f(dd, hn::PromoteTo(dd, v)...).raw));
#else
  if constexpr (hn::MaxLanes(D()) * sizeof(double) <= HWY_MAX_BYTES) {
    const hn::Rebind<double, D> dd;
    return hn::DemoteTo(d, f(dd, hn::PromoteTo(dd, v)...));
  } else {
    const hn::Half<D> dh;
    const hn::Rebind<double, decltype(dh)> dd;
    const auto lo = hn::DemoteTo(dh, f(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, v))...));
    const auto hi = hn::DemoteTo(dh, f(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, v))...));
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
HWY_INLINE V Fma(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulAdd(a, b, c);
#else
  return InDouble(d, MulAddInDouble(), a, b, c);
#endif
}

/// Highest power first: Horner(x, a, b, c) = (a x + b) x + c.
template <class D, class V>
HWY_INLINE V Horner(D /*d*/, V /*x*/, V sum) {
  return sum;
}
template <class D, class V, class... C>
HWY_INLINE V Horner(D d, V x, V sum, float c, C... rest) {
  return Horner(d, x, hn::MulAdd(sum, x, hn::Set(d, c)), rest...);
}
template <class D, class V, class... C>
HWY_INLINE V Horner(D d, V x, float c, C... rest) {
  return Horner(d, x, hn::Set(d, c), rest...);
}

/// x limited to [lo, hi]; NaN stays NaN.
template <class D, class V>
HWY_INLINE V Clamp(D d, V x, float lo, float hi) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  // minps and maxps return their second operand if one is NaN.
  return hn::Min(hn::Set(d, hi), hn::Max(hn::Set(d, lo), x));
#else
  x = hn::IfThenElse(hn::Lt(x, hn::Set(d, lo)), hn::Set(d, lo), x);
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, hi)), hn::Set(d, hi), x);
#endif
}

template <class D, class V>
HWY_INLINE V AtMost(D d, V x, float hi) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Min(hn::Set(d, hi), x);
#else
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, hi)), hn::Set(d, hi), x);
#endif
}

/// exp(x + x_lo) = 2^n (1 + p) with |p| < 0.42; returns p, and n as kRound + n.
template <class D, class V>
HWY_INLINE V ExpReduce(D d, V x, V x_lo, V& n) {
  const V round = hn::Set(d, kRound);
  n = hn::MulAdd(x, hn::Set(d, 0x1.715476p+0f), round);
  const V nf = hn::Sub(n, round);
  // ln 2 in two parts; the first has 15 bits, so that its product with n is exact.
  V r = hn::NegMulAdd(nf, hn::Set(d, 0x1.62e4p-1f), x);
  r = hn::NegMulAdd(nf, hn::Set(d, 0x1.7f7d1cp-20f), r);
  r = hn::Add(r, x_lo);
  const V q =
      Horner(d, r, 0x1.6af48p-10f, 0x1.124244p-7f, 0x1.555838p-5f, 0x1.555486p-3f, 0x1.fffffcp-2f);
  return hn::MulAdd(hn::Mul(r, r), q, r);
}

/// y * 2^n, rounded once, for n = kRound + an integer in [-152, 130]; y is 0 or of moderate size.
template <class D, class V>
HWY_INLINE V ScaleByPow2(D d, V y, V n) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, n);
  const auto bias = hn::Set(di, 127);
  const auto half = hn::ShiftRight<1>(bits);
  const auto rest = hn::Sub(bits, half);
  y = hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias))));
  return hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(rest, bias))));
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
  const V q = Horner(d, f, -0x1.07d58p-3f, 0x1.1e6b14p-3f, -0x1.f32c52p-4f, 0x1.1ed5ccp-3f,
                     -0x1.559c8cp-3f, 0x1.99d04ap-3f, -0x1.fffefap-3f, 0x1.555506p-2f, -0.5f);
  return hn::Mul(hn::Mul(f, f), q);
}

/// x = 2^e (1 + f), 2/3 <= 1 + f < 4/3, for positive finite x; returns f.
template <class D, class V>
HWY_INLINE V LogReduce(D d, V x, V& e) {
  const hn::RebindToSigned<D> di;
  const V tiny = hn::Set(d, 0x1p-126f);
  // One branch for the rare lanes; the caller puts right zero, negative, infinite and NaN.
  const auto bits0 = hn::BitCast(di, x);
  auto bits = bits0;
  V bias = hn::Zero(d);
  const auto subnormal = hn::Lt(x, tiny);
  if (HWY_UNLIKELY(!hn::AllFalse(d, subnormal))) {
    bits = hn::BitCast(di, hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 0x1p25f)), x));
    bias = hn::IfThenElseZero(subnormal, hn::Set(d, -25.0f));
  }
  const auto ei = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f2aaaab)));
  e = hn::Add(hn::ConvertTo(d, ei), bias);
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(ei)));
  return hn::Sub(m, hn::Set(d, 1.0f));
}

/// y where 0 < x < infinity, and there the limits of a logarithm: -inf at 0, NaN below, inf at inf.
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

/// Phi(-a) = 2^n y (1 + p) for 0 <= a <= 14.5, multiplied by `factor` (1 or a); returns the product
/// without 2^n.
template <bool kTimesA, class D, class V>
HWY_INLINE V NormalTail(D d, V a, V& n) {
  const V v = hn::Mul(a, a);
  const V v_lo = Fma(d, a, a, hn::Neg(v));
  const V minus_half = hn::Set(d, -0.5f);
  const V p = ExpReduce(d, hn::Mul(v, minus_half), hn::Mul(v_lo, minus_half), n);

  // Phi(-a) exp(a^2/2) = r g(r), r = 1 / (a + 3.5); den_lo and e are what the rounding of a + 3.5
  // and of r lost.
  const V one = hn::Set(d, 1.0f);
  const V k = hn::Set(d, 3.5f);
  const V den = hn::Add(a, k);
  const V den_lo = hn::Sub(a, hn::Sub(den, k));
  const V r = hn::Div(one, den);
  const V e = hn::NegMulAdd(den_lo, r, Fma(d, hn::Neg(den), r, one));
  const V w = hn::Sub(r, hn::Set(d, 0.125f));
  const V q1 = Horner(d, w, -0x1.16b646p+12f, 0x1.8988a2p+11f, 0x1.17fb7cp+3f, -0x1.909e5cp+8f,
                      -0x1.0cd57ep+6f, 0x1.8d7dap+5f, 0x1.24225p+5f, 0x1.ad1614p+3f);
  const V q = Fma(d, w, q1, hn::Set(d, 0x1.b8d57cp+1f));
  const V c0 = hn::Set(d, 0x1.5b5acep-1f);
  const V g = hn::MulAdd(w, q, c0);
  const V g_lo =
      hn::Add(Fma(d, w, q, hn::Sub(c0, g)), hn::Set(d, -0x1.36387cp-26f));  // c0's second half
  const V s = kTimesA ? hn::Mul(a, r) : r;
  const V y = hn::Mul(s, g);
  V y_lo = hn::MulAdd(s, g_lo, Fma(d, s, g, hn::Neg(y)));
  if (kTimesA) y_lo = hn::MulAdd(Fma(d, a, r, hn::Neg(s)), g, y_lo);
  // d log(r g) / d log(r) is about 0.85 + 6.8 r.
  const V kappa = hn::MulAdd(r, hn::Set(d, 6.8f), hn::Set(d, 0.85f));
  y_lo = hn::MulAdd(hn::Mul(y, kappa), e, y_lo);
  return hn::Add(y, hn::MulAdd(y, p, hn::MulAdd(y_lo, p, y_lo)));
}

}  // namespace vector_math

/// e^x.
template <class D, class V>
HWY_INLINE V Exp(D d, V x) {
  x = vector_math::Clamp(d, x, -104.0f, 89.0f);
  V n;
  const V p = vector_math::ExpReduce(d, x, hn::Zero(d), n);
  return vector_math::ScaleByPow2(d, hn::Add(hn::Set(d, 1.0f), p), n);
}

/// Natural logarithm.
template <class D, class V>
HWY_INLINE V Log(D d, V x) {
  V e;
  const V f = vector_math::LogReduce(d, x, e);
  // ln 2 in two parts; the first has 15 bits, so that its product with e is exact.
  V y = hn::MulAdd(e, hn::Set(d, 0x1.7f7d1cp-20f), vector_math::Log1pTail(d, f));
  y = hn::MulAdd(e, hn::Set(d, 0x1.62e4p-1f), hn::Add(f, y));
  return vector_math::LogLimits(d, x, y);
}

/// Hyperbolic tangent.
template <class D, class V>
HWY_INLINE V Tanh(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  // Below 0.55 an odd polynomial, above it 1 - 2 / (exp(2a) + 1), which is 1 from 9.02 on.
  const V a2 = hn::Mul(a, a);
  const V poly = vector_math::Horner(d, a2, -0x1.9e5dfcp-8f, 0x1.59debap-6f, -0x1.b93f32p-5f,
                                     0x1.110dcep-3f, -0x1.55554ep-2f);
  const V small = hn::MulAdd(hn::Mul(a, a2), poly, a);
  const V a_max = vector_math::AtMost(d, a, 9.05f);
  V n;
  const V p = vector_math::ExpReduce(d, hn::Add(a_max, a_max), hn::Zero(d), n);
  const V s = vector_math::Pow2(d, n);
  const V den = hn::MulAdd(s, p, hn::Add(s, one));
  const V large = hn::Sub(one, hn::Div(hn::Set(d, 2.0f), den));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.55f)), small, large), x);
}

/// 1 / (1 + e^-x).
template <class D, class V>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V round = hn::Set(d, vector_math::kRound);
  const V a = vector_math::AtMost(d, hn::Abs(x), 104.0f);
  V n;
  const V p = vector_math::ExpReduce(d, hn::Neg(a), hn::Zero(d), n);
  // z = e^-|x| = 2^n (e + e_lo); the result is z / (1 + z) or 1 / (1 + z), with the division's
  // residual added back.
  const V e = hn::Add(one, p);
  const V e_lo = hn::Sub(p, hn::Sub(e, one));
  const V s = vector_math::Pow2(d, hn::Max(n, hn::Set(d, vector_math::kRound - 127)));
  const V z = hn::Mul(s, e);
  const V den = hn::Add(one, z);
  const V den_lo = hn::MulAdd(s, e_lo, hn::Sub(z, hn::Sub(den, one)));
  const auto negative = hn::Lt(x, hn::Zero(d));
  const V num = hn::IfThenElse(negative, e, one);
  const V num_lo = hn::IfThenElseZero(negative, e_lo);
  const V r = hn::Div(one, den);
  const V y = hn::Mul(num, r);
  const V residual = hn::Add(vector_math::Fma(d, hn::Neg(y), den, num),  //
                             hn::NegMulAdd(y, den_lo, num_lo));
  return vector_math::ScaleByPow2(d, hn::MulAdd(residual, r, y),
                                  hn::IfThenElse(negative, n, round));
}

/// Error function.
template <class D, class V>
HWY_INLINE V Erf(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  // Below 0.8 an odd polynomial (2/sqrt(pi) in two parts), above it 1 - exp(-Q(a)), which is 1
  // from 3.92 on.
  const V t = hn::Mul(a, a);
  const V c = vector_math::Horner(d, t, -0x1.5a0cfep-11f, 0x1.4e0088p-8f, -0x1.b78c48p-6f,
                                  0x1.ce29fap-4f, -0x1.81273ap-2f, -0x1.f7ac92p-25f);
  const V small = hn::MulAdd(a, hn::Set(d, 0x1.20dd76p+0f), hn::Mul(a, c));
  const V a_max = vector_math::AtMost(d, a, 3.95f);
  const V q = vector_math::Horner(d, a_max, -0x1.b34206p-13f, 0x1.9d74aap-9f, -0x1.733ee8p-6f,
                                  0x1.ad46fep-4f, 0x1.45be2ap-1f, 0x1.20d3cep+0f, 0x1.11f912p-14f);
  V n;
  const V p = vector_math::ExpReduce(d, hn::Neg(q), hn::Zero(d), n);
  const V s = vector_math::Pow2(d, n);
  const V large = hn::NegMulAdd(s, p, hn::Sub(one, s));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.8f)), small, large), x);
}

/// Phi(x) = (1 + erf(x / sqrt(2))) / 2, the normal distribution function.
template <class D, class V>
HWY_INLINE V NormalCdf(D d, V x) {
  const V a = vector_math::AtMost(d, hn::Abs(x), 14.5f);
  V n;
  V tail = vector_math::NormalTail</*kTimesA=*/false>(d, a, n);
  tail = vector_math::ScaleByPow2(d, tail, n);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0f), tail));
}

/// x Phi(x), the exact GELU; -0 at minus infinity.
template <class D, class V>
HWY_INLINE V Gelu(D d, V x) {
  const V a = hn::Abs(x);
  V n;
  V tail = vector_math::NormalTail</*kTimesA=*/true>(d, vector_math::AtMost(d, a, 14.5f), n);
  tail = vector_math::ScaleByPow2(d, tail, n);
  // a Phi(a) = a - a Phi(-a).
  return hn::CopySign(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(a, tail)), x);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
