#pragma once

#include <optional>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"

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

}  // namespace gradus::nn::functional
