#pragma once

#include <string>

#include "core/tensor.h"

namespace gradus::watch {

/// Writes a grid of images as an SVG file: each pixel a square, so that small images can be looked
/// at. Atomic, as io::AtomicFile.
///
///     save_images_svg("samples.svg", generator->forward(noise), /*columns=*/8);
///
/// @param images   [N, 1, H, W] or [N, H, W] in gray, or [N, 3, H, W] in colors; uint8 from 0 to
/// 255, or floating point from 0 to
///                 1: what lies beyond is cut, NaN is black
/// @param columns  images of a row
/// @param scale    pixels on the screen per pixel
/// @throws Error for another shape, TypeError for another dtype, ValueError for columns or scale
/// below 1 or more than 2^22
///         pixels in all, Error with the path where it cannot be written
GRADUS_API void save_images_svg(const std::string& path, const Tensor& images, int64_t columns = 8,
                                int64_t scale = 3);

}  // namespace gradus::watch
