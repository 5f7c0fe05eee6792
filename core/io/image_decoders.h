#pragma once

// Private to core/io: the only door to libpng and libjpeg. Without the library (GRADUS_HAVE_PNG,
// GRADUS_HAVE_JPEG) each throws NotImplementedError.

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/tensor.h"

namespace gradus::io {

/// A decoded image, uint8 [height, width, channels].
Tensor decode_png(const uint8_t* data, size_t size, const std::string& path);
Tensor decode_jpeg(const uint8_t* data, size_t size, const std::string& path);

/// `pixels` is [height, width, channels].
std::string encode_png(const Tensor& pixels);

/// Throws ValueError unless height x width x channels bytes can come out of `size` bytes, of which
/// one gives at most `expansion`.
void check_image_size(const std::string& path, uint64_t height, uint64_t width, uint64_t channels,
                      size_t size, uint64_t expansion);

}  // namespace gradus::io
