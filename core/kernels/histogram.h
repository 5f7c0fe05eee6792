#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

/// How often each of 0 .. bins - 1 is among the elements of x, or the sum of their weights: int64,
/// or the dtype of weights.
/// @param x        int64, row-major, all in [0, bins)
/// @param weights  float or double, row-major, of as many elements as x; or undefined
Tensor bincount(const Tensor& x, const Tensor& weights, int64_t bins);

/// How many elements of x lie in each of `bins` intervals of equal length from min to max, which
/// belongs to the last one; NaN and what is outside are left out. dtype of x, which is row-major
/// and of floating point.
Tensor histc(const Tensor& x, int64_t bins, double min, double max);

}  // namespace gradus::kernel
