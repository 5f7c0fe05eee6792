#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// @throws Error for an undefined tensor, TypeError for an input of integers, ValueError for a
/// number that is no Reduction
void check_loss(const char* op, const Tensor& input, const Tensor& target, int64_t reduction);

/// The loss itself, its mean or its sum.
Tensor reduce_loss(const Tensor& loss, int64_t reduction);

}  // namespace gradus
