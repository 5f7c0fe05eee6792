#pragma once

#include <cstdint>
#include <optional>

#include "autograd/ops/activation.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/special.h"
#include "autograd/ops/unary.h"
#include "core/tensor.h"

namespace gradus {

/// PyTorch's torch.special: element-wise functions in double precision whatever the dtype, integers
/// giving the default dtype. Inputs broadcast.
namespace special {

using gradus::digamma;
using gradus::erf;
using gradus::erfc;
using gradus::erfinv;
using gradus::exp2;
using gradus::expm1;
using gradus::log1p;
using gradus::log_softmax;
using gradus::logit;
using gradus::logsumexp;
using gradus::polygamma;
using gradus::round;
using gradus::sinc;
using gradus::softmax;
using gradus::xlogy;

/// sigmoid(x).
inline Tensor expit(const Tensor& x) {
  return sigmoid(x);
}
/// lgamma(x).
inline Tensor gammaln(const Tensor& x) {
  return lgamma(x);
}
/// digamma(x).
inline Tensor psi(const Tensor& x) {
  return digamma(x);
}

/// e^(x^2) erfc(x).
GRADUS_API Tensor erfcx(const Tensor& x);
/// The integral of the standard normal density from -infinity to x.
GRADUS_API Tensor ndtr(const Tensor& x);
/// log ndtr(x), accurate where ndtr is near 0.
GRADUS_API Tensor log_ndtr(const Tensor& x);
/// The inverse of ndtr on (0, 1).
GRADUS_API Tensor ndtri(const Tensor& x);
/// -x log x; 0 at 0, -infinity below.
GRADUS_API Tensor entr(const Tensor& x);

/// x log(1 + y), 0 where x is 0 even if y is -1; NaN where y is NaN.
GRADUS_API Tensor xlog1py(const Tensor& x, const Tensor& y);
GRADUS_API Tensor xlog1py(const Tensor& x, const Scalar& y);
GRADUS_API Tensor xlog1py(const Scalar& x, const Tensor& y);
/// Hurwitz's zeta function, the sum of (k + q)^-x over k >= 0. Differentiable in q.
GRADUS_API Tensor zeta(const Tensor& x, const Tensor& q);
GRADUS_API Tensor zeta(const Tensor& x, const Scalar& q);
GRADUS_API Tensor zeta(const Scalar& x, const Tensor& q);
/// The regularized lower incomplete gamma function P(a, x), and the upper one, 1 - P(a, x).
/// Differentiable in x.
GRADUS_API Tensor gammainc(const Tensor& a, const Tensor& x);
GRADUS_API Tensor gammaincc(const Tensor& a, const Tensor& x);
/// log of the multivariate gamma function of dimension p. @throws ValueError for p < 1
GRADUS_API Tensor multigammaln(const Tensor& x, int64_t p);

/// Bessel functions of the first (j) and second (y) kind, of order 0 and 1.
GRADUS_API Tensor bessel_j0(const Tensor& x);
GRADUS_API Tensor bessel_j1(const Tensor& x);
GRADUS_API Tensor bessel_y0(const Tensor& x);
GRADUS_API Tensor bessel_y1(const Tensor& x);
/// Modified Bessel functions of the first kind, and those times e^-|x|.
GRADUS_API Tensor i0(const Tensor& x);
GRADUS_API Tensor i0e(const Tensor& x);
GRADUS_API Tensor i1(const Tensor& x);
GRADUS_API Tensor i1e(const Tensor& x);
inline Tensor modified_bessel_i0(const Tensor& x) {
  return i0(x);
}
inline Tensor modified_bessel_i1(const Tensor& x) {
  return i1(x);
}
/// Modified Bessel functions of the second kind, and those times e^x.
GRADUS_API Tensor modified_bessel_k0(const Tensor& x);
GRADUS_API Tensor modified_bessel_k1(const Tensor& x);
GRADUS_API Tensor scaled_modified_bessel_k0(const Tensor& x);
GRADUS_API Tensor scaled_modified_bessel_k1(const Tensor& x);
/// Airy's function Ai.
GRADUS_API Tensor airy_ai(const Tensor& x);
/// sin(x) / x.
GRADUS_API Tensor spherical_bessel_j0(const Tensor& x);

/// Polynomials of degree n (a tensor of integral values) at x; 0 for a negative degree. Not
/// differentiable, as in PyTorch. shifted_...(x, n) is ...(2 x - 1, n).
/// @throws ValueError for a degree above a million, except of Chebyshev's
GRADUS_API Tensor chebyshev_polynomial_t(const Tensor& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_t(const Tensor& x, const Scalar& n);
GRADUS_API Tensor chebyshev_polynomial_t(const Scalar& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_u(const Tensor& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_u(const Tensor& x, const Scalar& n);
GRADUS_API Tensor chebyshev_polynomial_u(const Scalar& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_v(const Tensor& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_v(const Tensor& x, const Scalar& n);
GRADUS_API Tensor chebyshev_polynomial_v(const Scalar& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_w(const Tensor& x, const Tensor& n);
GRADUS_API Tensor chebyshev_polynomial_w(const Tensor& x, const Scalar& n);
GRADUS_API Tensor chebyshev_polynomial_w(const Scalar& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_t(const Tensor& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_t(const Tensor& x, const Scalar& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_t(const Scalar& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_u(const Tensor& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_u(const Tensor& x, const Scalar& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_u(const Scalar& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_v(const Tensor& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_v(const Tensor& x, const Scalar& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_v(const Scalar& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_w(const Tensor& x, const Tensor& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_w(const Tensor& x, const Scalar& n);
GRADUS_API Tensor shifted_chebyshev_polynomial_w(const Scalar& x, const Tensor& n);
GRADUS_API Tensor hermite_polynomial_h(const Tensor& x, const Tensor& n);
GRADUS_API Tensor hermite_polynomial_h(const Tensor& x, const Scalar& n);
GRADUS_API Tensor hermite_polynomial_h(const Scalar& x, const Tensor& n);
GRADUS_API Tensor hermite_polynomial_he(const Tensor& x, const Tensor& n);
GRADUS_API Tensor hermite_polynomial_he(const Tensor& x, const Scalar& n);
GRADUS_API Tensor hermite_polynomial_he(const Scalar& x, const Tensor& n);
GRADUS_API Tensor laguerre_polynomial_l(const Tensor& x, const Tensor& n);
GRADUS_API Tensor laguerre_polynomial_l(const Tensor& x, const Scalar& n);
GRADUS_API Tensor laguerre_polynomial_l(const Scalar& x, const Tensor& n);
GRADUS_API Tensor legendre_polynomial_p(const Tensor& x, const Tensor& n);
GRADUS_API Tensor legendre_polynomial_p(const Tensor& x, const Scalar& n);
GRADUS_API Tensor legendre_polynomial_p(const Scalar& x, const Tensor& n);

}  // namespace special

/// The number next to a in the direction of b, in their floating-point dtype. Not differentiable.
/// @throws TypeError for integers
GRADUS_API Tensor nextafter(const Tensor& a, const Tensor& b);
GRADUS_API Tensor& nextafter_out(Tensor& out, const Tensor& a, const Tensor& b);

}  // namespace gradus
