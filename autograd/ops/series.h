#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

// Series of observations.

/// x_(i+1) - x_i along dim, n times over; `prepend` and `append` are put before and behind x first.
/// Booleans are compared: whether neighbours differ. With n greater than the size nothing is left.
/// @throws Error for a 0-d x or where the other sizes of prepend or append differ; ValueError for
/// n < 0
GRADUS_API Tensor diff(const Tensor& x, int64_t n = 1, int64_t dim = -1, const Tensor& prepend = {},
                       const Tensor& append = {});

/// The covariance of the rows of x, [variables, observations]: [variables, variables]; of one
/// variable, [observations], 0-d. Observations count fweights (integers) times, and aweights
/// (floating-point) much. The sum of squares is divided by w - correction, w being the number of
/// observations; with aweights a by sum(w) - correction sum(w a) / sum(w).
/// @throws Error for more than two dims or weights of another shape, TypeError for weights of
/// another dtype, ValueError for negative weights
GRADUS_API Tensor cov(const Tensor& x, int64_t correction = 1, const Tensor& fweights = {},
                      const Tensor& aweights = {});
/// cov_ij / sqrt(cov_ii cov_jj), between -1 and 1. @throws Error for more than two dims
GRADUS_API Tensor corrcoef(const Tensor& x);

}  // namespace gradus
