#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// Which integers a pooling takes besides floating-point numbers, as PyTorch's does.
enum class Integers { None, Long, All };
/// @throws TypeError naming op for another dtype; Bool is none of them
void check_pooled_dtype(const char* op, const Tensor& x, Integers integers);

/// a times + plus, or the largest int64 where that overflows: the check that follows refuses it.
int64_t saturating(int64_t a, int64_t times, int64_t plus);

/// How a window slides along one dim of an input.
struct SlidingDim {
  int64_t in, kernel, stride, padding, dilation;
};

/// How many places the window has: floor((in + 2 padding - dilation (kernel - 1) - 1) / stride) +
/// 1; rounded up instead where `ceil_mode`, but for a window that would begin beyond the input.
/// @throws ValueError naming op where kernel, stride or dilation is below 1, padding is negative or
/// more than half of the window, or the window does not fit into the padded input of `x`
int64_t pooled_size(const char* op, const Tensor& x, const SlidingDim& dim, bool ceil_mode);

}  // namespace gradus
