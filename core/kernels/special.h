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

}  // namespace gradus::kernel
