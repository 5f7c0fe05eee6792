#pragma once

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/conv.h"

namespace gradus::nn::functional {

/// Settings of conv1d, conv2d and conv3d.
template <size_t D>
struct ConvFuncOptions {
  using padding_t = ConvPadding<D>;
  /// Bias, [out_channels]. Default: none
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// Step of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<D>, stride) = 1;
  /// Padding on both sides. Default: 0
  GRADUS_ARG(ConvPadding<D>, padding) = 0;
  /// Distance between the elements of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<D>, dilation) = 1;
  /// Groups of channels that are convolved apart. Default: 1
  GRADUS_ARG(int64_t, groups) = 1;
};
using Conv1dFuncOptions = ConvFuncOptions<1>;
using Conv2dFuncOptions = ConvFuncOptions<2>;
using Conv3dFuncOptions = ConvFuncOptions<3>;

/// See Conv1d. @param weight [out_channels, in_channels / groups, kernel]
GRADUS_API Tensor conv1d(const Tensor& input, const Tensor& weight,
                         const Conv1dFuncOptions& options = {});
/// See Conv2d. @param weight [out_channels, in_channels / groups, kH, kW]
GRADUS_API Tensor conv2d(const Tensor& input, const Tensor& weight,
                         const Conv2dFuncOptions& options = {});
/// See Conv3d. @param weight [out_channels, in_channels / groups, kD, kH, kW]
GRADUS_API Tensor conv3d(const Tensor& input, const Tensor& weight,
                         const Conv3dFuncOptions& options = {});

/// Settings of conv_transpose1d, 2d and 3d.
template <size_t D>
struct ConvTransposeFuncOptions {
  /// Bias, [out_channels]. Default: none
  GRADUS_ARG(Tensor, bias) = Tensor();
  /// How far apart the elements of the input are put. Default: 1
  GRADUS_ARG(ExpandingArray<D>, stride) = 1;
  /// What is cut off on both sides. Default: 0
  GRADUS_ARG(ExpandingArray<D>, padding) = 0;
  /// What is added at one end. Default: 0
  GRADUS_ARG(ExpandingArray<D>, output_padding) = 0;
  /// Groups of channels that are convolved apart. Default: 1
  GRADUS_ARG(int64_t, groups) = 1;
  /// Distance between the elements of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<D>, dilation) = 1;
};
using ConvTranspose1dFuncOptions = ConvTransposeFuncOptions<1>;
using ConvTranspose2dFuncOptions = ConvTransposeFuncOptions<2>;
using ConvTranspose3dFuncOptions = ConvTransposeFuncOptions<3>;

/// See ConvTranspose1d. @param weight [in_channels, out_channels / groups, kernel]
GRADUS_API Tensor conv_transpose1d(const Tensor& input, const Tensor& weight,
                                   const ConvTranspose1dFuncOptions& options = {});
/// See ConvTranspose2d. @param weight [in_channels, out_channels / groups, kH, kW]
GRADUS_API Tensor conv_transpose2d(const Tensor& input, const Tensor& weight,
                                   const ConvTranspose2dFuncOptions& options = {});
/// See ConvTranspose3d. @param weight [in_channels, out_channels / groups, kD, kH, kW]
GRADUS_API Tensor conv_transpose3d(const Tensor& input, const Tensor& weight,
                                   const ConvTranspose3dFuncOptions& options = {});

namespace detail {
/// A convolution over D dims whose padding is filled as `mode` says.
template <size_t D>
Tensor convolution(const Tensor& input, const Tensor& weight, const ConvFuncOptions<D>& options,
                   const ConvPaddingMode& mode);
}  // namespace detail

}  // namespace gradus::nn::functional
