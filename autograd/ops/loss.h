#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// How a loss over a batch becomes one number, or none.
namespace Reduction {
enum Reduction : int64_t { None, Mean, Sum };
}

// Losses. `input` and `target` broadcast where the loss is element-wise. The mean over an empty
// batch, or over one whose targets are all ignored, is NaN, as in PyTorch.

/// (input - target)^2.
GRADUS_API Tensor mse_loss(const Tensor& input, const Tensor& target,
                           int64_t reduction = Reduction::Mean);
/// |input - target|.
GRADUS_API Tensor l1_loss(const Tensor& input, const Tensor& target,
                          int64_t reduction = Reduction::Mean);
/// d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = input - target. @throws
/// ValueError for beta < 0
GRADUS_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                                 int64_t reduction = Reduction::Mean, double beta = 1.0);
/// d^2 / 2 where |d| < delta, else delta (|d| - delta / 2). @throws ValueError for delta <= 0
GRADUS_API Tensor huber_loss(const Tensor& input, const Tensor& target,
                             int64_t reduction = Reduction::Mean, double delta = 1.0);
/// -weight (target log(input) + (1 - target) log(1 - input)), each logarithm at least -100.
/// @throws ValueError for an input outside [0, 1], Error where the shapes differ
GRADUS_API Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                                       const Tensor& weight = {},
                                       int64_t reduction = Reduction::Mean);
/// The same of sigmoid(input), computed without overflow; pos_weight scales the first term.
GRADUS_API Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                                   const Tensor& weight = {},
                                                   const Tensor& pos_weight = {},
                                                   int64_t reduction = Reduction::Mean);
/// target (log(target) - input), or exp(target) (target - input) where target is a logarithm.
GRADUS_API Tensor kl_div(const Tensor& input, const Tensor& target,
                         int64_t reduction = Reduction::Mean, bool log_target = false);

/// -weight[target] input[target]: input holds log-probabilities [N, C], [C] or [N, C, d1...],
/// target classes [N], [] or [N, d1...] as int64. The mean is weighted by weight[target]; a target
/// of ignore_index counts nothing.
/// @throws IndexError for a target outside [0, C), Error for shapes that do not fit, TypeError for
/// another dtype of target
GRADUS_API Tensor nll_loss(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                           int64_t reduction = Reduction::Mean, int64_t ignore_index = -100);
/// nll_loss of log_softmax(input) over the class dim. With label_smoothing e the target is (1 - e)
/// one-hot + e / C. A target of the shape and kind of input holds probabilities: -sum_c weight_c
/// target_c log_softmax(input)_c, the mean taken over N.
/// @throws as nll_loss, and ValueError for label_smoothing outside [0, 1]
GRADUS_API Tensor cross_entropy(const Tensor& input, const Tensor& target,
                                const Tensor& weight = {}, int64_t reduction = Reduction::Mean,
                                int64_t ignore_index = -100, double label_smoothing = 0.0);

}  // namespace gradus
