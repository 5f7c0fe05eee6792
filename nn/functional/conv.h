#pragma once

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/conv.h"

namespace gradus::nn::functional {

/// Settings of conv2d.
struct GRADUS_API Conv2dFuncOptions {
  /// Bias, [out_channels]. Default: none
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// Step of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<2>, stride) = 1;
  /// Padding on both sides. Default: 0
  GRADUS_ARG(ConvPadding<2>, padding) = 0;
  /// Distance between the elements of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<2>, dilation) = 1;
  /// Groups of channels that are convolved apart. Default: 1
  GRADUS_ARG(int64_t, groups) = 1;
};

/// See Conv2d. @param weight [out_channels, in_channels / groups, kH, kW]
GRADUS_API Tensor conv2d(const Tensor& input, const Tensor& weight,
                         const Conv2dFuncOptions& options = {});

}  // namespace gradus::nn::functional
