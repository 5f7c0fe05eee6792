#include "core/watch/svg_images.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/factory.h"
#include "core/io/atomic_file.h"
#include "core/kernels/copy.h"

namespace gradus::watch {

namespace {

constexpr int64_t kMaxPixels = int64_t{1} << 22;

struct Pixels {
  int64_t count, channels, height, width;
  std::vector<uint8_t> levels;  // [count, channels, height, width]

  uint32_t color(int64_t image, int64_t y, int64_t x) const {
    const auto level = [&](int64_t channel) -> uint32_t {
      return levels[static_cast<size_t>(((image * channels + channel) * height + y) * width + x)];
    };
    return channels == 1 ? level(0) * 0x010101u : level(0) << 16 | level(1) << 8 | level(2);
  }
};

uint8_t to_level(float value) {
  if (!(value > 0)) return 0;
  return static_cast<uint8_t>(std::min(value, 1.0f) * 255.0f + 0.5f);
}

Pixels pixels_of(const Tensor& images) {
  GRADUS_CHECK(images.defined(), "save_images_svg: images is undefined");
  const bool has_channels = images.dim() == 4;
  GRADUS_CHECK(images.dim() == 3 || (has_channels && (images.size(1) == 1 || images.size(1) == 3)),
               "save_images_svg: images must be [N, H, W], [N, 1, H, W] or [N, 3, H, W], got {}",
               images.sizes());
  GRADUS_CHECK_VALUE(images.numel() <= kMaxPixels,
                     "save_images_svg: images have {} pixels, at most {} are drawn", images.numel(),
                     kMaxPixels);
  GRADUS_CHECK_TYPE(images.dtype() == kByte || is_floating_point(images.dtype()),
                    "save_images_svg: images must be uint8 or floating point, got {}",
                    images.dtype());
  const Tensor row_major = empty(images.sizes(), kFloat);
  kernel::copy(images, row_major);
  const float* value = row_major.data_ptr<float>();
  const float white = images.dtype() == kByte ? 255.0f : 1.0f;
  Pixels pixels{
      images.size(0), has_channels ? images.size(1) : 1, images.size(-2), images.size(-1), {}};
  for (int64_t i = 0; i < images.numel(); ++i) pixels.levels.push_back(to_level(value[i] / white));
  return pixels;
}

// A rectangle for each run of equal pixels that are not black.
void draw(const Pixels& pixels, int64_t image, int64_t left, int64_t top, std::string& svg) {
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width;) {
      const uint32_t color = pixels.color(image, y, x);
      const int64_t begin = x;
      while (x < pixels.width && pixels.color(image, y, x) == color) ++x;
      if (color == 0) continue;
      svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"1\" fill=\"#{:06x}\"/>\n",
                         left + begin, top + y, x - begin, color);
    }
  }
}

}  // namespace

void save_images_svg(const std::string& path, const Tensor& images, int64_t columns,
                     int64_t scale) {
  GRADUS_CHECK_VALUE(columns >= 1 && scale >= 1,
                     "save_images_svg: columns and scale must be at least 1, got {} and {}",
                     columns, scale);
  const Pixels pixels = pixels_of(images);
  columns = std::clamp<int64_t>(columns, 1, std::max<int64_t>(pixels.count, 1));
  const int64_t rows = (pixels.count + columns - 1) / columns;
  // One pixel between images.
  const int64_t width = columns * (pixels.width + 1) - 1;
  const int64_t height = std::max<int64_t>(rows * (pixels.height + 1) - 1, 0);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" "
      "shape-rendering=\"crispEdges\">\n<rect width=\"{}\" height=\"{}\" fill=\"#444444\"/>\n",
      static_cast<double>(width) * static_cast<double>(scale),
      static_cast<double>(height) * static_cast<double>(scale), width, height, width, height);
  for (int64_t image = 0; image < pixels.count; ++image) {
    const int64_t left = image % columns * (pixels.width + 1),
                  top = image / columns * (pixels.height + 1);
    svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", left, top,
                       pixels.width, pixels.height);
    draw(pixels, image, left, top, svg);
  }
  svg += "</svg>\n";
  io::write_file(path, svg);
}

}  // namespace gradus::watch
