#pragma once

#include <string>

#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

/// Which channels load_image() gives, as torchvision's ImageReadMode.
enum class ImageMode {
  kUnchanged,  ///< as in the file: 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha)
  kGray,       ///< 1; colors are weighted by ITU-R 601-2
  kRgb,        ///< 3; alpha is left out
};

/// Reads a PNG or JPEG file, told by its content, as uint8 [channels, height, width]. 16-bit PNGs
/// become 8-bit; the orientation in a JPEG's metadata is not applied.
/// @throws ValueError that names the file if it is neither, damaged, ends early, or claims a size
/// that its bytes cannot hold; NotImplementedError for CMYK, and where gradus was built without
/// libpng or libjpeg; Error if the file cannot be read
GRADUS_API Tensor load_image(const std::string& path, ImageMode mode = ImageMode::kUnchanged);

/// Writes a uint8 image [1 to 4 channels, height, width] as PNG. The file is replaced atomically.
/// @throws TypeError for another dtype, ValueError for another shape, NotImplementedError without
/// libpng, Error if writing fails
GRADUS_API void save_png(const Tensor& image, const std::string& path);

}  // namespace gradus
