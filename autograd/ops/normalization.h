#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

// Normalization. `weight` and `bias` may be undefined; 16-bit floats are computed in float32. The
// backward of each is one fused pass; recorded itself (create_graph) it consists of ops.
// cudnn_enabled concerns GPUs: it is there for callers that give it, and has no effect.

/// y = (x - mean) / sqrt(var + eps) * weight + bias for each channel (dim 1).
///
/// In training mean and variance (divided by n) are those of x over all other dims, and running
/// statistics, where given, become (1 - momentum) running + momentum batch, with the variance
/// divided by n - 1. Otherwise they are the running statistics. Ioffe and Szegedy 2015.
///
/// @param x      [N, C, ...], any rank from 2; the result has its order of memory
/// @param weight, bias, running_mean, running_var  [C]
/// @throws Error where a parameter has not C elements, or running statistics are missing outside of
/// training; ValueError in training for eps <= 0 or a single value per channel
GRADUS_API Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                             const Tensor& running_mean, const Tensor& running_var, bool training,
                             double momentum, double eps, bool cudnn_enabled = true);

/// batch_norm of each sample by itself: statistics over the dims from 2 on, for each n and c.
/// @param use_input_stats  false: the running statistics
GRADUS_API Tensor instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                const Tensor& running_mean, const Tensor& running_var,
                                bool use_input_stats, double momentum, double eps,
                                bool cudnn_enabled = true);

/// y = (x - mean) / sqrt(var + eps) * weight + bias over the last dims. Ba, Kiros and Hinton 2016.
/// @param normalized_shape  sizes of those dims, and of weight and bias
/// @throws Error where shapes do not agree
GRADUS_API Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape,
                             const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5,
                             bool cudnn_enable = true);

/// y = (x - mean) / sqrt(var + eps) * weight + bias, with statistics for each sample over each of
/// `num_groups` groups of channels and the dims from 2 on. Wu and He 2018.
/// @param x             [N, C, ...]
/// @param weight, bias  [C]
/// @throws Error where num_groups does not divide C or shapes do not agree; ValueError for a single
/// value per group
GRADUS_API Tensor group_norm(const Tensor& x, int64_t num_groups, const Tensor& weight = {},
                             const Tensor& bias = {}, double eps = 1e-5, bool cudnn_enabled = true);

/// y = x / sqrt(mean(x^2) + eps) * weight over the last dims. Zhang and Sennrich 2019.
/// @param eps  default: the machine epsilon of x's dtype
GRADUS_API Tensor rms_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight = {},
                           std::optional<double> eps = std::nullopt);

}  // namespace gradus
