#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

/// Zeros in the last two dims of x, contiguous, where column - row > diagonal.
void clear_above(const Tensor& x, int64_t diagonal);
/// Zeros where column - row < diagonal.
void clear_below(const Tensor& x, int64_t diagonal);

}  // namespace gradus::kernel
