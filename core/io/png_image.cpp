#include "core/error.h"
#include "core/factory.h"
#include "core/io/image_decoders.h"

#ifdef GRADUS_HAVE_PNG

#include <cstring>

#include <png.h>

namespace gradus::io {
namespace {

// As libpng's own structure, released at the end whatever happens.
struct Image : png_image {
  Image() : png_image() { version = PNG_IMAGE_VERSION; }
  ~Image() { png_image_free(this); }
};

}  // namespace

Tensor decode_png(const uint8_t* data, size_t size, const std::string& path) {
  Image image;
  GRADUS_CHECK_VALUE(png_image_begin_read_from_memory(&image, data, size) != 0,
                     "load_image: '{}' is damaged: {}", path, image.message);
  // 8 bits, and the channels of the file; a palette becomes colors.
  image.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;
  const uint32_t channels = PNG_IMAGE_PIXEL_CHANNELS(image.format);
  // Deflate makes at most 1032 bytes of one, and a bit may be a pixel of 4 channels.
  check_image_size(path, image.height, image.width, channels, size, 1032 * 32);
  Tensor pixels = zeros({image.height, image.width, channels}, kByte);
  GRADUS_CHECK_VALUE(png_image_finish_read(&image, /*background=*/nullptr,
                                           pixels.data_ptr<uint8_t>(), /*row_stride=*/0,
                                           /*colormap=*/nullptr) != 0,
                     "load_image: '{}' is damaged: {}", path, image.message);
  return pixels;
}

std::string encode_png(const Tensor& pixels) {
  Image image;
  image.height = static_cast<png_uint_32>(pixels.size(0));
  image.width = static_cast<png_uint_32>(pixels.size(1));
  const int64_t channels = pixels.size(2);
  image.format = (channels >= 3 ? PNG_FORMAT_FLAG_COLOR : 0u) |
                 (channels % 2 == 0 ? PNG_FORMAT_FLAG_ALPHA : 0u);
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  GRADUS_CHECK(png_image_write_to_memory(&image, bytes.data(), &size, /*convert_to_8_bit=*/0,
                                         pixels.data_ptr<uint8_t>(), /*row_stride=*/0,
                                         /*colormap=*/nullptr) != 0,
               "save_png: {}", image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace gradus::io

#else

namespace gradus::io {

Tensor decode_png(const uint8_t*, size_t, const std::string&) {
  throw NotImplementedError("load_image: gradus was built without libpng");
}

std::string encode_png(const Tensor&) {
  throw NotImplementedError("save_png: gradus was built without libpng");
}

}  // namespace gradus::io

#endif
