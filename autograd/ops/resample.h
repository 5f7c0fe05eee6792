#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "core/grid_mode.h"
#include "core/tensor.h"

namespace gradus {

// Images in other sizes: x is [N, C, spatial...], y [N, C, output_size...]. Each spatial dim is
// resampled by itself: output i looks at the input around scale (i + 1/2) - 1/2 or, with
// align_corners, where the first and last elements of both fall together, at scale i. scale is in /
// out, or 1 / scales where given; (in - 1) / (out - 1) with align_corners. Byte images are taken,
// too, by the nearest ones and those of two dims, whose results are rounded. Errors: ValueError for
// sizes that are not positive, Error for ranks, TypeError for other integers.

/// The element at floor(scale i).
GRADUS_API Tensor upsample_nearest1d(const Tensor& x, IntArrayRef output_size,
                                     std::optional<double> scales = std::nullopt);
GRADUS_API Tensor upsample_nearest2d(const Tensor& x, IntArrayRef output_size,
                                     std::optional<double> scales_h = std::nullopt,
                                     std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor upsample_nearest3d(const Tensor& x, IntArrayRef output_size,
                                     std::optional<double> scales_d = std::nullopt,
                                     std::optional<double> scales_h = std::nullopt,
                                     std::optional<double> scales_w = std::nullopt);
/// The element at floor(scale (i + 1/2)): the nearest indeed.
GRADUS_API Tensor upsample_nearest_exact(const Tensor& x, IntArrayRef output_size,
                                         ArrayRef<double> scales = {});
/// Between two elements in each dim.
GRADUS_API Tensor upsample_linear1d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                                    std::optional<double> scales = std::nullopt);
GRADUS_API Tensor upsample_bilinear2d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                                      std::optional<double> scales_h = std::nullopt,
                                      std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor upsample_trilinear3d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                                       std::optional<double> scales_d = std::nullopt,
                                       std::optional<double> scales_h = std::nullopt,
                                       std::optional<double> scales_w = std::nullopt);
/// Among four elements in each dim, by Keys' cubic convolution with a = -0.75. Keys 1981.
GRADUS_API Tensor upsample_bicubic2d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                                     std::optional<double> scales_h = std::nullopt,
                                     std::optional<double> scales_w = std::nullopt);

/// What an upsampling is asked for by sizes or by factors, of which there must be one.
struct GRADUS_API Upsampling {
  /// @throws ValueError for both or none of them; Error where their number is not that of the
  /// spatial dims of x
  Upsampling(const char* op, const Tensor& x, OptionalIntArrayRef output_size,
             std::optional<ArrayRef<double>> scale_factors);
  DimVector sizes;
  std::optional<double> scales[3];
};
/// An OptionalIntArrayRef or nullopt, and no IntArrayRef.
template <class T>
using OptionalSizes =
    std::enable_if_t<std::is_same_v<T, OptionalIntArrayRef> || std::is_same_v<T, std::nullopt_t>>;

// The same with either sizes or factors by which y is larger than x. See Upsampling.

template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_nearest1d(const Tensor& x, const Sizes& output_size,
                          std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_nearest1d", x, output_size, scale_factors);
  return upsample_nearest1d(x, IntArrayRef(to.sizes), to.scales[0]);
}
template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_nearest2d(const Tensor& x, const Sizes& output_size,
                          std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_nearest2d", x, output_size, scale_factors);
  return upsample_nearest2d(x, IntArrayRef(to.sizes), to.scales[0], to.scales[1]);
}
template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_nearest3d(const Tensor& x, const Sizes& output_size,
                          std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_nearest3d", x, output_size, scale_factors);
  return upsample_nearest3d(x, IntArrayRef(to.sizes), to.scales[0], to.scales[1], to.scales[2]);
}
template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_linear1d(const Tensor& x, const Sizes& output_size, bool align_corners,
                         std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_linear1d", x, output_size, scale_factors);
  return upsample_linear1d(x, IntArrayRef(to.sizes), align_corners, to.scales[0]);
}
template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_bilinear2d(const Tensor& x, const Sizes& output_size, bool align_corners,
                           std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_bilinear2d", x, output_size, scale_factors);
  return upsample_bilinear2d(x, IntArrayRef(to.sizes), align_corners, to.scales[0], to.scales[1]);
}
template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_trilinear3d(const Tensor& x, const Sizes& output_size, bool align_corners,
                            std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_trilinear3d", x, output_size, scale_factors);
  return upsample_trilinear3d(x, IntArrayRef(to.sizes), align_corners, to.scales[0], to.scales[1],
                              to.scales[2]);
}
template <class Sizes, class = OptionalSizes<Sizes>>
Tensor upsample_bicubic2d(const Tensor& x, const Sizes& output_size, bool align_corners,
                          std::optional<ArrayRef<double>> scale_factors) {
  const Upsampling to("upsample_bicubic2d", x, output_size, scale_factors);
  return upsample_bicubic2d(x, IntArrayRef(to.sizes), align_corners, to.scales[0], to.scales[1]);
}

/// x [N, C, H, W] at the places of grid [N, H', W', 2], or [N, C, D, H, W] at those of [N, D', H',
/// W', 3]: the last dim is (column, row, plane), from -1 at the first element to 1 at the last: at
/// their centres with align_corners, else at their outer edges. Jaderberg et al. 2015.
/// @throws NotImplementedError for Bicubic in three dims
GRADUS_API Tensor grid_sampler(const Tensor& x, const Tensor& grid, GridMode interpolation_mode,
                               GridPadding padding_mode, bool align_corners);
/// The same with the modes by their numbers. @throws ValueError for another number
GRADUS_API Tensor grid_sampler(const Tensor& x, const Tensor& grid, int64_t interpolation_mode,
                               int64_t padding_mode, bool align_corners);
/// The grid [N, H, W, 2] (or [N, D, H, W, 3]) that the affine maps theta [N, 2, 3] (or [N, 3, 4])
/// make of the regular one; size is that of the image to be, [N, C, H, W] (or [N, C, D, H, W]).
GRADUS_API Tensor affine_grid_generator(const Tensor& theta, IntArrayRef size, bool align_corners);

}  // namespace gradus
