#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <variant>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/enums.h"
#include "nn/expanding_array.h"
#include "nn/module.h"

namespace gradus::nn {

/// Padding of a convolution: numbers of rows and columns, kSame (output as large as the input,
/// stride 1) or kValid (none).
template <size_t D>
class ConvPadding {
 public:
  enum class Kind : uint8_t { Explicit, Same, Valid };
  ConvPadding(int64_t value) : values_(value) {}
  ConvPadding(std::initializer_list<int64_t> values) : values_(values) {}
  ConvPadding(ExpandingArray<D> values) : values_(values) {}
  ConvPadding(enumtype::kSame) : values_(0), kind_(Kind::Same) {}
  ConvPadding(enumtype::kValid) : values_(0), kind_(Kind::Valid) {}
  Kind kind() const { return kind_; }
  const ExpandingArray<D>& values() const { return values_; }

 private:
  ExpandingArray<D> values_;
  Kind kind_ = Kind::Explicit;
};

/// What is put around the input: zeros, its reflection, its edge, or its other side.
using ConvPaddingMode =
    std::variant<enumtype::kZeros, enumtype::kReflect, enumtype::kReplicate, enumtype::kCircular>;

/// Settings of a convolution over D dims.
template <size_t D>
struct ConvOptions {
  ConvOptions(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  /// Channels of the input.
  GRADUS_ARG(int64_t, in_channels);
  /// Channels of the output.
  GRADUS_ARG(int64_t, out_channels);
  /// Size of the kernel.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Step of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<D>, stride) = 1;
  /// Padding on both sides. Default: 0
  GRADUS_ARG(ConvPadding<D>, padding) = 0;
  /// Distance between the elements of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<D>, dilation) = 1;
  /// Groups of channels that are convolved apart; in_channels groups are a depthwise convolution.
  /// Default: 1
  GRADUS_ARG(int64_t, groups) = 1;
  /// Whether a bias is added. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// What the padding is filled with. Default: kZeros
  GRADUS_ARG(ConvPaddingMode, padding_mode) = kZeros;
};
using Conv2dOptions = ConvOptions<2>;

/// y[n, o] = b[o] + sum_c W[o, c] * x[n, c], where * is the cross-correlation over height and
/// width.
///
/// x is [N, C, H, W] or [C, H, W], W [out_channels, in_channels / groups, kH, kW]; y has
/// floor((H + 2 padding - dilation (kH - 1) - 1) / stride) + 1 rows, and channels-last strides (see
/// MemoryFormat). W and b start uniform in [-l, l], l = 1 / sqrt(in_channels / groups * kH * kW).
class GRADUS_API Conv2dImpl : public Cloneable<Conv2dImpl> {
 public:
  Conv2dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<2> kernel_size)
      : Conv2dImpl(Conv2dOptions(in_channels, out_channels, kernel_size)) {}
  /// @throws ValueError where groups do not divide the channels, or a size is not positive
  explicit Conv2dImpl(const Conv2dOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  Conv2dOptions options;
  Tensor weight;
  Tensor bias;
};
GRADUS_MODULE(Conv2d);

}  // namespace gradus::nn
