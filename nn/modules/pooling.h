#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <tuple>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/expanding_array.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of MaxPool2d.
struct GRADUS_API MaxPool2dOptions {
  MaxPool2dOptions(ExpandingArray<2> kernel_size)
      : kernel_size_(kernel_size), stride_(kernel_size) {}
  /// Size of the window.
  GRADUS_ARG(ExpandingArray<2>, kernel_size);
  /// Step of the window. Default: kernel_size
  GRADUS_ARG(ExpandingArray<2>, stride);
  /// Minus infinities around the input; at most half of the window. Default: 0
  GRADUS_ARG(ExpandingArray<2>, padding) = 0;
  /// Distance between the elements of the window. Default: 1
  GRADUS_ARG(ExpandingArray<2>, dilation) = 1;
  /// Whether a window may reach over the end. Default: false
  GRADUS_ARG(bool, ceil_mode) = false;
};

/// The maximum of each window: [N, C, H, W] or [C, H, W] becomes [..., H', W'],
/// H' = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.
class GRADUS_API MaxPool2dImpl : public Cloneable<MaxPool2dImpl> {
 public:
  MaxPool2dImpl(ExpandingArray<2> kernel_size) : MaxPool2dImpl(MaxPool2dOptions(kernel_size)) {}
  explicit MaxPool2dImpl(const MaxPool2dOptions& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened H x W plane)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  MaxPool2dOptions options;
};
GRADUS_MODULE(MaxPool2d);

/// Settings of AvgPool2d.
struct GRADUS_API AvgPool2dOptions {
  AvgPool2dOptions(ExpandingArray<2> kernel_size)
      : kernel_size_(kernel_size), stride_(kernel_size) {}
  /// Size of the window.
  GRADUS_ARG(ExpandingArray<2>, kernel_size);
  /// Step of the window. Default: kernel_size
  GRADUS_ARG(ExpandingArray<2>, stride);
  /// Zeros around the input; at most half of the window. Default: 0
  GRADUS_ARG(ExpandingArray<2>, padding) = 0;
  /// Whether a window may reach over the end. Default: false
  GRADUS_ARG(bool, ceil_mode) = false;
  /// Whether the zeros of the padding count in the mean. Default: true
  GRADUS_ARG(bool, count_include_pad) = true;
  /// What to divide by instead of the window's size.
  GRADUS_ARG(std::optional<int64_t>, divisor_override) = std::nullopt;
};

/// The mean of each window.
class GRADUS_API AvgPool2dImpl : public Cloneable<AvgPool2dImpl> {
 public:
  AvgPool2dImpl(ExpandingArray<2> kernel_size) : AvgPool2dImpl(AvgPool2dOptions(kernel_size)) {}
  explicit AvgPool2dImpl(const AvgPool2dOptions& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AvgPool2dOptions options;
};
GRADUS_MODULE(AvgPool2d);

/// The size of an adaptive pooling's output: rows and columns, where nullopt keeps the input's.
class OutputSize2d {
 public:
  OutputSize2d(int64_t size) : sizes_{size, size} {}
  OutputSize2d(std::initializer_list<std::optional<int64_t>> sizes) {
    GRADUS_CHECK(sizes.size() == 1 || sizes.size() == 2,
                 "output_size: expected one or 2 values, got {}", sizes.size());
    sizes_ = {*sizes.begin(), *(sizes.end() - 1)};
  }
  OutputSize2d(ExpandingArray<2> sizes) : sizes_{sizes[0], sizes[1]} {}
  const std::optional<int64_t>& operator[](size_t i) const { return sizes_[i]; }

 private:
  std::array<std::optional<int64_t>, 2> sizes_;
};

/// Settings of AdaptiveAvgPool2d.
struct GRADUS_API AdaptiveAvgPool2dOptions {
  AdaptiveAvgPool2dOptions(OutputSize2d output_size) : output_size_(output_size) {}
  /// Rows and columns of the output.
  GRADUS_ARG(OutputSize2d, output_size);
};

/// Means of windows that cover the input: output row i averages rows floor(i H / H') to ceil((i +
/// 1) H / H').
class GRADUS_API AdaptiveAvgPool2dImpl : public Cloneable<AdaptiveAvgPool2dImpl> {
 public:
  AdaptiveAvgPool2dImpl(OutputSize2d output_size)
      : AdaptiveAvgPool2dImpl(AdaptiveAvgPool2dOptions(output_size)) {}
  AdaptiveAvgPool2dImpl(std::initializer_list<std::optional<int64_t>> output_size)
      : AdaptiveAvgPool2dImpl(OutputSize2d(output_size)) {}
  explicit AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AdaptiveAvgPool2dOptions options;
};

/// Holds an AdaptiveAvgPool2dImpl.
class AdaptiveAvgPool2d : public ModuleHolder<AdaptiveAvgPool2dImpl> {
 public:
  using ModuleHolder<AdaptiveAvgPool2dImpl>::ModuleHolder;
  AdaptiveAvgPool2d(std::initializer_list<std::optional<int64_t>> output_size)
      : ModuleHolder(std::make_shared<AdaptiveAvgPool2dImpl>(output_size)) {}
};

}  // namespace gradus::nn
