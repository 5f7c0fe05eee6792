#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace gradus::kernel {

/// The targets of a batch, one after another.
struct CtcTargets {
  std::vector<int64_t> symbols;
  std::vector<int64_t> offsets;  // where each target begins
  std::vector<int64_t> lengths;
  std::vector<int64_t> input_lengths;
  int64_t blank = 0;
};

/// -log p(target) of each sequence [N] of log_probs [T, N, C], row-major; infinity where no path
/// leads to the target. And what ctc_backward() needs of the way there.
struct CtcLoss {
  Tensor loss, table;
};
CtcLoss ctc(const Tensor& log_probs, const CtcTargets& targets);

/// dloss times e^log_probs minus the share of each symbol [T, N, C], with the table that ctc()
/// returned; zero behind a sequence's length, and where dloss is 0.
Tensor ctc_backward(const Tensor& dloss, const Tensor& table, const Tensor& log_probs,
                    const CtcTargets& targets);

}  // namespace gradus::kernel
