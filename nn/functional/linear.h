#pragma once

#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::functional {

/// x W^T + b, as the op of the same name: see autograd/ops/matmul.h.
GRADUS_API Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});

/// See Bilinear.
GRADUS_API Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight,
                           const Tensor& bias = {});

}  // namespace gradus::nn::functional
