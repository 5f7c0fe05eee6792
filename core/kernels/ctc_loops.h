#pragma once

#include <cstdint>

namespace gradus::kernel {

// The vector loops of ctc. Those over the states of a step, n of them, are in double, but not to
// its last digits.

/// y[i] = log(e^x[i] + e^x[i + by] + e^(x[i + 2 by] + skip[i])) + emission[i]; by is 1 or -1.
void ctc_advance_vector(int64_t n, const double* x, int64_t by, const double* skip,
                        const double* emission, double* y);
/// share[i] = e^(a[i] + b[i] - emission[i] + loss), 0 where no path comes here: where a[i] = log 0.
void ctc_shares_vector(int64_t n, const double* a, const double* b, const double* emission,
                       double loss, double* share);
/// y[i] = e^x[i].
void ctc_exp_vector(int64_t n, const double* x, double* y);

/// y[c] = factor e^x[c], over classes.
void ctc_probabilities_vector(int64_t n, const float* x, float factor, float* y);

}  // namespace gradus::kernel
