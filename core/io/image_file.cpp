#include "core/io/image_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/factory.h"
#include "core/io/atomic_file.h"
#include "core/io/image_decoders.h"
#include "core/io/mapped_file.h"

namespace gradus {
namespace io {

void check_image_size(const std::string& path, uint64_t height, uint64_t width, uint64_t channels,
                      size_t size, uint64_t expansion) {
  uint64_t bytes = channels;
  const bool fits = !__builtin_mul_overflow(bytes, height, &bytes) &&
                    !__builtin_mul_overflow(bytes, width, &bytes) &&
                    bytes / expansion <= size + 1024;
  GRADUS_CHECK_VALUE(height > 0 && width > 0 && fits,
                     "load_image: '{}' claims {} x {} pixels, which its {} bytes cannot hold", path,
                     height, width, size);
}

}  // namespace io

Tensor load_image(const std::string& path, ImageMode mode) {
  const io::MappedFile file(path);
  const auto begins = [&](const char* magic, size_t count) {
    return file.size() >= count && std::memcmp(file.data(), magic, count) == 0;
  };
  const bool png = begins("\x89PNG\r\n\x1a\n", 8);
  GRADUS_CHECK_VALUE(png || begins("\xff\xd8\xff", 3), "load_image: '{}' is neither PNG nor JPEG",
                     path);
  const Tensor pixels = png ? io::decode_png(file.data(), file.size(), path)
                            : io::decode_jpeg(file.data(), file.size(), path);
  const int64_t height = pixels.size(0), width = pixels.size(1), channels = pixels.size(2);
  const int64_t kept = mode == ImageMode::kUnchanged ? channels : mode == ImageMode::kGray ? 1 : 3;
  Tensor image = empty({kept, height, width}, kByte);
  const uint8_t* src = pixels.data_ptr<uint8_t>();
  const int64_t count = height * width;
  const bool color = channels >= 3;
  for (int64_t c = 0; c < kept; ++c) {
    uint8_t* dst = image.data_ptr<uint8_t>() + c * count;
    const bool weighted = mode == ImageMode::kGray && color;
    const int64_t from = mode == ImageMode::kRgb && !color ? 0 : c;
    for (int64_t i = 0; i < count; ++i) {
      const uint8_t* at = src + i * channels;
      dst[i] =
          weighted
              ? static_cast<uint8_t>(std::lround(0.299 * at[0] + 0.587 * at[1] + 0.114 * at[2]))
              : at[from];
    }
  }
  return image;
}

void save_png(const Tensor& image, const std::string& path) {
  GRADUS_CHECK_TYPE(image.dtype() == kByte, "save_png: expected uint8, got {}", image.dtype());
  GRADUS_CHECK_VALUE(image.dim() == 3 && image.size(0) >= 1 && image.size(0) <= 4 &&
                         image.size(1) > 0 && image.size(2) > 0 && image.size(1) < (1 << 24) &&
                         image.size(2) < (1 << 24),
                     "save_png: expected [1 to 4 channels, height, width], got {}", image.sizes());
  io::write_file(path, io::encode_png(image.detach().permute({1, 2, 0}).contiguous()));
}

}  // namespace gradus
