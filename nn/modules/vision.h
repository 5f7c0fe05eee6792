#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <variant>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/enums.h"
#include "nn/expanding_array.h"
#include "nn/module.h"

namespace gradus::nn {

/// How Upsample finds values between elements.
using UpsampleMode =
    std::variant<enumtype::kNearest, enumtype::kLinear, enumtype::kBilinear, enumtype::kBicubic,
                 enumtype::kTrilinear, enumtype::kNearestExact>;

/// Settings of Upsample; size or scale_factor, each one number for all spatial dims, or one for
/// each.
struct GRADUS_API UpsampleOptions {
  /// Sizes of the output.
  GRADUS_ARG(std::optional<std::vector<int64_t>>, size) = std::nullopt;
  /// Sizes of the output over those of the input.
  GRADUS_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
  /// kNearest, kNearestExact, kLinear (3-d input), kBilinear, kBicubic (4-d), kTrilinear (5-d).
  /// Default: kNearest
  GRADUS_ARG(UpsampleMode, mode) = kNearest;
  /// Whether the centres of the first and last elements fall together. Default: false
  GRADUS_ARG(std::optional<bool>, align_corners) = std::nullopt;
};

/// [N, C, spatial...] in another size; see functional::interpolate.
class GRADUS_API UpsampleImpl : public Cloneable<UpsampleImpl> {
 public:
  explicit UpsampleImpl(UpsampleOptions options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  UpsampleOptions options;
};
GRADUS_MODULE(Upsample);

/// Settings of UpsamplingNearest2d and UpsamplingBilinear2d; one of the two.
struct GRADUS_API Upsampling2dOptions {
  /// Sizes of the output.
  GRADUS_ARG(std::optional<std::vector<int64_t>>, size) = std::nullopt;
  /// Sizes of the output over those of the input.
  GRADUS_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
};
using UpsamplingNearest2dOptions = Upsampling2dOptions;
using UpsamplingBilinear2dOptions = Upsampling2dOptions;

/// [N, C, H, W] in another size, each element the nearest.
class GRADUS_API UpsamplingNearest2dImpl : public Cloneable<UpsamplingNearest2dImpl> {
 public:
  explicit UpsamplingNearest2dImpl(Upsampling2dOptions options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  Upsampling2dOptions options;
};
GRADUS_MODULE(UpsamplingNearest2d);

/// [N, C, H, W] in another size, bilinear with align_corners.
class GRADUS_API UpsamplingBilinear2dImpl : public Cloneable<UpsamplingBilinear2dImpl> {
 public:
  explicit UpsamplingBilinear2dImpl(Upsampling2dOptions options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  Upsampling2dOptions options;
};
GRADUS_MODULE(UpsamplingBilinear2d);

/// Settings of Fold.
struct GRADUS_API FoldOptions {
  FoldOptions(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size)
      : output_size_(output_size), kernel_size_(kernel_size) {}
  /// Rows and columns of the image.
  GRADUS_ARG(ExpandingArray<2>, output_size);
  /// Size of the windows.
  GRADUS_ARG(ExpandingArray<2>, kernel_size);
  /// Distance between the elements of a window. Default: 1
  GRADUS_ARG(ExpandingArray<2>, dilation) = 1;
  /// Zeros around the image. Default: 0
  GRADUS_ARG(ExpandingArray<2>, padding) = 0;
  /// Step of the windows. Default: 1
  GRADUS_ARG(ExpandingArray<2>, stride) = 1;
};

/// Adds windows [N, C kH kW, L] up to an image [N, C, output_size]: the adjoint of Unfold.
class GRADUS_API FoldImpl : public Cloneable<FoldImpl> {
 public:
  FoldImpl(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size);
  explicit FoldImpl(const FoldOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  FoldOptions options;
};
GRADUS_MODULE(Fold);

/// Settings of Unfold.
struct GRADUS_API UnfoldOptions {
  UnfoldOptions(ExpandingArray<2> kernel_size) : kernel_size_(kernel_size) {}
  /// Size of the windows.
  GRADUS_ARG(ExpandingArray<2>, kernel_size);
  /// Distance between the elements of a window. Default: 1
  GRADUS_ARG(ExpandingArray<2>, dilation) = 1;
  /// Zeros around the image. Default: 0
  GRADUS_ARG(ExpandingArray<2>, padding) = 0;
  /// Step of the windows. Default: 1
  GRADUS_ARG(ExpandingArray<2>, stride) = 1;
};

/// The windows of an image [N, C, H, W] as columns [N, C kH kW, L].
class GRADUS_API UnfoldImpl : public Cloneable<UnfoldImpl> {
 public:
  UnfoldImpl(ExpandingArray<2> kernel_size);
  explicit UnfoldImpl(const UnfoldOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  UnfoldOptions options;
};
GRADUS_MODULE(Unfold);

}  // namespace gradus::nn
