#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/arg.h"
#include "core/data/example.h"
#include "core/data/image.h"
#include "core/data/transforms.h"
#include "core/export.h"

namespace gradus::data::transforms {

// Transforms of images [channels, height, width], float32 (0 to 1) or uint8, named as in
// torchvision.transforms. What they draw comes from the sample's own stream (see Note [Random
// streams]), so a sample looks the same for any number of workers and any order. They have a
// template parameter for the target of the example, as Normalize:
//
//     dataset.map(transforms::RandomCrop<>(32, /*padding=*/4))
//            .map(transforms::RandomHorizontalFlip<>())
//            .map(transforms::Normalize<>(0.5, 0.25))
//            .map(transforms::Stack<>());

using image::Interpolation;

/// Height and width: `Resize<>(ImageSize(32, 48))`, or one number for both.
struct ImageSize {
  ImageSize(int64_t side) : height(side), width(side) {}  // NOLINT: converts by design
  ImageSize(int64_t height, int64_t width) : height(height), width(width) {}
  int64_t height, width;
};

/// A range to draw from.
struct Range {
  double low, high;
};

namespace detail {

/// Makes a transform of examples out of a function of images.
template <class Function, class Target>
struct ImageTransform : public TensorTransform<Target>, public Function {
  using Function::Function;
  Tensor operator()(Tensor input) override { return Function::run(std::move(input)); }
};

struct GRADUS_API RandomCropFunction {
  explicit RandomCropFunction(ImageSize size, int64_t padding = 0, double fill = 0);
  Tensor run(const Tensor& x) const;
  ImageSize size;
  int64_t padding;
  double fill;
};

struct GRADUS_API CenterCropFunction {
  explicit CenterCropFunction(ImageSize size, double fill = 0);
  Tensor run(const Tensor& x) const;
  ImageSize size;
  double fill;
};

struct GRADUS_API PadFunction {
  explicit PadFunction(int64_t padding, double fill = 0);
  Tensor run(const Tensor& x) const;
  int64_t padding;
  double fill;
};

struct GRADUS_API RandomHorizontalFlipFunction {
  explicit RandomHorizontalFlipFunction(double p = 0.5);
  Tensor run(Tensor x) const;
  double p;
};

struct GRADUS_API RandomVerticalFlipFunction {
  explicit RandomVerticalFlipFunction(double p = 0.5);
  Tensor run(Tensor x) const;
  double p;
};

struct GRADUS_API ResizeFunction {
  explicit ResizeFunction(ImageSize size, Interpolation interpolation = Interpolation::kBilinear);
  Tensor run(const Tensor& x) const;
  ImageSize size;
  Interpolation interpolation;
};

struct GRADUS_API RandomResizedCropFunction {
  explicit RandomResizedCropFunction(ImageSize size, Range scale = {0.08, 1},
                                     Range ratio = {3.0 / 4, 4.0 / 3},
                                     Interpolation interpolation = Interpolation::kBilinear);
  Tensor run(const Tensor& x) const;
  ImageSize size;
  Range scale, ratio;
  Interpolation interpolation;
};

struct GRADUS_API RandomRotationFunction {
  explicit RandomRotationFunction(double degrees,
                                  Interpolation interpolation = Interpolation::kNearest,
                                  double fill = 0);
  Tensor run(const Tensor& x) const;
  double degrees;
  Interpolation interpolation;
  double fill;
};

}  // namespace detail

/// Settings of RandomAffine.
struct RandomAffineOptions {
  RandomAffineOptions(double degrees) : degrees_(degrees) {}  // NOLINT: converts by design

  /// Rotates by up to so many degrees to either side.
  GRADUS_ARG(double, degrees);
  /// Moves by up to these fractions of the width and height. Default: 0.
  GRADUS_ARG(double, translate_x) = 0;
  GRADUS_ARG(double, translate_y) = 0;
  /// Scales by a factor from this range. Default: 1.
  GRADUS_ARG(Range, scale) = {1, 1};
  /// Shears by up to so many degrees, along x. Default: 0.
  GRADUS_ARG(double, shear) = 0;
  /// Default: kNearest.
  GRADUS_ARG(Interpolation, interpolation) = Interpolation::kNearest;
  /// What lies outside. Default: 0.
  GRADUS_ARG(double, fill) = 0;
};

namespace detail {

struct GRADUS_API RandomAffineFunction {
  explicit RandomAffineFunction(RandomAffineOptions options);
  Tensor run(const Tensor& x) const;
  RandomAffineOptions options;
};

struct GRADUS_API ColorJitterFunction {
  explicit ColorJitterFunction(double brightness = 0, double contrast = 0, double saturation = 0,
                               double hue = 0);
  Tensor run(Tensor x) const;
  double brightness, contrast, saturation, hue;
};

struct GRADUS_API RandomErasingFunction {
  explicit RandomErasingFunction(double p = 0.5, Range scale = {0.02, 0.33},
                                 Range ratio = {0.3, 3.3}, double value = 0);
  Tensor run(Tensor x) const;
  double p;
  Range scale, ratio;
  double value;
};

struct GRADUS_API CutoutFunction {
  explicit CutoutFunction(int64_t side, double value = 0);
  Tensor run(const Tensor& x) const;
  int64_t side;
  double value;
};

struct GRADUS_API RandAugmentFunction {
  explicit RandAugmentFunction(int64_t num_ops = 2, int64_t magnitude = 9,
                               int64_t num_magnitude_bins = 31,
                               Interpolation interpolation = Interpolation::kNearest,
                               double fill = 0);
  Tensor run(Tensor x) const;
  int64_t num_ops, magnitude, num_magnitude_bins;
  Interpolation interpolation;
  double fill;
};

struct GRADUS_API ConvertImageDtypeFunction {
  explicit ConvertImageDtypeFunction(ScalarType dtype = kFloat);
  Tensor run(const Tensor& x) const;
  ScalarType dtype;
};

}  // namespace detail

/// RandomCrop<>(size, padding = 0, fill = 0): a window of the size at a random place of the image
/// with `padding` pixels of `fill` around it. @throws ValueError where the window is larger
template <class Target = Tensor>
using RandomCrop = detail::ImageTransform<detail::RandomCropFunction, Target>;
/// CenterCrop<>(size, fill = 0): the window in the middle; a smaller image is padded.
template <class Target = Tensor>
using CenterCrop = detail::ImageTransform<detail::CenterCropFunction, Target>;
/// Pad<>(padding, fill = 0): so many pixels on all sides.
template <class Target = Tensor>
using Pad = detail::ImageTransform<detail::PadFunction, Target>;
/// RandomHorizontalFlip<>(p = 0.5): mirrors with the probability p.
template <class Target = Tensor>
using RandomHorizontalFlip = detail::ImageTransform<detail::RandomHorizontalFlipFunction, Target>;
/// RandomVerticalFlip<>(p = 0.5)
template <class Target = Tensor>
using RandomVerticalFlip = detail::ImageTransform<detail::RandomVerticalFlipFunction, Target>;
/// Resize<>(size, interpolation = kBilinear); one number is for height and width.
template <class Target = Tensor>
using Resize = detail::ImageTransform<detail::ResizeFunction, Target>;
/// RandomResizedCrop<>(size, scale = {0.08, 1}, ratio = {3/4, 4/3}): a random part of the image
/// with this fraction of its area and ratio of width to height, resized.
template <class Target = Tensor>
using RandomResizedCrop = detail::ImageTransform<detail::RandomResizedCropFunction, Target>;
/// RandomRotation<>(degrees, interpolation = kNearest, fill = 0): by up to so many degrees to
/// either side.
template <class Target = Tensor>
using RandomRotation = detail::ImageTransform<detail::RandomRotationFunction, Target>;
/// RandomAffine<>(RandomAffineOptions(10).translate_x(0.1))
template <class Target = Tensor>
using RandomAffine = detail::ImageTransform<detail::RandomAffineFunction, Target>;
/// ColorJitter<>(brightness = 0, contrast = 0, saturation = 0, hue = 0): factors from [1 - b, 1 +
/// b] and a shift from [-hue, hue], in random order.
template <class Target = Tensor>
using ColorJitter = detail::ImageTransform<detail::ColorJitterFunction, Target>;
/// RandomErasing<>(p = 0.5, scale = {0.02, 0.33}, ratio = {0.3, 3.3}, value = 0): a rectangle
/// within the image (Zhong et al., 2017).
template <class Target = Tensor>
using RandomErasing = detail::ImageTransform<detail::RandomErasingFunction, Target>;
/// Cutout<>(side, value = 0): a square whose center lies anywhere in the image (DeVries and Taylor,
/// 2017).
template <class Target = Tensor>
using Cutout = detail::ImageTransform<detail::CutoutFunction, Target>;
/// RandAugment<>(num_ops = 2, magnitude = 9, num_magnitude_bins = 31): random ops of 14, with
/// torchvision's ranges (Cubuk et al., 2019).
template <class Target = Tensor>
using RandAugment = detail::ImageTransform<detail::RandAugmentFunction, Target>;
/// ConvertImageDtype<>(dtype = kFloat): uint8 to float32 from 0 to 1, or back.
template <class Target = Tensor>
using ConvertImageDtype = detail::ImageTransform<detail::ConvertImageDtypeFunction, Target>;

/// Makes a target, a class, into a float32 vector with a one at its place.
class GRADUS_API OneHot : public Transform<Example<>, Example<>> {
 public:
  /// @throws ValueError for fewer than 1 class
  explicit OneHot(int64_t num_classes);
  ~OneHot() override;
  /// @throws IndexError for a class that is not there
  Example<> apply(Example<> input) override;

 private:
  int64_t num_classes_;
};

/// Mixes each image of a stacked batch with another one, and their targets: x = lambda x_i + (1 -
/// lambda) x_{i-1}, lambda from Beta(alpha, alpha), one per batch (Zhang et al., 2017). Comes after
/// Stack; targets are classes [N] or float vectors [N, num_classes], and become vectors.
class GRADUS_API MixUp : public BatchTransform<Example<>, Example<>> {
 public:
  /// @throws ValueError for fewer than 1 class, alpha <= 0
  explicit MixUp(int64_t num_classes, double alpha = 1);
  ~MixUp() override;
  Example<> apply_batch(Example<> batch) override;

 private:
  int64_t num_classes_;
  double alpha_;
};

/// Puts a rectangle of another image into each image of a stacked batch, and mixes their targets by
/// area (Yun et al., 2019). Otherwise as MixUp.
class GRADUS_API CutMix : public BatchTransform<Example<>, Example<>> {
 public:
  explicit CutMix(int64_t num_classes, double alpha = 1);
  ~CutMix() override;
  Example<> apply_batch(Example<> batch) override;

 private:
  int64_t num_classes_;
  double alpha_;
};

}  // namespace gradus::data::transforms
