#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/vision.h"

namespace gradus::nn::functional {

using FoldFuncOptions = FoldOptions;
using UnfoldFuncOptions = UnfoldOptions;

/// See Fold.
GRADUS_API Tensor fold(const Tensor& input, const FoldFuncOptions& options);
/// See Unfold.
GRADUS_API Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options);

/// Settings of interpolate; size or scale_factor, each one number for all spatial dims, or one for
/// each.
struct GRADUS_API InterpolateFuncOptions {
  using mode_t =
      std::variant<enumtype::kNearest, enumtype::kLinear, enumtype::kBilinear, enumtype::kBicubic,
                   enumtype::kTrilinear, enumtype::kArea, enumtype::kNearestExact>;
  /// Sizes of the output.
  GRADUS_ARG(std::optional<std::vector<int64_t>>, size) = std::nullopt;
  /// Sizes of the output over those of the input; they are rounded down.
  GRADUS_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
  /// kNearest, kNearestExact, kArea, kLinear (3-d input), kBilinear, kBicubic (4-d), kTrilinear
  /// (5-d). Default: kNearest
  GRADUS_ARG(mode_t, mode) = kNearest;
  /// Whether the centres of the first and last elements fall together. Default: false
  GRADUS_ARG(std::optional<bool>, align_corners) = std::nullopt;
  /// Whether the sizes, and not scale_factor, say how far elements are apart. Default: false
  GRADUS_ARG(std::optional<bool>, recompute_scale_factor) = std::nullopt;
  /// Whether a smaller output averages over all that it stands for, so that fine patterns do not
  /// turn into coarse ones; with kBilinear and kBicubic. Default: false
  GRADUS_ARG(bool, antialias) = false;
};

/// input [N, C, spatial...] in another size; kArea: means of the windows that cover it.
/// @throws ValueError unless exactly one of size and scale_factor is given, and for align_corners
/// with kNearest, kNearestExact or kArea, or antialias with other modes than kBilinear and
/// kBicubic; NotImplementedError for a mode that does not exist for the rank
GRADUS_API Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& options = {});

/// Settings of grid_sample.
struct GRADUS_API GridSampleFuncOptions {
  using mode_t = std::variant<enumtype::kBilinear, enumtype::kNearest, enumtype::kBicubic>;
  using padding_mode_t = std::variant<enumtype::kZeros, enumtype::kBorder, enumtype::kReflection>;
  /// kBilinear, kNearest or (4-d) kBicubic. Default: kBilinear
  GRADUS_ARG(mode_t, mode) = kBilinear;
  /// What lies outside of the image. Default: kZeros
  GRADUS_ARG(padding_mode_t, padding_mode) = kZeros;
  /// Whether -1 and 1 are the centres of the outer elements. Default: false
  GRADUS_ARG(std::optional<bool>, align_corners) = std::nullopt;
};

/// See gradus::grid_sampler.
GRADUS_API Tensor grid_sample(const Tensor& input, const Tensor& grid,
                              const GridSampleFuncOptions& options = {});
/// See gradus::affine_grid_generator.
GRADUS_API Tensor affine_grid(const Tensor& theta, IntArrayRef size, bool align_corners = false);

}  // namespace gradus::nn::functional
