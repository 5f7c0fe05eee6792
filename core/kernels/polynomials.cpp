// Orthogonal polynomials. n is truncated; the value of a negative degree is 0.

#include <cmath>

#include "core/kernels/special.h"

namespace gradus::kernel {

namespace {

// p_0 = 1, p_1 = first, p_(k+1) = next(k, p_k, p_(k-1)).
template <class Next>
double recurrence(double degree, double first, Next next) {
  const double n = std::trunc(degree);
  if (!(n >= 0)) return std::isnan(n) ? n : 0;
  if (n == 0) return 1;
  double before = 1, last = first;
  for (double k = 1; k < n && std::isfinite(last); ++k) {
    const double p = next(k, last, before);
    before = last;
    last = p;
  }
  return last;
}

// The four kinds of Chebyshev polynomials share a recurrence; at (-1, 1) an angle gives any degree.
template <class Inside>
double chebyshev(double x, double n, double first, Inside inside) {
  if (n > 6 && std::abs(x) < 1) return inside(std::acos(x), std::trunc(n));
  if (n > 1e6 && std::abs(x) == 1) {
    // Exactly: p_n(1) is linear in n, and p_n(-1) but for its sign.
    const double degree = std::trunc(n), step = std::abs(first) - 1;
    const double size = 1 + step * degree;
    return x > 0 || std::fmod(degree, 2) == 0 ? size : -size;
  }
  return recurrence(n, first, [x](double, double p, double q) { return 2 * x * p - q; });
}

}  // namespace

double chebyshev_t(double x, double n) {
  return chebyshev(x, n, x, [](double angle, double k) { return std::cos(k * angle); });
}

double chebyshev_u(double x, double n) {
  return chebyshev(x, n, 2 * x, [](double angle, double k) {
    return std::sin((k + 1) * angle) / std::sin(angle);
  });
}

double chebyshev_v(double x, double n) {
  return chebyshev(x, n, 2 * x - 1, [](double angle, double k) {
    return std::cos((k + 0.5) * angle) / std::cos(angle / 2);
  });
}

double chebyshev_w(double x, double n) {
  return chebyshev(x, n, 2 * x + 1, [](double angle, double k) {
    return std::sin((k + 0.5) * angle) / std::sin(angle / 2);
  });
}

double hermite_h(double x, double n) {
  return recurrence(n, 2 * x, [x](double k, double p, double q) { return 2 * x * p - 2 * k * q; });
}

double hermite_he(double x, double n) {
  return recurrence(n, x, [x](double k, double p, double q) { return x * p - k * q; });
}

double laguerre_l(double x, double n) {
  return recurrence(n, 1 - x, [x](double k, double p, double q) {
    return ((2 * k + 1 - x) * p - k * q) / (k + 1);
  });
}

double legendre_p(double x, double n) {
  return recurrence(
      n, x, [x](double k, double p, double q) { return ((2 * k + 1) * x * p - k * q) / (k + 1); });
}

}  // namespace gradus::kernel
