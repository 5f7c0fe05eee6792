#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// (a . b) / (max(|a|, eps) max(|b|, eps)) along dim; shapes broadcast.
GRADUS_API Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, int64_t dim = 1,
                                    double eps = 1e-8);

/// The p-norm of a - b + eps along the last dim; shapes broadcast.
GRADUS_API Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p = 2,
                                    double eps = 1e-6, bool keepdim = false);

/// The p-norms between all pairs of rows i < j of x [N, M]: [N (N - 1) / 2].
/// @throws ValueError for p < 0
GRADUS_API Tensor pdist(const Tensor& x, double p = 2);

}  // namespace gradus
