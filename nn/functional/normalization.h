#pragma once

#include <optional>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/normalization.h"

namespace gradus::nn::functional {

/// Settings of batch_norm.
struct GRADUS_API BatchNormFuncOptions {
  /// Factor of each channel, [C]. Default: 1
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Added to each channel, [C]. Default: 0
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// Whether the statistics of the batch are used, and the running ones updated. Default: false
  GRADUS_ARG(bool, training) = false;
  /// Weight of the batch in the running statistics. Default: 0.1
  GRADUS_ARG(std::optional<double>, momentum) = 0.1;
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
};

/// See BatchNorm2d. @param running_mean, running_var [C]; may be undefined in training
GRADUS_API Tensor batch_norm(const Tensor& input, const Tensor& running_mean,
                             const Tensor& running_var, const BatchNormFuncOptions& options = {});

/// Settings of layer_norm.
struct GRADUS_API LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}
  /// Sizes of the last dims, over which is normalized.
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);
  /// Factor, normalized_shape. Default: 1
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Added, normalized_shape. Default: 0
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
};

/// See LayerNorm.
GRADUS_API Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);

/// Settings of instance_norm.
struct GRADUS_API InstanceNormFuncOptions {
  /// Running mean of each channel, [C]. Default: none
  GRADUS_ARG(Tensor, running_mean) = Tensor();
  /// Running variance of each channel, [C]. Default: none
  GRADUS_ARG(Tensor, running_var) = Tensor();
  /// Factor of each channel, [C]. Default: 1
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Added to each channel, [C]. Default: 0
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// Whether the statistics of the input are used, not the running ones. Default: true
  GRADUS_ARG(bool, use_input_stats) = true;
  /// Weight of the input in the running statistics. Default: 0.1
  GRADUS_ARG(double, momentum) = 0.1;
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
};

/// See InstanceNorm2d.
GRADUS_API Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options = {});

/// Settings of group_norm.
struct GRADUS_API GroupNormFuncOptions {
  GroupNormFuncOptions(int64_t num_groups) : num_groups_(num_groups) {}
  /// Into how many groups the channels are divided.
  GRADUS_ARG(int64_t, num_groups);
  /// Factor of each channel, [C]. Default: 1
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Added to each channel, [C]. Default: 0
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
};

/// See GroupNorm.
GRADUS_API Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options);

/// See RMSNorm.
GRADUS_API Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape,
                           const Tensor& weight = {}, std::optional<double> eps = std::nullopt);

using LocalResponseNormFuncOptions = LocalResponseNormOptions;

/// See LocalResponseNorm. @param input  [N, C, ...] of at least 3 dims
/// @throws ValueError unless size is positive
GRADUS_API Tensor local_response_norm(const Tensor& input,
                                      const LocalResponseNormFuncOptions& options);

/// Settings of normalize.
struct GRADUS_API NormalizeFuncOptions {
  /// Order of the norm. Default: 2.0
  GRADUS_ARG(double, p) = 2.0;
  /// Dim whose vectors are divided by their norm. Default: 1
  GRADUS_ARG(int64_t, dim) = 1;
  /// Least divisor. Default: 1e-12
  GRADUS_ARG(double, eps) = 1e-12;
  /// Written to and returned, where given; then without a gradient. Default: none
  GRADUS_ARG(std::optional<Tensor>, out) = std::nullopt;
};

/// x / max(|x|_p, eps) along dim.
GRADUS_API Tensor normalize(const Tensor& input, const NormalizeFuncOptions& options = {});

}  // namespace gradus::nn::functional
