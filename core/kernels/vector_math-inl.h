/// @file
/// Elementary functions on vectors of float32, one vector of Highway at a time: V Exp(D d, V x).
///
/// Include it in a translation unit that Highway compiles once per target, after foreach_target.h
/// and hwy/highway.h, and with -ffp-contract=off: the compensated sums must not be contracted.
///
///     const hn::ScalableTag<float> d;
///     hn::StoreU(Gelu(d, hn::LoadU(d, x + i)), d, y + i);
///
/// A result depends on its lane's input alone, never on the neighbours, so tensors may be cut
/// anywhere; lanes past the end may hold anything. NaN gives NaN; infinities, zeros and their signs
/// are as with std::; subnormals are exact citizens, in and out.
///
/// Targets with FMA (AVX2, AVX-512, NEON, SVE) give the same bits. Targets without (SSSE3, SSE4,
/// scalar) round a product before adding to it and differ in the last digit: results are equal for
/// any number of threads, not on CPUs of before 2013.

// Highway's guard: the file is read once per target.
#if defined(GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
#undef GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
#else
#define GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include "core/kernels/vector_math_parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus {
namespace HWY_NAMESPACE {

/// e^x.
template <class D, class V>
HWY_INLINE V Exp(D d, V x) {
  V n;
  const V p = vector_math::ExpParts(d, vector_math::Clamp(d, x, -104.0f, 89.0f), n);
  return vector_math::ScaleByPow2(d, hn::Add(hn::Set(d, 1.0f), p), n);
}

/// 2^x.
template <class D, class V>
HWY_INLINE V Exp2(D d, V x) {
  x = vector_math::Clamp(d, x, -151.0f, 129.0f);
  const V round = hn::Set(d, vector_math::kRound);
  const V n = hn::Add(x, round);
  const V r = hn::Sub(x, hn::Sub(n, round));
  const V y = vector_math::Polynomial(d, r, 0x1.4173c8p-13f, 0x1.5f0988p-10f, 0x1.3b2ddap-7f,
                                      0x1.c6af7ap-5f, 0x1.ebfbdcp-3f, 0x1.62e43p-1f, 1.0f);
  return vector_math::ScaleByPow2(d, y, n);
}

/// e^x - 1, accurate near 0.
template <class D, class V>
HWY_INLINE V Expm1(D d, V x) {
  const V a = vector_math::Clamp(d, x, -30.0f, 89.0f);
  const V round = hn::Set(d, vector_math::kRound);
  const V n = hn::MulAdd(a, hn::Set(d, 0x1.715476p+0f), round);
  const V nf = hn::Sub(n, round);
  const V ln2_lo = hn::Set(d, vector_math::kLn2Lo);
  const V r0 = hn::NegMulAdd(nf, hn::Set(d, vector_math::kLn2Hi), a);
  const V r = hn::NegMulAdd(nf, ln2_lo, r0);
  const V r_lo = hn::NegMulAdd(nf, ln2_lo, hn::Sub(r0, r));
  const V p = hn::MulAdd(hn::Mul(r, r), vector_math::ExpQ(d, r), r_lo);
  // 2^n (1 + r + p) - 1, in halves, because 2^128 is not a float.
  const V s = vector_math::Pow2(d, hn::Sub(n, hn::Set(d, 1.0f)));
  const V c = hn::Sub(s, hn::Set(d, 0.5f));
  const V h = hn::MulAdd(s, r, c);
  const V h_lo = vector_math::FusedMulAdd(d, s, r, hn::Sub(c, h));
  const V y = hn::Add(h, hn::MulAdd(s, p, h_lo));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-25f)), x, hn::Add(y, y));
}

/// Natural logarithm.
template <class D, class V>
HWY_INLINE V Log(D d, V x) {
  V e;
  const V f = vector_math::LogReduce(d, x, e);
  return vector_math::LogLimits(d, x, vector_math::LogSum(d, e, f, hn::Zero(d)));
}

/// log(1 + x), accurate near 0.
template <class D, class V>
HWY_INLINE V Log1p(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V one = hn::Set(d, 1.0f);
  const V u = hn::Add(one, x);
  const V lost = hn::Sub(x, hn::Sub(u, one));
  const auto bits = hn::BitCast(di, u);
  const auto ei = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f2aaaab)));
  const V e = hn::ConvertTo(d, ei);
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(ei)));
  // 2^-e; where e > 126, nothing was lost.
  const V s =
      hn::BitCast(d, hn::ShiftLeft<23>(hn::Sub(hn::Set(di, 127), hn::Min(ei, hn::Set(di, 126)))));
  const V m1 = hn::Sub(m, one);
  const V f = hn::MulAdd(lost, s, m1);  // x itself if e = 0
  const V f_lo = hn::MulAdd(lost, s, hn::Sub(m1, f));
  const V y = vector_math::LogLimits(d, u, vector_math::LogSum(d, e, f, f_lo));
  return hn::CopySign(y, x);
}

/// Binary logarithm; exact for powers of two.
template <class D, class V>
HWY_INLINE V Log2(D d, V x) {
  return vector_math::LogScaled(d, x, 0x1.715476p+0f, 0x1.4ae0cp-26f, 1.0f, 0.0f);
}

/// Decimal logarithm.
template <class D, class V>
HWY_INLINE V Log10(D d, V x) {
  // log10(2) in 15 bits, whose product with an exponent is exact, and the rest.
  return vector_math::LogScaled(d, x, 0x1.bcb7b2p-2f, -0x1.5b235ep-27f, 0x1.3440p-2f,
                                0x1.3509f8p-18f);
}

/// Hyperbolic tangent.
template <class D, class V>
HWY_INLINE V Tanh(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  // Below 0.55 an odd polynomial, above it 1 - 2 / (exp(2a) + 1), which is 1 from 9.02 on.
  const V t = hn::Mul(a, a);
  const V q = vector_math::Polynomial(d, t, -0x1.9e5dfcp-8f, 0x1.59debap-6f, -0x1.b93f32p-5f,
                                      0x1.110dcep-3f, -0x1.55554ep-2f);
  const V small = hn::MulAdd(hn::Mul(a, t), q, a);
  const V a_max = vector_math::AtMost(d, a, 9.05f);
  V n;
  const V p = vector_math::ExpParts(d, hn::Add(a_max, a_max), n);
  const V s = vector_math::Pow2(d, n);
  const V den = hn::MulAdd(s, p, hn::Add(s, one));
  const V large = hn::Sub(one, hn::Div(hn::Set(d, 2.0f), den));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.55f)), small, large), x);
}

/// 1 / (1 + e^-x).
template <class D, class V>
HWY_INLINE V Sigmoid(D d, V x) {
  const V a = vector_math::AtMost(d, hn::Abs(x), 104.0f);
  const auto negative = hn::Lt(x, hn::Zero(d));
  return vector_math::Logistic</*kTimesX=*/false>(d, a, hn::Zero(d), negative, a);
}

/// x / (1 + e^-x), SiLU or swish; -0 at minus infinity.
template <class D, class V>
HWY_INLINE V Silu(D d, V x) {
  const V a = vector_math::AtMost(d, hn::Abs(x), 110.0f);
  const auto negative = hn::Lt(x, hn::Zero(d));
  const V y = vector_math::Logistic</*kTimesX=*/true>(d, a, hn::Zero(d), negative, a);
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, 110.0f)), x, hn::CopySign(y, x));
}

/// log(1 + e^x).
template <class D, class V>
HWY_INLINE V Softplus(D d, V x) {
  const V positive = hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), x);
  return hn::Add(positive, vector_math::Log1pExpMinusAbs(d, x));
}

/// log(1 / (1 + e^-x)) = min(x, 0) - log(1 + e^-|x|).
template <class D, class V>
HWY_INLINE V LogSigmoid(D d, V x) {
  const V zero = hn::Zero(d);
  const V negative = hn::IfThenElse(hn::Lt(x, zero), x, hn::Neg(zero));
  return hn::Sub(negative, vector_math::Log1pExpMinusAbs(d, x));
}

/// Error function.
template <class D, class V>
HWY_INLINE V Erf(D d, V x) {
  const V a = hn::Abs(x);
  // Below 0.8 an odd polynomial, 2/sqrt(pi) in two parts; above it 1 - exp(-q(a)), which is 1
  // from 3.92 on.
  const V t = hn::Mul(a, a);
  const V c = vector_math::Polynomial(d, t, -0x1.5a0cfep-11f, 0x1.4e0088p-8f, -0x1.b78c48p-6f,
                                      0x1.ce29fap-4f, -0x1.81273ap-2f, -0x1.f7ac92p-25f);
  const V small = hn::MulAdd(a, hn::Set(d, 0x1.20dd76p+0f), hn::Mul(a, c));
  const V a_max = vector_math::AtMost(d, a, 3.95f);
  const V q =
      vector_math::Polynomial(d, a_max, -0x1.b34206p-13f, 0x1.9d74aap-9f, -0x1.733ee8p-6f,
                              0x1.ad46fep-4f, 0x1.45be2ap-1f, 0x1.20d3cep+0f, 0x1.11f912p-14f);
  V n;
  const V p = vector_math::ExpParts(d, hn::Neg(q), n);
  const V s = vector_math::Pow2(d, n);
  const V large = hn::NegMulAdd(s, p, hn::Sub(hn::Set(d, 1.0f), s));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.8f)), small, large), x);
}

/// 1 - erf(x), accurate in the right tail.
template <class D, class V>
HWY_INLINE V Erfc(D d, V x) {
  const V a = vector_math::AtMost(d, hn::Abs(x), 10.2f);
  const V tail = vector_math::EvaluateTail<vector_math::ErfcTail, /*kTimesA=*/false>(d, a);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(hn::Set(d, 2.0f), tail), tail);
}

/// Phi(x) = (1 + erf(x / sqrt(2))) / 2, the normal distribution function, accurate in the left
/// tail.
template <class D, class V>
HWY_INLINE V NormalCdf(D d, V x) {
  const V a = vector_math::AtMost(d, hn::Abs(x), 14.5f);
  const V tail = vector_math::EvaluateTail<vector_math::NormalTail, /*kTimesA=*/false>(d, a);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0f), tail));
}

/// x Phi(x), the exact GELU; -0 at minus infinity.
template <class D, class V>
HWY_INLINE V Gelu(D d, V x) {
  const V abs_x = hn::Abs(x);
  // In a lane the result is the same whatever the other lanes hold.
  V tail;
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  tail = vector_math::NearGeluTail(d, abs_x);
  const auto near = hn::Lt(abs_x, hn::Set(d, kernel::NormalTable::kEnd));
  if (HWY_UNLIKELY(!hn::AllTrue(d, near))) {
    tail = hn::IfThenElse(near, tail, vector_math::FarGeluTail(d, abs_x));
  }
#else
  tail = vector_math::FarGeluTail(d, abs_x);
#endif
  // a Phi(a) = a - a Phi(-a).
  return hn::CopySign(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(abs_x, tail)), x);
}

/// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, the approximate GELU; -0 at minus infinity.
template <class D, class V>
HWY_INLINE V GeluTanh(D d, V x) {
  // x / (1 + e^-v), v = x (c1 + c3 x^2), c1 = 2 sqrt(2/pi). An exponent needs twice the digits: v
  // to 48 bits.
  const V a = vector_math::AtMost(d, hn::Abs(x), 11.0f);
  const V c1 = hn::Set(d, vector_math::kGeluC1);
  const V c3 = hn::Set(d, vector_math::kGeluC3);
  const V t = hn::Mul(a, a);
  const V t_lo = vector_math::FusedMulSub(d, a, a, t);
  const V h = hn::Mul(t, c3);
  V h_lo = hn::MulAdd(t, hn::Set(d, vector_math::kGeluC3Lo), vector_math::FusedMulSub(d, t, c3, h));
  h_lo = hn::MulAdd(t_lo, c3, h_lo);
  const V g = hn::Add(c1, h);
  // The exact error of c1 + h, whichever is larger.
  const V h_part = hn::Sub(g, c1);
  const V g_lo = hn::Add(hn::Sub(c1, hn::Sub(g, h_part)), hn::Sub(h, h_part));
  const V rest = hn::Add(g_lo, hn::Add(h_lo, hn::Set(d, vector_math::kGeluC1Lo)));
  const V v = hn::Mul(a, g);
  const V v_lo = hn::MulAdd(a, rest, vector_math::FusedMulSub(d, a, g, v));
  const auto negative = hn::Lt(x, hn::Zero(d));
  const V y = vector_math::Logistic</*kTimesX=*/true>(d, v, v_lo, negative, a);
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, 11.0f)), x, hn::CopySign(y, x));
}

/// Sine.
template <class D, class V>
HWY_INLINE V Sin(D d, V x) {
  V y = vector_math::SinQuarters(d, x, 0);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, y);
  return vector_math::TrigLargeLanes(d, x, y, vector_math::LargeSin());
}

/// Cosine.
template <class D, class V>
HWY_INLINE V Cos(D d, V x) {
  const V y = vector_math::SinQuarters(d, x, 1);
  return vector_math::TrigLargeLanes(d, x, y, vector_math::LargeCos());
}

/// Tangent.
template <class D, class V>
HWY_INLINE V Tan(D d, V x) {
  V y = vector_math::InDouble(d, vector_math::TanF64(), x);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, y);
  return vector_math::TrigLargeLanes(d, x, y, vector_math::LargeTan());
}

/// Arc sine.
template <class D, class V>
HWY_INLINE V Asin(D d, V x) {
  const V half = hn::Set(d, 0.5f);
  const V a = hn::Abs(x);
  // asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)) above 1/2.
  const auto large = hn::Gt(a, half);
  const V z = hn::NegMulAdd(a, half, half);
  const V t = hn::IfThenElse(large, z, hn::Mul(a, a));
  const V s = hn::IfThenElse(large, hn::Sqrt(z), a);
  const V r = vector_math::AsinPoly(d, s, t);
  const V half_pi = hn::Sub(hn::Set(d, vector_math::kPi / 2), hn::Add(s, s));
  const V lost = hn::Sub(hn::Sub(hn::Set(d, vector_math::kPi / 2), half_pi), hn::Add(s, s));
  const V rest = hn::Sub(hn::Add(r, r), hn::Add(lost, hn::Set(d, vector_math::kPiMid / 2)));
  const V y = hn::IfThenElse(large, hn::Sub(half_pi, rest), hn::Add(s, r));
  return hn::CopySign(y, x);
}

/// Arc cosine.
template <class D, class V>
HWY_INLINE V Acos(D d, V x) {
  const V half = hn::Set(d, 0.5f);
  const V a = hn::Abs(x);
  // 2 asin(sqrt((1 - x) / 2)) above 1/2, pi - acos(-x) below -1/2, pi/2 - asin(x) between.
  const auto large = hn::Gt(a, half);
  const auto negative = hn::Lt(x, hn::Zero(d));
  const V z = hn::NegMulAdd(a, half, half);
  const V t = hn::IfThenElse(large, z, hn::Mul(a, a));
  const V s = hn::IfThenElse(large, hn::Sqrt(z), a);
  const V r = hn::Add(s, vector_math::AsinPoly(d, s, t));
  const V r2 = hn::Add(r, r);
  const V pi_part = hn::Sub(r2, hn::Set(d, vector_math::kPiMid));
  const V outer = hn::IfThenElse(negative, hn::Sub(hn::Set(d, vector_math::kPi), pi_part), r2);
  const V inner = hn::Sub(hn::Set(d, vector_math::kPi / 2),
                          hn::Sub(hn::CopySign(r, x), hn::Set(d, vector_math::kPiMid / 2)));
  return hn::IfThenElse(large, outer, inner);
}

/// Arc tangent.
template <class D, class V>
HWY_INLINE V Atan(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  // atan(a) = pi/2 - atan(1/a) above 1.
  const auto large = hn::Gt(a, one);
  const V z = hn::IfThenElse(large, hn::Div(one, a), a);
  const V t = hn::Mul(z, z);
  const V q = vector_math::Polynomial(d, t, -0x1.d5ace6p-10f, 0x1.65dc3ap-7f, -0x1.ff86dep-6f,
                                      0x1.db6f9cp-5f, -0x1.587e5ap-4f, 0x1.c0bdbep-4f,
                                      -0x1.242666p-3f, 0x1.999298p-3f, -0x1.555542p-2f);
  const V r = hn::MulAdd(hn::Mul(z, t), q, z);
  const V rest = hn::Sub(r, hn::Set(d, vector_math::kPiMid / 2));
  const V y = hn::IfThenElse(large, hn::Sub(hn::Set(d, vector_math::kPi / 2), rest), r);
  return hn::CopySign(y, x);
}

/// Hyperbolic sine.
template <class D, class V>
HWY_INLINE V Sinh(D d, V x) {
  return hn::CopySign(vector_math::InDouble(d, vector_math::SinhF64(), hn::Abs(x)), x);
}

/// Hyperbolic cosine.
template <class D, class V>
HWY_INLINE V Cosh(D d, V x) {
  return vector_math::InDouble(d, vector_math::CoshF64(), hn::Abs(x));
}

/// Inverse hyperbolic sine.
template <class D, class V>
HWY_INLINE V Asinh(D d, V x) {
  const V a = hn::Abs(x);
  const V y = vector_math::InDouble(d, vector_math::AsinhF64(), a);
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, hn::Inf(d)), y, a), x);
}

/// Inverse hyperbolic cosine; NaN below 1.
template <class D, class V>
HWY_INLINE V Acosh(D d, V x) {
  V y = vector_math::InDouble(d, vector_math::AcoshF64(), x);
  y = hn::IfThenElse(hn::Lt(x, hn::Set(d, 1.0f)), hn::NaN(d), y);
  return hn::IfThenElse(hn::Lt(x, hn::Inf(d)), y, x);
}

/// Inverse hyperbolic tangent; infinite at +-1, NaN outside.
template <class D, class V>
HWY_INLINE V Atanh(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  const V y = vector_math::InDouble(d, vector_math::AtanhF64(), a);
  const V limit = hn::IfThenElse(hn::Eq(a, one), hn::Inf(d), hn::NaN(d));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, one), y, limit), x);
}

/// Inverse error function; infinite at +-1, NaN outside.
template <class D, class V>
HWY_INLINE V Erfinv(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  const V y = vector_math::InDouble(d, vector_math::ErfinvF64(), a);
  const V limit = hn::IfThenElse(hn::Eq(a, one), hn::Inf(d), hn::NaN(d));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, one), y, limit), x);
}

/// 1 / sqrt(x).
template <class D, class V>
HWY_INLINE V Rsqrt(D d, V x) {
  return hn::Div(hn::Set(d, 1.0f), hn::Sqrt(x));
}

/// x^y with the special cases of std::pow.
template <class D, class V>
HWY_INLINE V Pow(D d, V x, V y) {
  const hn::RebindToSigned<D> di;
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0f);
  const V inf = hn::Inf(d);
  const V a = hn::Abs(x);
  const V abs_y = hn::Abs(y);
  V z = vector_math::InDouble(d, vector_math::PowF64(), a, y);

  // From 2^24 on every float is an even integer.
  const auto small_y = hn::Lt(abs_y, hn::Set(d, 0x1p24f));
  const auto whole = hn::ConvertTo(di, hn::IfThenElseZero(small_y, y));
  const auto integer = hn::Or(hn::Not(small_y), hn::Eq(hn::ConvertTo(d, whole), y));
  const V odd_sign = hn::BitCast(d, hn::ShiftLeft<31>(whole));  // the sign bit set for odd y
  z = hn::IfThenElse(integer, hn::Or(z, hn::And(odd_sign, x)), z);

  const auto negative = hn::And(hn::Lt(x, zero), hn::Lt(a, inf));
  z = hn::IfThenElse(hn::AndNot(integer, negative), hn::NaN(d), z);
  z = hn::IfThenElse(hn::And(hn::Eq(a, one), hn::Eq(abs_y, inf)), one, z);
  return hn::IfThenElse(hn::Or(hn::Eq(y, zero), hn::Eq(x, one)), one, z);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_CORE_KERNELS_VECTOR_MATH_INL_H_
