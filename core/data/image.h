#pragma once

#include <array>
#include <cstdint>

#include "core/export.h"
#include "core/tensor.h"

/// Functions of one image [channels, height, width], float32 (0 to 1 where a function says colors)
/// or uint8: what the transforms are made of. They return a new image of the same dtype, and name
/// themselves in errors: TypeError for another dtype, ValueError for another number of dimensions
/// or a size that cannot be.
namespace gradus::data::image {

enum class Interpolation { kNearest, kBilinear };

/// The window of height x width whose upper left corner is at (top, left), which may lie outside;
/// what is beyond the image is `fill`.
GRADUS_API Tensor crop(const Tensor& x, int64_t top, int64_t left, int64_t height, int64_t width,
                       double fill = 0);
/// Mirrored left to right, and top to bottom.
GRADUS_API Tensor flip_horizontal(const Tensor& x);
GRADUS_API Tensor flip_vertical(const Tensor& x);
/// Another size; bilinear weights are those of a triangle that widens when the image shrinks
/// (torchvision's antialias=True).
GRADUS_API Tensor resize(const Tensor& x, int64_t height, int64_t width,
                         Interpolation interpolation = Interpolation::kBilinear);
/// Looks up the pixel at (x, y), counted from the center of the image, at (m[0] x + m[1] y + m[2],
/// m[3] x + m[4] y + m[5]).
GRADUS_API Tensor affine(const Tensor& x, const std::array<double, 6>& matrix,
                         Interpolation interpolation = Interpolation::kNearest, double fill = 0);
/// The matrix for affine() that rotates by `angle` degrees clockwise, moves by (dx, dy) pixels,
/// scales and shears by degrees.
GRADUS_API std::array<double, 6> affine_matrix(double angle, double dx, double dy, double scale,
                                               double shear_x, double shear_y);

// Colors. A factor of 1 leaves the image as it is; results are cut off at 0 and the largest value.

/// x * factor
GRADUS_API Tensor adjust_brightness(const Tensor& x, double factor);
/// Blends with the mean of the gray image.
GRADUS_API Tensor adjust_contrast(const Tensor& x, double factor);
/// Blends with the gray image; nothing for one channel.
GRADUS_API Tensor adjust_saturation(const Tensor& x, double factor);
/// Turns the hue by `shift` of the color circle, from -0.5 to 0.5; nothing for one channel.
GRADUS_API Tensor adjust_hue(const Tensor& x, double shift);
/// Blends with the image smoothed over 3 x 3 pixels.
GRADUS_API Tensor adjust_sharpness(const Tensor& x, double factor);
/// Keeps so many of the 8 bits of each value.
GRADUS_API Tensor posterize(const Tensor& x, int64_t bits);
/// Inverts values of at least `threshold`, from 0 to 1.
GRADUS_API Tensor solarize(const Tensor& x, double threshold);
/// Stretches each channel to the whole range.
GRADUS_API Tensor autocontrast(const Tensor& x);
/// Makes all of the 256 values about equally frequent in each channel.
GRADUS_API Tensor equalize(const Tensor& x);

/// uint8 to float32 from 0 to 1, or back; the same where it is of that dtype.
GRADUS_API Tensor convert_dtype(const Tensor& x, ScalarType dtype);
/// Sets the pixels of a rectangle, which may reach beyond the image.
GRADUS_API Tensor erase(const Tensor& x, int64_t top, int64_t left, int64_t height, int64_t width,
                        double value = 0);

}  // namespace gradus::data::image
