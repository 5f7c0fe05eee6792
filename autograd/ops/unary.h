#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

// Element-wise ops with one input. Those that are not defined on integers compute in the default
// dtype. `op_` writes to its argument, `op_out` to `out`, which gets the shape of x; the latter is
// not differentiable.

/// |x|; the gradient is 0 at 0.
GRADUS_API Tensor abs(const Tensor& x);
GRADUS_API Tensor& abs_(Tensor& x);
GRADUS_API Tensor& abs_out(Tensor& out, const Tensor& x);

/// -x. @throws TypeError for bool
GRADUS_API Tensor neg(const Tensor& x);
GRADUS_API Tensor& neg_(Tensor& x);
GRADUS_API Tensor& neg_out(Tensor& out, const Tensor& x);

/// -1, 0 or 1; 0 for NaN.
GRADUS_API Tensor sign(const Tensor& x);
GRADUS_API Tensor& sign_(Tensor& x);
GRADUS_API Tensor& sign_out(Tensor& out, const Tensor& x);

/// x^2.
GRADUS_API Tensor square(const Tensor& x);
GRADUS_API Tensor& square_(Tensor& x);
GRADUS_API Tensor& square_out(Tensor& out, const Tensor& x);

/// The largest integer not above x.
GRADUS_API Tensor floor(const Tensor& x);
GRADUS_API Tensor& floor_(Tensor& x);
GRADUS_API Tensor& floor_out(Tensor& out, const Tensor& x);

/// The smallest integer not below x.
GRADUS_API Tensor ceil(const Tensor& x);
GRADUS_API Tensor& ceil_(Tensor& x);
GRADUS_API Tensor& ceil_out(Tensor& out, const Tensor& x);

/// The nearest integer, the even one of two.
GRADUS_API Tensor round(const Tensor& x);
GRADUS_API Tensor& round_(Tensor& x);
GRADUS_API Tensor& round_out(Tensor& out, const Tensor& x);

/// The integer part.
GRADUS_API Tensor trunc(const Tensor& x);
GRADUS_API Tensor& trunc_(Tensor& x);
GRADUS_API Tensor& trunc_out(Tensor& out, const Tensor& x);

/// x - trunc(x). @throws TypeError for integers
GRADUS_API Tensor frac(const Tensor& x);
GRADUS_API Tensor& frac_(Tensor& x);
GRADUS_API Tensor& frac_out(Tensor& out, const Tensor& x);

/// e^x.
GRADUS_API Tensor exp(const Tensor& x);
GRADUS_API Tensor& exp_(Tensor& x);
GRADUS_API Tensor& exp_out(Tensor& out, const Tensor& x);

/// 2^x.
GRADUS_API Tensor exp2(const Tensor& x);
GRADUS_API Tensor& exp2_(Tensor& x);
GRADUS_API Tensor& exp2_out(Tensor& out, const Tensor& x);

/// e^x - 1, accurate near 0.
GRADUS_API Tensor expm1(const Tensor& x);
GRADUS_API Tensor& expm1_(Tensor& x);
GRADUS_API Tensor& expm1_out(Tensor& out, const Tensor& x);

/// The natural logarithm; NaN below 0.
GRADUS_API Tensor log(const Tensor& x);
GRADUS_API Tensor& log_(Tensor& x);
GRADUS_API Tensor& log_out(Tensor& out, const Tensor& x);

/// log(1 + x), accurate near 0.
GRADUS_API Tensor log1p(const Tensor& x);
GRADUS_API Tensor& log1p_(Tensor& x);
GRADUS_API Tensor& log1p_out(Tensor& out, const Tensor& x);

/// The binary logarithm.
GRADUS_API Tensor log2(const Tensor& x);
GRADUS_API Tensor& log2_(Tensor& x);
GRADUS_API Tensor& log2_out(Tensor& out, const Tensor& x);

/// The decimal logarithm.
GRADUS_API Tensor log10(const Tensor& x);
GRADUS_API Tensor& log10_(Tensor& x);
GRADUS_API Tensor& log10_out(Tensor& out, const Tensor& x);

/// The square root; the gradient is infinite at 0.
GRADUS_API Tensor sqrt(const Tensor& x);
GRADUS_API Tensor& sqrt_(Tensor& x);
GRADUS_API Tensor& sqrt_out(Tensor& out, const Tensor& x);

/// 1 / sqrt(x).
GRADUS_API Tensor rsqrt(const Tensor& x);
GRADUS_API Tensor& rsqrt_(Tensor& x);
GRADUS_API Tensor& rsqrt_out(Tensor& out, const Tensor& x);

/// 1 / x.
GRADUS_API Tensor reciprocal(const Tensor& x);
GRADUS_API Tensor& reciprocal_(Tensor& x);
GRADUS_API Tensor& reciprocal_out(Tensor& out, const Tensor& x);

/// Sine.
GRADUS_API Tensor sin(const Tensor& x);
GRADUS_API Tensor& sin_(Tensor& x);
GRADUS_API Tensor& sin_out(Tensor& out, const Tensor& x);

/// Cosine.
GRADUS_API Tensor cos(const Tensor& x);
GRADUS_API Tensor& cos_(Tensor& x);
GRADUS_API Tensor& cos_out(Tensor& out, const Tensor& x);

/// Tangent.
GRADUS_API Tensor tan(const Tensor& x);
GRADUS_API Tensor& tan_(Tensor& x);
GRADUS_API Tensor& tan_out(Tensor& out, const Tensor& x);

/// Arc sine.
GRADUS_API Tensor asin(const Tensor& x);
GRADUS_API Tensor& asin_(Tensor& x);
GRADUS_API Tensor& asin_out(Tensor& out, const Tensor& x);

/// Arc cosine.
GRADUS_API Tensor acos(const Tensor& x);
GRADUS_API Tensor& acos_(Tensor& x);
GRADUS_API Tensor& acos_out(Tensor& out, const Tensor& x);

/// Arc tangent.
GRADUS_API Tensor atan(const Tensor& x);
GRADUS_API Tensor& atan_(Tensor& x);
GRADUS_API Tensor& atan_out(Tensor& out, const Tensor& x);

/// Hyperbolic sine.
GRADUS_API Tensor sinh(const Tensor& x);
GRADUS_API Tensor& sinh_(Tensor& x);
GRADUS_API Tensor& sinh_out(Tensor& out, const Tensor& x);

/// Hyperbolic cosine.
GRADUS_API Tensor cosh(const Tensor& x);
GRADUS_API Tensor& cosh_(Tensor& x);
GRADUS_API Tensor& cosh_out(Tensor& out, const Tensor& x);

/// Inverse hyperbolic sine.
GRADUS_API Tensor asinh(const Tensor& x);
GRADUS_API Tensor& asinh_(Tensor& x);
GRADUS_API Tensor& asinh_out(Tensor& out, const Tensor& x);

/// Inverse hyperbolic cosine.
GRADUS_API Tensor acosh(const Tensor& x);
GRADUS_API Tensor& acosh_(Tensor& x);
GRADUS_API Tensor& acosh_out(Tensor& out, const Tensor& x);

/// Inverse hyperbolic tangent.
GRADUS_API Tensor atanh(const Tensor& x);
GRADUS_API Tensor& atanh_(Tensor& x);
GRADUS_API Tensor& atanh_out(Tensor& out, const Tensor& x);

/// x rounded to `decimals` decimal places, which may be negative: round(x 10^d) / 10^d.
GRADUS_API Tensor round(const Tensor& x, int64_t decimals);
GRADUS_API Tensor& round_(Tensor& x, int64_t decimals);

/// x pi / 180.
GRADUS_API Tensor deg2rad(const Tensor& x);
/// x 180 / pi.
GRADUS_API Tensor rad2deg(const Tensor& x);
/// x with NaN replaced by `nan` and infinities by `posinf` and `neginf`, by default the largest and
/// the smallest finite value of the dtype. The gradient is 0 where something was replaced.
GRADUS_API Tensor nan_to_num(const Tensor& x, std::optional<double> nan = std::nullopt,
                             std::optional<double> posinf = std::nullopt,
                             std::optional<double> neginf = std::nullopt);

}  // namespace gradus
