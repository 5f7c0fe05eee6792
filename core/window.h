#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

// Windows for the spectral analysis of signals: vectors of `window_length` values with their peak
// in the middle. A periodic one is that of window_length + 1 values without the last. In the
// formulas k runs from 0 to n = N - 1, where N is the length of the window that is not periodic; a
// window of one value is 1. A floating-point dtype, by default get_default_dtype().
// @throws ValueError for a negative length, TypeError for another dtype

/// 1 - |2 k / n - 1|, a triangle.
GRADUS_API Tensor bartlett_window(int64_t window_length, const TensorOptions& options = {});
GRADUS_API Tensor bartlett_window(int64_t window_length, bool periodic,
                                  const TensorOptions& options = {});
/// 0.42 - 0.5 cos(2 pi k / n) + 0.08 cos(4 pi k / n).
GRADUS_API Tensor blackman_window(int64_t window_length, const TensorOptions& options = {});
GRADUS_API Tensor blackman_window(int64_t window_length, bool periodic,
                                  const TensorOptions& options = {});
/// alpha - beta cos(2 pi k / n).
GRADUS_API Tensor hamming_window(int64_t window_length, const TensorOptions& options = {});
GRADUS_API Tensor hamming_window(int64_t window_length, bool periodic,
                                 const TensorOptions& options = {});
GRADUS_API Tensor hamming_window(int64_t window_length, bool periodic, double alpha,
                                 const TensorOptions& options = {});
GRADUS_API Tensor hamming_window(int64_t window_length, bool periodic, double alpha, double beta,
                                 const TensorOptions& options = {});
/// (1 - cos(2 pi k / n)) / 2.
GRADUS_API Tensor hann_window(int64_t window_length, const TensorOptions& options = {});
GRADUS_API Tensor hann_window(int64_t window_length, bool periodic,
                              const TensorOptions& options = {});
/// I0(beta sqrt(1 - (2 k / n - 1)^2)) / I0(beta), by default beta = 12.
GRADUS_API Tensor kaiser_window(int64_t window_length, const TensorOptions& options = {});
GRADUS_API Tensor kaiser_window(int64_t window_length, bool periodic,
                                const TensorOptions& options = {});
GRADUS_API Tensor kaiser_window(int64_t window_length, bool periodic, double beta,
                                const TensorOptions& options = {});

}  // namespace gradus
