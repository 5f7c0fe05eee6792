#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <tuple>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/any_module.h"
#include "nn/expanding_array.h"

namespace gradus::nn {

// Inputs are [N, C, spatial...] or [C, spatial...].

// --- maxima

/// Settings of MaxPool1d, 2d and 3d.
template <size_t D>
struct MaxPoolOptions {
  MaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}
  /// Size of the window.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Step of the window. Default: kernel_size
  GRADUS_ARG(ExpandingArray<D>, stride);
  /// Minus infinities around the input; at most half of the window. Default: 0
  GRADUS_ARG(ExpandingArray<D>, padding) = 0;
  /// Distance between the elements of the window. Default: 1
  GRADUS_ARG(ExpandingArray<D>, dilation) = 1;
  /// Whether a window may reach over the end. Default: false
  GRADUS_ARG(bool, ceil_mode) = false;
};
using MaxPool1dOptions = MaxPoolOptions<1>;
using MaxPool2dOptions = MaxPoolOptions<2>;
using MaxPool3dOptions = MaxPoolOptions<3>;

/// The maximum of each window: floor((in + 2 padding - dilation (kernel_size - 1) - 1) / stride) +
/// 1 in each of 1 dim.
class GRADUS_API MaxPool1dImpl : public Cloneable<MaxPool1dImpl> {
 public:
  MaxPool1dImpl(ExpandingArray<1> kernel_size);
  explicit MaxPool1dImpl(const MaxPool1dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  MaxPool1dOptions options;
};
GRADUS_MODULE(MaxPool1d);

/// The maximum of each window: floor((in + 2 padding - dilation (kernel_size - 1) - 1) / stride) +
/// 1 in each of 2 dims.
class GRADUS_API MaxPool2dImpl : public Cloneable<MaxPool2dImpl> {
 public:
  MaxPool2dImpl(ExpandingArray<2> kernel_size);
  explicit MaxPool2dImpl(const MaxPool2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  MaxPool2dOptions options;
};
GRADUS_MODULE(MaxPool2d);

/// The maximum of each window: floor((in + 2 padding - dilation (kernel_size - 1) - 1) / stride) +
/// 1 in each of 3 dims.
class GRADUS_API MaxPool3dImpl : public Cloneable<MaxPool3dImpl> {
 public:
  MaxPool3dImpl(ExpandingArray<3> kernel_size);
  explicit MaxPool3dImpl(const MaxPool3dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  MaxPool3dOptions options;
};
GRADUS_MODULE(MaxPool3d);

/// Settings of MaxUnpool1d, 2d and 3d.
template <size_t D>
struct MaxUnpoolOptions {
  MaxUnpoolOptions(ExpandingArray<D> kernel_size)
      : kernel_size_(kernel_size), stride_(kernel_size) {}
  /// Size of the window of the pooling that is undone.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Its step. Default: kernel_size
  GRADUS_ARG(ExpandingArray<D>, stride);
  /// Its padding. Default: 0
  GRADUS_ARG(ExpandingArray<D>, padding) = 0;
};
using MaxUnpool1dOptions = MaxUnpoolOptions<1>;
using MaxUnpool2dOptions = MaxUnpoolOptions<2>;
using MaxUnpool3dOptions = MaxUnpoolOptions<3>;

/// Puts maxima back to where MaxPool1d found them, among zeros: (in - 1) stride - 2 padding +
/// kernel_size elements in each dim, or output_size.
class GRADUS_API MaxUnpool1dImpl : public Cloneable<MaxUnpool1dImpl> {
 public:
  MaxUnpool1dImpl(ExpandingArray<1> kernel_size);
  explicit MaxUnpool1dImpl(const MaxUnpool1dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& indices,
                 const std::optional<std::vector<int64_t>>& output_size = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(std::optional<std::vector<int64_t>>())})

  MaxUnpool1dOptions options;
};
GRADUS_MODULE(MaxUnpool1d);

/// Puts maxima back to where MaxPool2d found them, among zeros: (in - 1) stride - 2 padding +
/// kernel_size elements in each dim, or output_size.
class GRADUS_API MaxUnpool2dImpl : public Cloneable<MaxUnpool2dImpl> {
 public:
  MaxUnpool2dImpl(ExpandingArray<2> kernel_size);
  explicit MaxUnpool2dImpl(const MaxUnpool2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& indices,
                 const std::optional<std::vector<int64_t>>& output_size = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(std::optional<std::vector<int64_t>>())})

  MaxUnpool2dOptions options;
};
GRADUS_MODULE(MaxUnpool2d);

/// Puts maxima back to where MaxPool3d found them, among zeros: (in - 1) stride - 2 padding +
/// kernel_size elements in each dim, or output_size.
class GRADUS_API MaxUnpool3dImpl : public Cloneable<MaxUnpool3dImpl> {
 public:
  MaxUnpool3dImpl(ExpandingArray<3> kernel_size);
  explicit MaxUnpool3dImpl(const MaxUnpool3dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& indices,
                 const std::optional<std::vector<int64_t>>& output_size = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(std::optional<std::vector<int64_t>>())})

  MaxUnpool3dOptions options;
};
GRADUS_MODULE(MaxUnpool3d);

// --- means

/// Settings of AvgPool1d, 2d and 3d.
template <size_t D>
struct AvgPoolOptions {
  AvgPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}
  /// Size of the window.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Step of the window. Default: kernel_size
  GRADUS_ARG(ExpandingArray<D>, stride);
  /// Zeros around the input; at most half of the window. Default: 0
  GRADUS_ARG(ExpandingArray<D>, padding) = 0;
  /// Whether a window may reach over the end. Default: false
  GRADUS_ARG(bool, ceil_mode) = false;
  /// Whether the zeros of the padding count in the mean. Default: true
  GRADUS_ARG(bool, count_include_pad) = true;
  /// What to divide by instead of the window's size; not for one dim.
  GRADUS_ARG(std::optional<int64_t>, divisor_override) = std::nullopt;
};
using AvgPool1dOptions = AvgPoolOptions<1>;
using AvgPool2dOptions = AvgPoolOptions<2>;
using AvgPool3dOptions = AvgPoolOptions<3>;

/// The mean of each window, in 1 dim.
class GRADUS_API AvgPool1dImpl : public Cloneable<AvgPool1dImpl> {
 public:
  AvgPool1dImpl(ExpandingArray<1> kernel_size);
  explicit AvgPool1dImpl(const AvgPool1dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AvgPool1dOptions options;
};
GRADUS_MODULE(AvgPool1d);

/// The mean of each window, in 2 dims.
class GRADUS_API AvgPool2dImpl : public Cloneable<AvgPool2dImpl> {
 public:
  AvgPool2dImpl(ExpandingArray<2> kernel_size);
  explicit AvgPool2dImpl(const AvgPool2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AvgPool2dOptions options;
};
GRADUS_MODULE(AvgPool2d);

/// The mean of each window, in 3 dims.
class GRADUS_API AvgPool3dImpl : public Cloneable<AvgPool3dImpl> {
 public:
  AvgPool3dImpl(ExpandingArray<3> kernel_size);
  explicit AvgPool3dImpl(const AvgPool3dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AvgPool3dOptions options;
};
GRADUS_MODULE(AvgPool3d);

// --- adaptive pooling

/// The size of an adaptive pooling's output in each dim, where nullopt keeps the input's.
template <size_t D>
class AdaptiveOutputSize {
 public:
  AdaptiveOutputSize(int64_t size) { sizes_.fill(size); }
  /// @throws Error unless there are D values, or one
  AdaptiveOutputSize(std::initializer_list<std::optional<int64_t>> sizes) {
    gradus::detail::check_expandable("output_size", sizes.size(), D);
    for (size_t i = 0; i < D; ++i) sizes_[i] = *(sizes.begin() + (sizes.size() == 1 ? 0 : i));
  }
  AdaptiveOutputSize(ExpandingArray<D> sizes) {
    for (size_t i = 0; i < D; ++i) sizes_[i] = sizes[i];
  }
  const std::optional<int64_t>& operator[](size_t i) const { return sizes_[i]; }

 private:
  std::array<std::optional<int64_t>, D> sizes_;
};
using OutputSize2d = AdaptiveOutputSize<2>;

/// Settings of AdaptiveAvgPool1d, 2d and 3d.
template <size_t D>
struct AdaptiveAvgPoolOptions {
  AdaptiveAvgPoolOptions(AdaptiveOutputSize<D> output_size) : output_size_(output_size) {}
  /// Sizes of the output.
  GRADUS_ARG(AdaptiveOutputSize<D>, output_size);
};
using AdaptiveAvgPool1dOptions = AdaptiveAvgPoolOptions<1>;
using AdaptiveAvgPool2dOptions = AdaptiveAvgPoolOptions<2>;
using AdaptiveAvgPool3dOptions = AdaptiveAvgPoolOptions<3>;

/// Settings of AdaptiveMaxPool1d, 2d and 3d.
template <size_t D>
struct AdaptiveMaxPoolOptions {
  AdaptiveMaxPoolOptions(AdaptiveOutputSize<D> output_size) : output_size_(output_size) {}
  /// Sizes of the output.
  GRADUS_ARG(AdaptiveOutputSize<D>, output_size);
};
using AdaptiveMaxPool1dOptions = AdaptiveMaxPoolOptions<1>;
using AdaptiveMaxPool2dOptions = AdaptiveMaxPoolOptions<2>;
using AdaptiveMaxPool3dOptions = AdaptiveMaxPoolOptions<3>;

/// Means of windows that cover the input: output i of a dim takes floor(i in / out) to ceil((i + 1)
/// in / out).
class GRADUS_API AdaptiveAvgPool1dImpl : public Cloneable<AdaptiveAvgPool1dImpl> {
 public:
  AdaptiveAvgPool1dImpl(AdaptiveOutputSize<1> output_size);
  AdaptiveAvgPool1dImpl(std::initializer_list<std::optional<int64_t>> output_size);
  explicit AdaptiveAvgPool1dImpl(const AdaptiveAvgPool1dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AdaptiveAvgPool1dOptions options;
};

/// Holds an AdaptiveAvgPool1dImpl.
class AdaptiveAvgPool1d : public ModuleHolder<AdaptiveAvgPool1dImpl> {
 public:
  using ModuleHolder<AdaptiveAvgPool1dImpl>::ModuleHolder;
  GRADUS_API AdaptiveAvgPool1d(std::initializer_list<std::optional<int64_t>> output_size);
};

/// Means of windows that cover the input: output i of a dim takes floor(i in / out) to ceil((i + 1)
/// in / out).
class GRADUS_API AdaptiveAvgPool2dImpl : public Cloneable<AdaptiveAvgPool2dImpl> {
 public:
  AdaptiveAvgPool2dImpl(AdaptiveOutputSize<2> output_size);
  AdaptiveAvgPool2dImpl(std::initializer_list<std::optional<int64_t>> output_size);
  explicit AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AdaptiveAvgPool2dOptions options;
};

/// Holds an AdaptiveAvgPool2dImpl.
class AdaptiveAvgPool2d : public ModuleHolder<AdaptiveAvgPool2dImpl> {
 public:
  using ModuleHolder<AdaptiveAvgPool2dImpl>::ModuleHolder;
  GRADUS_API AdaptiveAvgPool2d(std::initializer_list<std::optional<int64_t>> output_size);
};

/// Means of windows that cover the input: output i of a dim takes floor(i in / out) to ceil((i + 1)
/// in / out).
class GRADUS_API AdaptiveAvgPool3dImpl : public Cloneable<AdaptiveAvgPool3dImpl> {
 public:
  AdaptiveAvgPool3dImpl(AdaptiveOutputSize<3> output_size);
  AdaptiveAvgPool3dImpl(std::initializer_list<std::optional<int64_t>> output_size);
  explicit AdaptiveAvgPool3dImpl(const AdaptiveAvgPool3dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  AdaptiveAvgPool3dOptions options;
};

/// Holds an AdaptiveAvgPool3dImpl.
class AdaptiveAvgPool3d : public ModuleHolder<AdaptiveAvgPool3dImpl> {
 public:
  using ModuleHolder<AdaptiveAvgPool3dImpl>::ModuleHolder;
  GRADUS_API AdaptiveAvgPool3d(std::initializer_list<std::optional<int64_t>> output_size);
};

/// Maxima of windows that cover the input: output i of a dim takes floor(i in / out) to ceil((i +
/// 1) in / out).
class GRADUS_API AdaptiveMaxPool1dImpl : public Cloneable<AdaptiveMaxPool1dImpl> {
 public:
  AdaptiveMaxPool1dImpl(AdaptiveOutputSize<1> output_size);
  AdaptiveMaxPool1dImpl(std::initializer_list<std::optional<int64_t>> output_size);
  explicit AdaptiveMaxPool1dImpl(const AdaptiveMaxPool1dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  AdaptiveMaxPool1dOptions options;
};

/// Holds an AdaptiveMaxPool1dImpl.
class AdaptiveMaxPool1d : public ModuleHolder<AdaptiveMaxPool1dImpl> {
 public:
  using ModuleHolder<AdaptiveMaxPool1dImpl>::ModuleHolder;
  GRADUS_API AdaptiveMaxPool1d(std::initializer_list<std::optional<int64_t>> output_size);
};

/// Maxima of windows that cover the input: output i of a dim takes floor(i in / out) to ceil((i +
/// 1) in / out).
class GRADUS_API AdaptiveMaxPool2dImpl : public Cloneable<AdaptiveMaxPool2dImpl> {
 public:
  AdaptiveMaxPool2dImpl(AdaptiveOutputSize<2> output_size);
  AdaptiveMaxPool2dImpl(std::initializer_list<std::optional<int64_t>> output_size);
  explicit AdaptiveMaxPool2dImpl(const AdaptiveMaxPool2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  AdaptiveMaxPool2dOptions options;
};

/// Holds an AdaptiveMaxPool2dImpl.
class AdaptiveMaxPool2d : public ModuleHolder<AdaptiveMaxPool2dImpl> {
 public:
  using ModuleHolder<AdaptiveMaxPool2dImpl>::ModuleHolder;
  GRADUS_API AdaptiveMaxPool2d(std::initializer_list<std::optional<int64_t>> output_size);
};

/// Maxima of windows that cover the input: output i of a dim takes floor(i in / out) to ceil((i +
/// 1) in / out).
class GRADUS_API AdaptiveMaxPool3dImpl : public Cloneable<AdaptiveMaxPool3dImpl> {
 public:
  AdaptiveMaxPool3dImpl(AdaptiveOutputSize<3> output_size);
  AdaptiveMaxPool3dImpl(std::initializer_list<std::optional<int64_t>> output_size);
  explicit AdaptiveMaxPool3dImpl(const AdaptiveMaxPool3dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  AdaptiveMaxPool3dOptions options;
};

/// Holds an AdaptiveMaxPool3dImpl.
class AdaptiveMaxPool3d : public ModuleHolder<AdaptiveMaxPool3dImpl> {
 public:
  using ModuleHolder<AdaptiveMaxPool3dImpl>::ModuleHolder;
  GRADUS_API AdaptiveMaxPool3d(std::initializer_list<std::optional<int64_t>> output_size);
};

// --- windows at random distances

/// Settings of FractionalMaxPool2d and 3d.
template <size_t D>
struct FractionalMaxPoolOptions {
  FractionalMaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size) {}
  using OptionalRatio = std::optional<ExpandingArray<D, double>>;
  /// Size of the window.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Sizes of the output; this or output_ratio.
  GRADUS_ARG(std::optional<ExpandingArray<D>>, output_size) = std::nullopt;
  /// Sizes of the output as parts, in (0, 1), of those of the input.
  GRADUS_ARG(OptionalRatio, output_ratio) = std::nullopt;
  /// What is drawn otherwise: uniform in [0, 1), [N, C, D].
  GRADUS_ARG(Tensor, _random_samples) = Tensor();
};
using FractionalMaxPool2dOptions = FractionalMaxPoolOptions<2>;
using FractionalMaxPool3dOptions = FractionalMaxPoolOptions<3>;

/// The maxima of windows of kernel_size elements, at random distances that give an output of the
/// wanted sizes. Graham 2014.
class GRADUS_API FractionalMaxPool2dImpl : public Cloneable<FractionalMaxPool2dImpl> {
 public:
  FractionalMaxPool2dImpl(ExpandingArray<2> kernel_size);
  /// @throws ValueError unless one of output_size and output_ratio is given, ratios in (0, 1)
  explicit FractionalMaxPool2dImpl(FractionalMaxPool2dOptions options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  FractionalMaxPool2dOptions options;
};
GRADUS_MODULE(FractionalMaxPool2d);

/// The maxima of windows of kernel_size elements, at random distances that give an output of the
/// wanted sizes. Graham 2014.
class GRADUS_API FractionalMaxPool3dImpl : public Cloneable<FractionalMaxPool3dImpl> {
 public:
  FractionalMaxPool3dImpl(ExpandingArray<3> kernel_size);
  /// @throws ValueError unless one of output_size and output_ratio is given, ratios in (0, 1)
  explicit FractionalMaxPool3dImpl(FractionalMaxPool3dOptions options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  /// (maxima, their places in the flattened spatial dims)
  std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  FractionalMaxPool3dOptions options;
};
GRADUS_MODULE(FractionalMaxPool3d);

// --- power means

/// Settings of LPPool1d, 2d and 3d.
template <size_t D>
struct LPPoolOptions {
  LPPoolOptions(double norm_type, ExpandingArray<D> kernel_size)
      : norm_type_(norm_type), kernel_size_(kernel_size), stride_(kernel_size) {}
  /// The power p.
  GRADUS_ARG(double, norm_type);
  /// Size of the window.
  GRADUS_ARG(ExpandingArray<D>, kernel_size);
  /// Step of the window. Default: kernel_size
  GRADUS_ARG(ExpandingArray<D>, stride);
  /// Whether a window may reach over the end. Default: false
  GRADUS_ARG(bool, ceil_mode) = false;
};
using LPPool1dOptions = LPPoolOptions<1>;
using LPPool2dOptions = LPPoolOptions<2>;
using LPPool3dOptions = LPPoolOptions<3>;

/// (sum x^p)^(1/p) over each window, in 1 dim.
class GRADUS_API LPPool1dImpl : public Cloneable<LPPool1dImpl> {
 public:
  LPPool1dImpl(double norm_type, ExpandingArray<1> kernel_size);
  explicit LPPool1dImpl(const LPPool1dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LPPool1dOptions options;
};
GRADUS_MODULE(LPPool1d);

/// (sum x^p)^(1/p) over each window, in 2 dims.
class GRADUS_API LPPool2dImpl : public Cloneable<LPPool2dImpl> {
 public:
  LPPool2dImpl(double norm_type, ExpandingArray<2> kernel_size);
  explicit LPPool2dImpl(const LPPool2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LPPool2dOptions options;
};
GRADUS_MODULE(LPPool2d);

/// (sum x^p)^(1/p) over each window, in 3 dims.
class GRADUS_API LPPool3dImpl : public Cloneable<LPPool3dImpl> {
 public:
  LPPool3dImpl(double norm_type, ExpandingArray<3> kernel_size);
  explicit LPPool3dImpl(const LPPool3dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LPPool3dOptions options;
};
GRADUS_MODULE(LPPool3d);

}  // namespace gradus::nn
