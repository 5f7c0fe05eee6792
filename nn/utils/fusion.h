#pragma once

#include <utility>

#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/conv.h"
#include "nn/modules/linear.h"
#include "nn/modules/normalization.h"

namespace gradus::nn::utils {

/// Weight and bias of a convolution that does what the convolution and a batch norm behind it do in
/// eval mode: w gamma / sqrt(var + eps) and (b - mean) gamma / sqrt(var + eps) + beta.
/// @param conv_bias, bn_weight, bn_bias  may be undefined
GRADUS_API std::pair<Tensor, Tensor> fuse_conv_bn_weights(
    const Tensor& conv_weight, const Tensor& conv_bias, const Tensor& running_mean,
    const Tensor& running_var, double eps, const Tensor& bn_weight, const Tensor& bn_bias);
/// The same for a linear layer: the first dim of the weight is that of the channels, too.
GRADUS_API std::pair<Tensor, Tensor> fuse_linear_bn_weights(
    const Tensor& weight, const Tensor& bias, const Tensor& running_mean, const Tensor& running_var,
    double eps, const Tensor& bn_weight, const Tensor& bn_bias);

/// One layer for a convolution and the batch norm behind it, both in eval mode.
/// @throws Error where one is in training mode or the batch norm keeps no running statistics
GRADUS_API Conv2d fuse_conv_bn_eval(const Conv2d& conv, const BatchNorm2d& bn);
GRADUS_API Linear fuse_linear_bn_eval(const Linear& linear, const BatchNorm1d& bn);

}  // namespace gradus::nn::utils
