#pragma once

#include <tuple>

#include "core/tensor.h"

namespace gradus {

// More element-wise ops with two inputs: powers, angles, extremes. See autograd/ops/binary.h for
// broadcasting, dtypes and the out= forms.

/// base^exponent. Integers stay integers and wrap around; of a negative exponent only 1 and -1 have
/// a power other than 0. The gradient of pow(0, 0) is 0.
/// @throws ValueError for an integer base and a negative integer as exponent
GRADUS_API Tensor pow(const Tensor& base, const Tensor& exponent);
GRADUS_API Tensor pow(const Tensor& base, const Scalar& exponent);
GRADUS_API Tensor pow(const Scalar& base, const Tensor& exponent);
GRADUS_API Tensor& pow_out(Tensor& out, const Tensor& base, const Tensor& exponent);

/// The angle of the vector (x, y) from the x axis, in (-pi, pi].
GRADUS_API Tensor atan2(const Tensor& y, const Tensor& x);
/// sqrt(a^2 + b^2) without overflow.
GRADUS_API Tensor hypot(const Tensor& a, const Tensor& b);

/// log(e^a + e^b) without overflow.
GRADUS_API Tensor logaddexp(const Tensor& a, const Tensor& b);
/// log2(2^a + 2^b) without overflow.
GRADUS_API Tensor logaddexp2(const Tensor& a, const Tensor& b);

/// The larger one; NaN where one is NaN. Where they are equal each gets half the gradient.
GRADUS_API Tensor maximum(const Tensor& a, const Tensor& b);
GRADUS_API Tensor& maximum_out(Tensor& out, const Tensor& a, const Tensor& b);
/// The smaller one; NaN where one is NaN.
GRADUS_API Tensor minimum(const Tensor& a, const Tensor& b);
GRADUS_API Tensor& minimum_out(Tensor& out, const Tensor& a, const Tensor& b);
/// The larger one; the other where one is NaN. Where they are equal a gets the gradient.
GRADUS_API Tensor fmax(const Tensor& a, const Tensor& b);
/// The smaller one; the other where one is NaN.
GRADUS_API Tensor fmin(const Tensor& a, const Tensor& b);

/// |a| with the sign of b.
GRADUS_API Tensor copysign(const Tensor& a, const Tensor& b);
GRADUS_API Tensor copysign(const Tensor& a, const Scalar& b);
/// base^exponent, computed in float64. @throws TypeError where in place and not float64
GRADUS_API Tensor float_power(const Tensor& base, const Tensor& exponent);
GRADUS_API Tensor float_power(const Tensor& base, const Scalar& exponent);
GRADUS_API Tensor float_power(const Scalar& base, const Tensor& exponent);
/// x 2^other.
GRADUS_API Tensor ldexp(const Tensor& x, const Tensor& other);
/// (mantissa, exponent) with x = mantissa 2^exponent and 1/2 <= |mantissa| < 1, or 0 and 0; the
/// exponent is int32. Infinity and NaN are their own mantissa. The gradient flows to the mantissa.
/// @throws TypeError for integers
GRADUS_API std::tuple<Tensor, Tensor> frexp(const Tensor& x);
/// 0 where a < 0, `values` where a is 0, 1 where a > 0. @throws TypeError for different dtypes
GRADUS_API Tensor heaviside(const Tensor& a, const Tensor& values);

/// The greatest common divisor, of integers. @throws TypeError for other dtypes
GRADUS_API Tensor gcd(const Tensor& a, const Tensor& b);
/// The least common multiple.
GRADUS_API Tensor lcm(const Tensor& a, const Tensor& b);

}  // namespace gradus
