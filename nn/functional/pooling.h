#pragma once

#include <tuple>

#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/pooling.h"

namespace gradus::nn::functional {

using AdaptiveAvgPool2dFuncOptions = AdaptiveAvgPool2dOptions;
using AvgPool2dFuncOptions = AvgPool2dOptions;
using MaxPool2dFuncOptions = MaxPool2dOptions;

/// See MaxPool2d.
GRADUS_API Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options);
/// (maxima, their places in the flattened H x W plane)
GRADUS_API std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input,
                                                              const MaxPool2dFuncOptions& options);
/// See AvgPool2d.
GRADUS_API Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options);
/// See AdaptiveAvgPool2d.
GRADUS_API Tensor adaptive_avg_pool2d(const Tensor& input,
                                      const AdaptiveAvgPool2dFuncOptions& options);

}  // namespace gradus::nn::functional
