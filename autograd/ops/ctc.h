#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// Connectionist temporal classification: -log of the probability that a sequence of symbols, read
/// off log_probs [T, N, C] (or [T, C]) and freed of repetitions and blanks, is the target. Graves
/// et al. 2006.
///
/// The gradient is that of logits behind a log_softmax, as PyTorch has it: e^log_probs minus the
/// share of each symbol.
/// @param targets         int64 (or int32) [N, S] with any padding, or all targets one after
/// another
/// @param input_lengths   how many steps of each sequence count: int64 [N]
/// @param target_lengths  int64 [N]
/// @param blank           the class of the blank
/// @param reduction       kNone (0), kMean (1): each loss divided by its target's length, and their
/// mean; kSum (2)
/// @param zero_infinity   whether losses of impossible targets, and their gradients, become 0
/// @throws ValueError for lengths out of range; IndexError for symbols out of range
GRADUS_API Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets,
                           const Tensor& input_lengths, const Tensor& target_lengths,
                           int64_t blank = 0, int64_t reduction = 1, bool zero_infinity = false);

/// The same with the lengths as lists.
GRADUS_API Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets,
                           IntArrayRef input_lengths, IntArrayRef target_lengths, int64_t blank = 0,
                           int64_t reduction = 1, bool zero_infinity = false);

}  // namespace gradus
