#pragma once

#include <cstdint>

#include "autograd/ops/loss.h"
#include "core/tensor.h"

namespace gradus {

// Losses that compare scores with a margin, and others that are built of ops. `reduction` is a
// Reduction; all throw as the losses of loss.h do.

/// For a rate: e^input - target input where log_input, else input - target log(input + eps). `full`
/// adds Stirling's approximation of log(target!), target log target - target + log(2 pi target) /
/// 2, where target > 1.
GRADUS_API Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input,
                                   bool full, double eps, int64_t reduction);

/// Half the negative log likelihood under a normal distribution: (log v + (input - target)^2 / v) /
/// 2 with v = max(var, eps), whose gradient passes as if v were var; `full` adds log(2 pi) / 2.
/// @param var  of the shape of input, or the same with the last dim 1 or missing
/// @throws ValueError for a var of another shape or with negative elements
GRADUS_API Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var,
                                    bool full = false, double eps = 1e-6,
                                    int64_t reduction = Reduction::Mean);

/// max(0, -target (input1 - input2) + margin), for a target of 1 or -1.
GRADUS_API Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2,
                                      const Tensor& target, double margin = 0.0,
                                      int64_t reduction = Reduction::Mean);

/// input where target is 1, max(0, margin - input) where it is -1.
GRADUS_API Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target,
                                       double margin = 1.0, int64_t reduction = Reduction::Mean);

/// log(1 + e^(-target input)), for a target of 1 or -1.
GRADUS_API Tensor soft_margin_loss(const Tensor& input, const Tensor& target,
                                   int64_t reduction = Reduction::Mean);

/// sum_{i != y} weight_y max(0, margin - x_y + x_i)^p / C for scores x and the class y.
/// @param input   [N, C] or [C]
/// @param target  int64 [N] or []
/// @param p       1 or 2
/// @param weight  [C]
/// @throws ValueError for another p, IndexError for a class outside [0, C)
GRADUS_API Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const Scalar& p = 1,
                                    const Scalar& margin = 1, const Tensor& weight = {},
                                    int64_t reduction = Reduction::Mean);

/// sum_{j, i} max(0, 1 - x_{y_j} + x_i) / C over the classes y_j, and all i that are none of them.
/// @param input   [N, C] or [C]
/// @param target  int64 of the same shape: classes, ended by the first -1
GRADUS_API Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                                         int64_t reduction = Reduction::Mean);

/// Mean over the classes (the last dim) of -weight (t log sigmoid(x) + (1 - t) log sigmoid(-x)).
GRADUS_API Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                              const Tensor& weight = {},
                                              int64_t reduction = Reduction::Mean);

/// 1 - cos(a, b) where target is 1, max(0, cos(a, b) - margin) where it is -1.
/// @param input1, input2  [N, D] or [D]
/// @param target          [N] or []
GRADUS_API Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2,
                                        const Tensor& target, double margin = 0.0,
                                        int64_t reduction = Reduction::Mean);

/// max(0, margin + d(anchor, positive) - d(anchor, negative)), d = pairwise_distance(p, eps). With
/// `swap` the smaller of d(anchor, negative) and d(positive, negative). Balntas et al. 2016.
GRADUS_API Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive,
                                      const Tensor& negative, double margin = 1.0, double p = 2,
                                      double eps = 1e-6, bool swap = false,
                                      int64_t reduction = Reduction::Mean);

}  // namespace gradus
