#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <variant>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/any_module.h"
#include "nn/enums.h"
#include "nn/expanding_array.h"
#include "nn/lazy_options.h"

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
struct ConvOptions : detail::LazyOptions {
  using padding_t = ConvPadding<D>;
  using padding_mode_t = ConvPaddingMode;
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
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;
using Conv3dOptions = ConvOptions<3>;

/// Settings of a transposed convolution over D dims.
template <size_t D>
struct ConvTransposeOptions : detail::LazyOptions {
  using padding_mode_t = ConvPaddingMode;
  ConvTransposeOptions(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  /// Channels of the input.
  GRADUS_ARG(int64_t, in_channels);
  /// Channels of the output.
  GRADUS_ARG(int64_t, out_channels);
  /// Size of the kernel.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// How far apart the elements of the input are put. Default: 1
  GRADUS_ARG(ExpandingArray<D>, stride) = 1;
  /// What is cut off on both sides. Default: 0
  GRADUS_ARG(ExpandingArray<D>, padding) = 0;
  /// What is added at one end; smaller than stride or dilation. Default: 0
  GRADUS_ARG(ExpandingArray<D>, output_padding) = 0;
  /// Groups of channels that are convolved apart. Default: 1
  GRADUS_ARG(int64_t, groups) = 1;
  /// Whether a bias is added. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// Distance between the elements of the kernel. Default: 1
  GRADUS_ARG(ExpandingArray<D>, dilation) = 1;
  /// Only kZeros. Default: kZeros
  GRADUS_ARG(ConvPaddingMode, padding_mode) = kZeros;
};
using ConvTranspose1dOptions = ConvTransposeOptions<1>;
using ConvTranspose2dOptions = ConvTransposeOptions<2>;
using ConvTranspose3dOptions = ConvTransposeOptions<3>;

/// What Conv1d, Conv2d and Conv3d share:
/// y[n, o] = b[o] + sum_c W[o, c] * x[n, c], where * is the cross-correlation over the spatial
/// dims.
///
/// x is [N, C, spatial...] or [C, spatial...], W [out_channels, in_channels / groups, kernel...]; y
/// has floor((in + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 elements in each spatial
/// dim, and channels-last strides (see MemoryFormat). W and b start uniform in [-l, l],
/// l = 1 / sqrt(in_channels / groups * kernel elements).
template <size_t D, class Derived>
class ConvNdImpl : public Cloneable<Derived> {
 public:
  /// @throws ValueError where groups do not divide the channels, or a size is not positive
  explicit ConvNdImpl(const ConvOptions<D>& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;

  ConvOptions<D> options;
  Tensor weight;
  Tensor bias;

 protected:
  Tensor convolve(const Tensor& input);

 private:
  void infer_in_channels(const Tensor& input);
};

class Conv1dImpl;
class Conv2dImpl;
class Conv3dImpl;
extern template class GRADUS_API ConvNdImpl<1, Conv1dImpl>;
extern template class GRADUS_API ConvNdImpl<2, Conv2dImpl>;
extern template class GRADUS_API ConvNdImpl<3, Conv3dImpl>;

/// Convolution of [N, C, L] or [C, L]; see ConvNdImpl.
class GRADUS_API Conv1dImpl : public ConvNdImpl<1, Conv1dImpl> {
 public:
  Conv1dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<1> kernel_size);
  explicit Conv1dImpl(const Conv1dOptions& options);
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Conv1d);

/// Convolution of [N, C, H, W] or [C, H, W]; see ConvNdImpl.
class GRADUS_API Conv2dImpl : public ConvNdImpl<2, Conv2dImpl> {
 public:
  Conv2dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<2> kernel_size);
  explicit Conv2dImpl(const Conv2dOptions& options);
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Conv2d);

/// Convolution of [N, C, D, H, W] or [C, D, H, W]; see ConvNdImpl.
class GRADUS_API Conv3dImpl : public ConvNdImpl<3, Conv3dImpl> {
 public:
  Conv3dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<3> kernel_size);
  explicit Conv3dImpl(const Conv3dOptions& options);
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Conv3d);

/// What ConvTranspose1d, 2d and 3d share: the map from the output of a convolution with weight
/// W [in_channels, out_channels / groups, kernel...] to its input, plus a bias.
///
/// x is [N, C, spatial...] or [C, spatial...]; y has (in - 1) stride - 2 padding + dilation (kernel
/// - 1) + output_padding + 1 elements in each spatial dim. W and b start uniform in [-l, l],
/// l = 1 / sqrt(out_channels / groups * kernel elements). Zeiler et al. 2010.
template <size_t D, class Derived>
class ConvTransposeNdImpl : public Cloneable<Derived> {
 public:
  /// @throws ValueError where groups do not divide the channels, or a size is not positive
  explicit ConvTransposeNdImpl(const ConvTransposeOptions<D>& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;

  ConvTransposeOptions<D> options;
  Tensor weight;
  Tensor bias;

 protected:
  Tensor convolve(const Tensor& input, const std::optional<IntArrayRef>& output_size);
  /// The output_padding that makes the output as large as asked for.
  std::array<int64_t, D> output_padding_for(const Tensor& input, IntArrayRef output_size) const;

 private:
  void infer_in_channels(const Tensor& input);
};

class ConvTranspose1dImpl;
class ConvTranspose2dImpl;
class ConvTranspose3dImpl;
extern template class GRADUS_API ConvTransposeNdImpl<1, ConvTranspose1dImpl>;
extern template class GRADUS_API ConvTransposeNdImpl<2, ConvTranspose2dImpl>;
extern template class GRADUS_API ConvTransposeNdImpl<3, ConvTranspose3dImpl>;

/// Transposed convolution of [N, C, L] or [C, L]; see ConvTransposeNdImpl.
class GRADUS_API ConvTranspose1dImpl : public ConvTransposeNdImpl<1, ConvTranspose1dImpl> {
 public:
  ConvTranspose1dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<1> kernel_size);
  explicit ConvTranspose1dImpl(const ConvTranspose1dOptions& options);
  /// @param output_size  sizes of the spatial dims (or of all), where the stride leaves a choice
  /// @throws ValueError where no output_padding makes the output that large
  Tensor forward(const Tensor& input, const std::optional<IntArrayRef>& output_size = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<IntArrayRef>())})
};
GRADUS_MODULE(ConvTranspose1d);

/// Transposed convolution of [N, C, H, W] or [C, H, W]; see ConvTransposeNdImpl.
class GRADUS_API ConvTranspose2dImpl : public ConvTransposeNdImpl<2, ConvTranspose2dImpl> {
 public:
  ConvTranspose2dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<2> kernel_size);
  explicit ConvTranspose2dImpl(const ConvTranspose2dOptions& options);
  /// @param output_size  sizes of the spatial dims (or of all), where the stride leaves a choice
  /// @throws ValueError where no output_padding makes the output that large
  Tensor forward(const Tensor& input, const std::optional<IntArrayRef>& output_size = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<IntArrayRef>())})
};
GRADUS_MODULE(ConvTranspose2d);

/// Transposed convolution of [N, C, D, H, W] or [C, D, H, W]; see ConvTransposeNdImpl.
class GRADUS_API ConvTranspose3dImpl : public ConvTransposeNdImpl<3, ConvTranspose3dImpl> {
 public:
  ConvTranspose3dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<3> kernel_size);
  explicit ConvTranspose3dImpl(const ConvTranspose3dOptions& options);
  /// @param output_size  sizes of the spatial dims (or of all), where the stride leaves a choice
  /// @throws ValueError where no output_padding makes the output that large
  Tensor forward(const Tensor& input, const std::optional<IntArrayRef>& output_size = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<IntArrayRef>())})
};
GRADUS_MODULE(ConvTranspose3d);

}  // namespace gradus::nn
