#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/pooling.h"

namespace gradus::nn::functional {

// Pooling as functions; each takes the settings of its module, which documents it. The second form
// of a maximum gives (maxima, their places in the flattened spatial dims).

using AdaptiveAvgPool1dFuncOptions = AdaptiveAvgPool1dOptions;
using AdaptiveAvgPool2dFuncOptions = AdaptiveAvgPool2dOptions;
using AdaptiveAvgPool3dFuncOptions = AdaptiveAvgPool3dOptions;
using AdaptiveMaxPool1dFuncOptions = AdaptiveMaxPool1dOptions;
using AdaptiveMaxPool2dFuncOptions = AdaptiveMaxPool2dOptions;
using AdaptiveMaxPool3dFuncOptions = AdaptiveMaxPool3dOptions;
using AvgPool1dFuncOptions = AvgPool1dOptions;
using AvgPool2dFuncOptions = AvgPool2dOptions;
using AvgPool3dFuncOptions = AvgPool3dOptions;
using MaxPool1dFuncOptions = MaxPool1dOptions;
using MaxPool2dFuncOptions = MaxPool2dOptions;
using MaxPool3dFuncOptions = MaxPool3dOptions;
using LPPool1dFuncOptions = LPPool1dOptions;
using LPPool2dFuncOptions = LPPool2dOptions;
using LPPool3dFuncOptions = LPPool3dOptions;
using FractionalMaxPool2dFuncOptions = FractionalMaxPool2dOptions;
using FractionalMaxPool3dFuncOptions = FractionalMaxPool3dOptions;

/// Settings of max_unpool1d, 2d and 3d.
template <size_t D>
struct MaxUnpoolFuncOptions {
  MaxUnpoolFuncOptions(ExpandingArray<D> kernel_size)
      : kernel_size_(kernel_size), stride_(kernel_size) {}
  /// Size of the window of the pooling that is undone.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Its step. Default: kernel_size
  GRADUS_ARG(ExpandingArray<D>, stride);
  /// Its padding. Default: 0
  GRADUS_ARG(ExpandingArray<D>, padding) = 0;
  /// Sizes of the spatial dims, or of all, where the stride leaves a choice.
  GRADUS_ARG(std::optional<std::vector<int64_t>>, output_size) = std::nullopt;
};
using MaxUnpool1dFuncOptions = MaxUnpoolFuncOptions<1>;
using MaxUnpool2dFuncOptions = MaxUnpoolFuncOptions<2>;
using MaxUnpool3dFuncOptions = MaxUnpoolFuncOptions<3>;

GRADUS_API Tensor max_pool1d(const Tensor& input, const MaxPool1dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& input,
                                                              const MaxPool1dFuncOptions& options);
GRADUS_API Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input,
                                                              const MaxPool2dFuncOptions& options);
GRADUS_API Tensor max_pool3d(const Tensor& input, const MaxPool3dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& input,
                                                              const MaxPool3dFuncOptions& options);
GRADUS_API Tensor avg_pool1d(const Tensor& input, const AvgPool1dFuncOptions& options);
GRADUS_API Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options);
GRADUS_API Tensor avg_pool3d(const Tensor& input, const AvgPool3dFuncOptions& options);
GRADUS_API Tensor adaptive_avg_pool1d(const Tensor& input,
                                      const AdaptiveAvgPool1dFuncOptions& options);
GRADUS_API Tensor adaptive_avg_pool2d(const Tensor& input,
                                      const AdaptiveAvgPool2dFuncOptions& options);
GRADUS_API Tensor adaptive_avg_pool3d(const Tensor& input,
                                      const AdaptiveAvgPool3dFuncOptions& options);
GRADUS_API Tensor adaptive_max_pool1d(const Tensor& input,
                                      const AdaptiveMaxPool1dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> adaptive_max_pool1d_with_indices(
    const Tensor& input, const AdaptiveMaxPool1dFuncOptions& options);
GRADUS_API Tensor adaptive_max_pool2d(const Tensor& input,
                                      const AdaptiveMaxPool2dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> adaptive_max_pool2d_with_indices(
    const Tensor& input, const AdaptiveMaxPool2dFuncOptions& options);
GRADUS_API Tensor adaptive_max_pool3d(const Tensor& input,
                                      const AdaptiveMaxPool3dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> adaptive_max_pool3d_with_indices(
    const Tensor& input, const AdaptiveMaxPool3dFuncOptions& options);
GRADUS_API Tensor fractional_max_pool2d(const Tensor& input,
                                        const FractionalMaxPool2dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> fractional_max_pool2d_with_indices(
    const Tensor& input, const FractionalMaxPool2dFuncOptions& options);
GRADUS_API Tensor fractional_max_pool3d(const Tensor& input,
                                        const FractionalMaxPool3dFuncOptions& options);
GRADUS_API std::tuple<Tensor, Tensor> fractional_max_pool3d_with_indices(
    const Tensor& input, const FractionalMaxPool3dFuncOptions& options);
GRADUS_API Tensor lp_pool1d(const Tensor& input, const LPPool1dFuncOptions& options);
GRADUS_API Tensor lp_pool2d(const Tensor& input, const LPPool2dFuncOptions& options);
GRADUS_API Tensor lp_pool3d(const Tensor& input, const LPPool3dFuncOptions& options);
GRADUS_API Tensor max_unpool1d(const Tensor& input, const Tensor& indices,
                               const MaxUnpool1dFuncOptions& options);
GRADUS_API Tensor max_unpool2d(const Tensor& input, const Tensor& indices,
                               const MaxUnpool2dFuncOptions& options);
GRADUS_API Tensor max_unpool3d(const Tensor& input, const Tensor& indices,
                               const MaxUnpool3dFuncOptions& options);

}  // namespace gradus::nn::functional
