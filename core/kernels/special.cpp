#include "core/kernels/special.h"

#include <cmath>
#include <initializer_list>
#include <limits>

#include <math.h>  // lgamma_r

namespace gradus::kernel {

double digamma(double x) {
  if (x == 0) return std::copysign(std::numeric_limits<double>::infinity(), -x);
  double shift = 0;
  if (x < 0) {
    if (x == std::floor(x)) return std::numeric_limits<double>::quiet_NaN();
    // psi(1 - x) - psi(x) = pi / tan(pi x); only the fraction counts.
    shift = -M_PI / std::tan(M_PI * (x - std::floor(x)));
    x = 1 - x;
  }
  for (; x < 10; x += 1) shift -= 1 / x;
  if (x == 10) return shift + 2.25175258906672110764;
  // The asymptotic series, of which the Bernoulli numbers give the coefficients.
  const double z = 1 / (x * x);
  const double tail =
      z * (1.0 / 12 -
           z * (1.0 / 120 -
                z * (1.0 / 252 -
                     z * (1.0 / 240 - z * (5.0 / 660 - z * (691.0 / 32760 - z * (1.0 / 12)))))));
  return shift + std::log(x) - 0.5 / x - tail;
}

namespace {

// The sum of (k + q)^-s over k >= 0, for s > 1: Euler-Maclaurin's formula, as in Cephes.
double hurwitz_zeta(double s, double q) {
  // (2j)! / B_2j
  static constexpr double kFactors[] = {12,
                                        -720,
                                        30240,
                                        -1209600,
                                        47900160,
                                        -1307674368000.0 / 691,
                                        74724249600,
                                        -10670622842880000.0 / 3617,
                                        5109094217170944000.0 / 43867,
                                        -802857662698291200000.0 / 174611};
  if (q <= 0) {
    if (q == std::floor(q)) return std::numeric_limits<double>::infinity();
    if (s != std::floor(s)) return std::numeric_limits<double>::quiet_NaN();
  }
  double sum = std::pow(q, -s), a = q, term = sum;
  for (int i = 0; i < 9 || a <= 9; ++i) {
    a += 1;
    term = std::pow(a, -s);
    sum += term;
    if (std::abs(term) < 1e-17 * std::abs(sum)) return sum;
  }
  sum += term * a / (s - 1) - 0.5 * term;
  double factor = 1, k = 0;
  for (double divisor : kFactors) {
    factor *= s + k;
    term /= a;
    const double t = factor * term / divisor;
    sum += t;
    if (std::abs(t) < 1e-17 * std::abs(sum)) break;
    k += 1;
    factor *= s + k;
    term /= a;
    k += 1;
  }
  return sum;
}

}  // namespace

double zeta(double s, double q) {
  if (s == 1) return std::numeric_limits<double>::infinity();
  if (!(s > 1)) return std::numeric_limits<double>::quiet_NaN();
  return hurwitz_zeta(s, q);
}

double polygamma(int64_t n, double x) {
  const double order = static_cast<double>(n);
  const double magnitude = std::exp(log_gamma(order + 1)) * hurwitz_zeta(order + 1, x);
  return n % 2 == 0 ? -magnitude : magnitude;
}

double erfinv(double x) {
  const double a = std::abs(x);
  if (!(a < 1)) {
    return a == 1 ? std::copysign(std::numeric_limits<double>::infinity(), x)
                  : std::numeric_limits<double>::quiet_NaN();
  }
  if (x == 0) return x;
  // Giles, "Approximating the erfinv function" (2010), single precision; then Halley's method.
  const double w0 = -std::log1p(-x * x);
  double w, p;
  if (w0 < 5) {
    w = w0 - 2.5;
    p = 2.81022636e-08;
    for (double c : {3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
                     -0.00417768164, 0.246640727, 1.50140941}) {
      p = c + p * w;
    }
  } else {
    w = std::sqrt(w0) - 3;
    p = -0.000200214257;
    for (double c : {0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
                     0.00943887047, 1.00167406, 2.83297682}) {
      p = c + p * w;
    }
  }
  double y = std::abs(p * x);
  for (int i = 0; i < 3; ++i) {
    // erfc keeps its digits where erf is near 1.
    const double error = a < 0.5 ? std::erf(y) - a : (1 - a) - std::erfc(y);
    const double step = error / (M_2_SQRTPI * std::exp(-y * y));
    y -= step / (1 + y * step);
  }
  return std::copysign(y, x);
}

double log_gamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}

double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

}  // namespace gradus::kernel
