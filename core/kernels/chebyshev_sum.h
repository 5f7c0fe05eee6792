#pragma once

#include <cstddef>

namespace gradus::kernel {

/// c_0 / 2 + c_1 T_1(t) + c_2 T_2(t) + ... by Clenshaw's recurrence.
template <size_t N>
double chebyshev_sum(const double (&c)[N], double t) {
  double b1 = 0, b2 = 0;
  for (size_t k = N; k-- > 1;) {
    const double b0 = 2 * t * b1 - b2 + c[k];
    b2 = b1;
    b1 = b0;
  }
  return t * b1 - b2 + c[0] / 2;
}

}  // namespace gradus::kernel
