#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// How a loss over a batch becomes one number, or none.
namespace Reduction {
enum Reduction : int64_t { None, Mean, Sum };
}

// Losses. All take a Reduction and throw ValueError for another number. The mean over an empty
// batch, or over one whose targets are all ignored, is NaN, as in PyTorch. 16-bit floats are
// computed in float32.

// --- a loss for each element

// Shapes broadcast and dtypes promote, except where the loss says otherwise. With d = input -
// target:

/// d^2.
GRADUS_API Tensor mse_loss(const Tensor& input, const Tensor& target,
                           int64_t reduction = Reduction::Mean);
/// |d|. The gradient is 0 where d is.
GRADUS_API Tensor l1_loss(const Tensor& input, const Tensor& target,
                          int64_t reduction = Reduction::Mean);
/// d^2 / (2 beta) where |d| < beta, else |d| - beta / 2. @throws ValueError for beta < 0
GRADUS_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                                 int64_t reduction = Reduction::Mean, double beta = 1.0);
/// d^2 / 2 where |d| < delta, else delta (|d| - delta / 2). @throws ValueError for delta <= 0
GRADUS_API Tensor huber_loss(const Tensor& input, const Tensor& target,
                             int64_t reduction = Reduction::Mean, double delta = 1.0);

/// -weight (t log x + (1 - t) log(1 - x)) for probabilities x and t of equal shape, each logarithm
/// at least -100. The gradient is (x - t) / max(x (1 - x), 1e-12).
/// @throws ValueError for an input or target outside [0, 1], Error where the shapes differ
GRADUS_API Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                                       const Tensor& weight = {},
                                       int64_t reduction = Reduction::Mean);
/// The same of sigmoid(input), computed without overflow; the first term counts pos_weight times.
/// weight and pos_weight broadcast. @throws Error where the shapes of input and target differ
GRADUS_API Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                                   const Tensor& weight = {},
                                                   const Tensor& pos_weight = {},
                                                   int64_t reduction = Reduction::Mean);
/// target (log(target) - input) for log-probabilities in input, or exp(target) (target - input)
/// where target is a logarithm too. 0 where the target is 0.
GRADUS_API Tensor kl_div(const Tensor& input, const Tensor& target,
                         int64_t reduction = Reduction::Mean, bool log_target = false);

// --- a loss for each example

/// -weight[t] input[t], for log-probabilities in input and the class t in target.
///
/// A target of `ignore_index` counts nothing; the mean is taken over the weights of the others.
/// @param input   [C], [N, C] or [N, C, d1, ...]
/// @param target  [], [N] or [N, d1, ...]: int64 or uint8
/// @param weight  [C], of the dtype of input; no gradient flows to it
/// @throws IndexError for a target outside [0, C), Error for shapes that do not fit, TypeError for
/// another dtype of target
GRADUS_API Tensor nll_loss(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                           int64_t reduction = Reduction::Mean, int64_t ignore_index = -100);

/// -sum_c weight_c q_c log softmax(input)_c over the class dim; the loss and its gradient are
/// computed in one pass.
///
/// For classes in `target`, shaped as in nll_loss, q is (1 - label_smoothing) one-hot plus
/// label_smoothing / C, and the mean is taken over the weights of the targets. For a floating-point
/// target of the shape of input, q is (1 - label_smoothing) target + label_smoothing / C, and the
/// mean is taken over N and d1, ...
/// @throws as nll_loss, and ValueError for label_smoothing outside [0, 1] and for probabilities
/// with an ignore_index that is not negative
GRADUS_API Tensor cross_entropy(const Tensor& input, const Tensor& target,
                                const Tensor& weight = {}, int64_t reduction = Reduction::Mean,
                                int64_t ignore_index = -100, double label_smoothing = 0.0);

}  // namespace gradus
