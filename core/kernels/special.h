#pragma once

#include <cstdint>

namespace gradus::kernel {

// Functions that the C++ library lacks, in double precision.

/// d/dx log |gamma(x)|; NaN at negative integers, -inf at 0.
double digamma(double x);

/// The n-th derivative of digamma, n >= 1.
double polygamma(int64_t n, double x);

/// The inverse of std::erf; infinite at +-1, NaN outside.
double erfinv(double x);

/// log |gamma(x)|, from any number of threads (std::lgamma writes to a global).
double log_gamma(double x);

/// 1 / (1 + e^-x), which does not overflow.
double sigmoid(double x);

/// The sum of (k + q)^-s over k >= 0; infinite for s = 1, NaN below.
double zeta(double s, double q);

// --- bessel.cpp: Bessel functions, modified ones (i, k), and those times e^-|x| or e^x (e).

double bessel_j0(double x);
double bessel_j1(double x);
double bessel_y0(double x);
double bessel_y1(double x);
double bessel_i0(double x);
double bessel_i0e(double x);
double bessel_i1(double x);
double bessel_i1e(double x);
double bessel_k0(double x);
double bessel_k0e(double x);
double bessel_k1(double x);
double bessel_k1e(double x);

/// Airy's function Ai and its derivative: airy.cpp.
double airy_ai(double x);
double airy_ai_prime(double x);

// --- probability.cpp

/// e^(x^2) erfc(x).
double erfcx(double x);
/// The normal distribution's integral from -infinity to x, its logarithm and its inverse.
double ndtr(double x);
double log_ndtr(double x);
double ndtri(double p);
/// -x log x, 0 at 0, -infinity below.
double entr(double x);
/// x log(1 + y), 0 where x is 0.
double xlog1py(double x, double y);
/// The regularized incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x).
double gamma_p(double a, double x);
double gamma_q(double a, double x);

// --- polynomials.cpp: of degree n

double chebyshev_t(double x, double n);
double chebyshev_u(double x, double n);
double chebyshev_v(double x, double n);
double chebyshev_w(double x, double n);
double hermite_h(double x, double n);
double hermite_he(double x, double n);
double laguerre_l(double x, double n);
double legendre_p(double x, double n);

}  // namespace gradus::kernel
