#pragma once

#include <cstdint>
#include <optional>

#include "autograd/ops/special_functions.h"

namespace gradus {

// The functions of namespace special under their flat names: `special_erf(x)` is special::erf(x).

inline Tensor special_bessel_j0(const Tensor& x) {
  return special::bessel_j0(x);
}
inline Tensor special_bessel_j1(const Tensor& x) {
  return special::bessel_j1(x);
}
inline Tensor special_bessel_y0(const Tensor& x) {
  return special::bessel_y0(x);
}
inline Tensor special_bessel_y1(const Tensor& x) {
  return special::bessel_y1(x);
}
inline Tensor special_digamma(const Tensor& x) {
  return special::digamma(x);
}
inline Tensor special_entr(const Tensor& x) {
  return special::entr(x);
}
inline Tensor special_erf(const Tensor& x) {
  return special::erf(x);
}
inline Tensor special_erfc(const Tensor& x) {
  return special::erfc(x);
}
inline Tensor special_erfcx(const Tensor& x) {
  return special::erfcx(x);
}
inline Tensor special_erfinv(const Tensor& x) {
  return special::erfinv(x);
}
inline Tensor special_exp2(const Tensor& x) {
  return special::exp2(x);
}
inline Tensor special_expit(const Tensor& x) {
  return special::expit(x);
}
inline Tensor special_expm1(const Tensor& x) {
  return special::expm1(x);
}
inline Tensor special_gammaln(const Tensor& x) {
  return special::gammaln(x);
}
inline Tensor special_i0(const Tensor& x) {
  return special::i0(x);
}
inline Tensor special_i0e(const Tensor& x) {
  return special::i0e(x);
}
inline Tensor special_i1(const Tensor& x) {
  return special::i1(x);
}
inline Tensor special_i1e(const Tensor& x) {
  return special::i1e(x);
}
inline Tensor special_log1p(const Tensor& x) {
  return special::log1p(x);
}
inline Tensor special_log_ndtr(const Tensor& x) {
  return special::log_ndtr(x);
}
inline Tensor special_ndtr(const Tensor& x) {
  return special::ndtr(x);
}
inline Tensor special_ndtri(const Tensor& x) {
  return special::ndtri(x);
}
inline Tensor special_psi(const Tensor& x) {
  return special::psi(x);
}
inline Tensor special_sinc(const Tensor& x) {
  return special::sinc(x);
}
inline Tensor special_gammainc(const Tensor& a, const Tensor& x) {
  return special::gammainc(a, x);
}
inline Tensor special_gammaincc(const Tensor& a, const Tensor& x) {
  return special::gammaincc(a, x);
}
inline Tensor special_xlog1py(const Tensor& x, const Tensor& y) {
  return special::xlog1py(x, y);
}
inline Tensor special_xlog1py(const Tensor& x, const Scalar& y) {
  return special::xlog1py(x, y);
}
inline Tensor special_xlog1py(const Scalar& x, const Tensor& y) {
  return special::xlog1py(x, y);
}
inline Tensor special_xlogy(const Tensor& x, const Tensor& y) {
  return special::xlogy(x, y);
}
inline Tensor special_xlogy(const Tensor& x, const Scalar& y) {
  return special::xlogy(x, y);
}
inline Tensor special_xlogy(const Scalar& x, const Tensor& y) {
  return special::xlogy(x, y);
}
inline Tensor special_zeta(const Tensor& x, const Tensor& y) {
  return special::zeta(x, y);
}
inline Tensor special_zeta(const Tensor& x, const Scalar& y) {
  return special::zeta(x, y);
}
inline Tensor special_zeta(const Scalar& x, const Tensor& y) {
  return special::zeta(x, y);
}
inline Tensor special_log_softmax(const Tensor& x, int64_t dim,
                                  std::optional<ScalarType> dtype = std::nullopt) {
  return special::log_softmax(x, dim, dtype);
}
inline Tensor special_softmax(const Tensor& x, int64_t dim,
                              std::optional<ScalarType> dtype = std::nullopt) {
  return special::softmax(x, dim, dtype);
}
inline Tensor special_logit(const Tensor& x, std::optional<double> eps = std::nullopt) {
  return special::logit(x, eps);
}
inline Tensor special_logsumexp(const Tensor& x, IntArrayRef dim, bool keepdim = false) {
  return special::logsumexp(x, dim, keepdim);
}
inline Tensor special_multigammaln(const Tensor& x, int64_t p) {
  return special::multigammaln(x, p);
}
inline Tensor special_polygamma(int64_t n, const Tensor& x) {
  return special::polygamma(n, x);
}
inline Tensor special_round(const Tensor& x) {
  return special::round(x);
}
inline Tensor special_round(const Tensor& x, int64_t decimals) {
  return special::round(x, decimals);
}
inline constexpr auto& special_airy_ai = special::airy_ai;
inline constexpr auto& special_modified_bessel_i0 = special::modified_bessel_i0;
inline constexpr auto& special_modified_bessel_i1 = special::modified_bessel_i1;
inline constexpr auto& special_modified_bessel_k0 = special::modified_bessel_k0;
inline constexpr auto& special_modified_bessel_k1 = special::modified_bessel_k1;
inline constexpr auto& special_scaled_modified_bessel_k0 = special::scaled_modified_bessel_k0;
inline constexpr auto& special_scaled_modified_bessel_k1 = special::scaled_modified_bessel_k1;
inline constexpr auto& special_spherical_bessel_j0 = special::spherical_bessel_j0;

// Of tensors, or a tensor and a number.

template <class X, class N>
Tensor special_chebyshev_polynomial_t(const X& x, const N& n) {
  return special::chebyshev_polynomial_t(x, n);
}
template <class X, class N>
Tensor special_chebyshev_polynomial_u(const X& x, const N& n) {
  return special::chebyshev_polynomial_u(x, n);
}
template <class X, class N>
Tensor special_chebyshev_polynomial_v(const X& x, const N& n) {
  return special::chebyshev_polynomial_v(x, n);
}
template <class X, class N>
Tensor special_chebyshev_polynomial_w(const X& x, const N& n) {
  return special::chebyshev_polynomial_w(x, n);
}
template <class X, class N>
Tensor special_shifted_chebyshev_polynomial_t(const X& x, const N& n) {
  return special::shifted_chebyshev_polynomial_t(x, n);
}
template <class X, class N>
Tensor special_shifted_chebyshev_polynomial_u(const X& x, const N& n) {
  return special::shifted_chebyshev_polynomial_u(x, n);
}
template <class X, class N>
Tensor special_shifted_chebyshev_polynomial_v(const X& x, const N& n) {
  return special::shifted_chebyshev_polynomial_v(x, n);
}
template <class X, class N>
Tensor special_shifted_chebyshev_polynomial_w(const X& x, const N& n) {
  return special::shifted_chebyshev_polynomial_w(x, n);
}
template <class X, class N>
Tensor special_hermite_polynomial_h(const X& x, const N& n) {
  return special::hermite_polynomial_h(x, n);
}
template <class X, class N>
Tensor special_hermite_polynomial_he(const X& x, const N& n) {
  return special::hermite_polynomial_he(x, n);
}
template <class X, class N>
Tensor special_laguerre_polynomial_l(const X& x, const N& n) {
  return special::laguerre_polynomial_l(x, n);
}
template <class X, class N>
Tensor special_legendre_polynomial_p(const X& x, const N& n) {
  return special::legendre_polynomial_p(x, n);
}

}  // namespace gradus
