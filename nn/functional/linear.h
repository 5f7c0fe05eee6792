#pragma once

#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::functional {

/// x W^T + b, as the op of the same name: see autograd/ops/matmul.h.
GRADUS_API Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});

}  // namespace gradus::nn::functional
