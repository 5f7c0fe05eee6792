#pragma once

// Phi(-a), the left tail of the normal distribution, as polynomials about 16 points: a vector
// looks up the 16 floats of a coefficient in one instruction or two.

#include <array>
#include <cstddef>

namespace gradus::kernel {

/// Phi(-(c + u)) = c[0][i] + (rest[i] + c[1][i] u + ... + c[6][i] u^6) for c = i / 4, |u| <= 1/8,
/// to 2^-27.6 of its value; rest is what rounding took from c[0]. Of use below c + u = kEnd.
struct NormalTable {
  static constexpr size_t kPoints = 16;
  static constexpr float kPerUnit = 4.0f;
  static constexpr float kEnd = 3.75f;
  static constexpr size_t kDegree = 6;
  using Row = std::array<float, kPoints>;

  alignas(64) std::array<Row, kDegree + 1> c{};
  alignas(64) Row rest{};

  constexpr NormalTable() {
    for (size_t i = 0; i < kPoints; ++i) {
      const Polynomial p = shortened(taylor(static_cast<double>(i) / kPerUnit));
      double scale = 1;
      for (size_t k = 0; k <= kDegree; ++k, scale /= kRadius) {
        c[k][i] = static_cast<float>(p[k] * scale);
      }
      rest[i] = static_cast<float>(p[0] - static_cast<double>(c[0][i]));
    }
  }

 private:
  static constexpr double kRadius = 0.5 / kPerUnit;
  static constexpr size_t kLongDegree = 16;
  using Polynomial = std::array<double, kLongDegree + 1>;  // in t = u / kRadius, |t| <= 1

  // Taylor's expansion of Phi(-(a + u)).
  static constexpr Polynomial taylor(double a) {
    // Phi(-a) = 1/2 - phi(a) (a + a^3 / 3 + a^5 / (3 5) + ...), phi(a) = e^(-a^2/2) / sqrt(2 pi).
    double power = 1, exponential = 1, odd = a, sum = a;
    for (int k = 1; k <= 100; ++k) {
      power *= a * a / 2 / k;
      exponential += power;
      odd *= a * a / (2 * k + 1);
      sum += odd;
    }
    const double density = 0.3989422804014326779 / exponential;
    Polynomial p{0.5 - density * sum};
    // The k-th derivative of Phi(-a) is (-1)^k phi(a) He_(k-1)(a) with Hermite's polynomials.
    double before = 0, hermite = 1, scale = density;
    for (size_t k = 1; k <= kLongDegree; ++k) {
      const auto order = static_cast<double>(k);
      scale *= -kRadius / order;
      p[k] = scale * hermite;
      const double next = a * hermite - (order - 1) * before;
      before = hermite;
      hermite = next;
    }
    return p;
  }

  static constexpr Polynomial chebyshev(size_t n) {
    Polynomial before{1}, t{0, 1};
    for (size_t i = 1; i < n; ++i) {
      Polynomial next{};
      for (size_t k = 0; k <= kLongDegree; ++k) {
        next[k] = (k > 0 ? 2 * t[k - 1] : 0) - before[k];
      }
      before = t;
      t = next;
    }
    return t;
  }

  // Takes `amount` from p[k] by subtracting a multiple of T_n, for |T_n| <= 1 where |t| <= 1.
  static constexpr void take(double amount, size_t k, size_t n, Polynomial& p) {
    const Polynomial t = chebyshev(n);
    const double factor = amount / t[k];
    for (size_t i = 0; i <= n; ++i) p[i] -= factor * t[i];
  }

  // Of kDegree, in place of the longer one; what rounding takes from the coefficients of t and t^2
  // is made good by those of higher powers.
  static constexpr Polynomial shortened(Polynomial p) {
    for (size_t n = kLongDegree; n > kDegree; --n) take(p[n], n, n, p);
    double unit = kRadius;
    for (const size_t k : {1, 2}) {
      take(p[k] - unit * static_cast<double>(static_cast<float>(p[k] / unit)), k,
           kDegree - (kDegree - k) % 2, p);
      unit *= kRadius;
    }
    return p;
  }
};

inline constexpr NormalTable kNormalTable;

}  // namespace gradus::kernel
