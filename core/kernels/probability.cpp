#include <cmath>
#include <limits>

#include "core/kernels/chebyshev_sum.h"
#include "core/kernels/special.h"

namespace gradus::kernel {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The coefficients were computed with 50 digits (mpmath) at Chebyshev's nodes.

// (1 + 2 x) erfcx(x) at t = (x - 3.75) / (x + 3.75), x >= 0.
constexpr double kErfcx[] = {
    2.3551578691348035,      -4.5900545806464773e-3,  -8.4249133366517916e-2,
    5.920993999819189e-2,    -2.6658668435305752e-2,  9.0749976707052651e-3,
    -2.4131635404176082e-3,  4.9077583652580863e-4,   -6.9169733025012064e-5,
    4.1390279860730102e-6,   7.7403830661984907e-7,   -2.1886401049234396e-7,
    1.076499946567091e-8,    4.5219598112182869e-9,   -7.7544002088313511e-10,
    -6.3180883408866845e-11, 2.8687950109306699e-11,  1.9455868545777347e-13,
    -9.6546967484334389e-13, 3.2525481481487398e-14,  3.3478119482868054e-14,
    -1.8645628804193131e-15, -1.2507950530688647e-15, 7.4182352566240435e-17,
    5.0681489047961113e-17};

}  // namespace

double erfcx(double x) {
  if (x != x) return x;
  if (x >= 0) {
    // (x - 3.75) / (x + 3.75), which for infinite x is 1.
    return chebyshev_sum(kErfcx, 1 - 7.5 / (x + 3.75)) / (1 + 2 * x);
  }
  // erfcx(-x) = 2 e^(x^2) - erfcx(x), with x^2 to twice the precision.
  const double square = x * x;
  if (square == kInfinity) return kInfinity;
  const double rest = std::fma(x, x, -square);
  return 2 * std::exp(square) * (1 + rest) - erfcx(-x);
}

double ndtr(double x) {
  return 0.5 * std::erfc(-x * M_SQRT1_2);
}

double log_ndtr(double x) {
  if (x < -1) return std::log(erfcx(-x * M_SQRT1_2) / 2) - x * x / 2;
  return std::log1p(-std::erfc(x * M_SQRT1_2) / 2);
}

double ndtri(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinity : p == 1 ? kInfinity : kNan;
  // 2 p - 1 and 1 - p are exact here.
  if (p >= 0.25 && p <= 0.75) return M_SQRT2 * erfinv(2 * p - 1);
  if (p > 0.75) return -ndtri(1 - p);
  // Abramowitz and Stegun, 26.2.23, to 4.5e-4; then Newton's method on the logarithm.
  const double log_p = std::log(p), t = std::sqrt(-2 * log_p);
  double y = (2.515517 + t * (0.802853 + t * 0.010328)) /
                 (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
             t;
  for (int i = 0; i < 4; ++i) {
    const double slope = M_2_SQRTPI * M_SQRT1_2 / erfcx(-y * M_SQRT1_2);
    y -= (log_ndtr(y) - log_p) / slope;
  }
  return y;
}

double entr(double x) {
  if (x > 0) return -x * std::log(x);
  return x == 0 ? 0 : x < 0 ? -kInfinity : x;
}

double xlog1py(double x, double y) {
  return x == 0 && !std::isnan(y) ? 0 : x * std::log1p(y);
}

// --- the incomplete gamma functions

namespace {

// log(1 + u) - u, accurate near 0.
double log1p_minus(double u) {
  if (std::abs(u) > 0.1) return std::log1p(u) - u;
  // -u^2/2 + u^3/3 - ...
  double power = -u * u, sum = 0;
  for (int k = 2; k < 24; ++k, power *= -u) sum += power / k;
  return sum;
}

// x^a e^-x / gamma(a + 1).
double gamma_term(double a, double x) {
  if (a < 12) return std::exp(a * std::log(x) - x - log_gamma(a + 1));
  // Stirling's series: what large numbers are left cancels exactly.
  const double z = 1 / (a * a);
  const double correction =
      (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))) / a;
  return std::exp(a * log1p_minus((x - a) / a) - correction) / std::sqrt(2 * M_PI * a);
}

// P(a, x) = term (1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...).
double lower_series(double a, double x) {
  double term = 1, sum = 1;
  for (int k = 1; k < 100000 && term > sum * 1e-17; ++k) {
    term *= x / (a + k);
    sum += term;
  }
  return gamma_term(a, x) * sum;
}

// Q(a, x) by its continued fraction (DLMF 8.9.2), evaluated as Lentz does.
double upper_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / (b == 0 ? kTiny : b), h = d;
  for (int k = 1; k < 100000; ++k) {
    const double an = -k * (k - a);
    b += 2;
    d = an * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double step = d * c;
    h *= step;
    if (std::abs(step - 1) < 1e-16) break;
  }
  return gamma_term(a, x) * a * h;
}

// The leading terms of Temme's uniform expansion, for large a (DLMF 8.12.3): Q, or P.
double uniform_gamma(double a, double x, bool upper) {
  const double u = (x - a) / a;
  const double eta = std::copysign(std::sqrt(-2 * log1p_minus(u)), u);
  // 1 / u - 1 / eta, which tends to -1/3.
  const double c0 = std::abs(u) < 1e-3 ? -1.0 / 3 + u / 12 : 1 / u - 1 / eta;
  const double rest = std::exp(-a * eta * eta / 2) / std::sqrt(2 * M_PI * a) * c0;
  const double half = std::erfc((upper ? eta : -eta) * std::sqrt(a / 2)) / 2;
  return upper ? half + rest : half - rest;
}

double regularized_gamma(double a, double x, bool upper) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0)) return kNan;
  if (a == kInfinity && x == kInfinity) return kNan;
  if (a == 0 || x == kInfinity) return upper ? 0 : 1;
  if (x == 0 || a == kInfinity) return upper ? 1 : 0;
  if (a > 1e6 && std::abs(x - a) < a / 2) return uniform_gamma(a, x, upper);
  if (x < a + 1) {
    const double lower = lower_series(a, x);
    return upper ? 1 - lower : lower;
  }
  const double rest = upper_fraction(a, x);
  return upper ? rest : 1 - rest;
}

}  // namespace

double gamma_p(double a, double x) {
  return regularized_gamma(a, x, /*upper=*/false);
}

double gamma_q(double a, double x) {
  return regularized_gamma(a, x, /*upper=*/true);
}

}  // namespace gradus::kernel
