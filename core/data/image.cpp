#include "core/data/image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/factory.h"

namespace gradus::data::image {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 31;

struct Size {
  int64_t channels, height, width;
  int64_t pixels() const { return height * width; }
};

Tensor checked(const char* name, const Tensor& x) {
  GRADUS_CHECK_VALUE(x.dim() == 3, "{}: expected an image [channels, height, width], got {}", name,
                     x.sizes());
  GRADUS_CHECK_TYPE(x.dtype() == kFloat || x.dtype() == kByte,
                    "{}: expected float32 or uint8, got {}", name, x.dtype());
  return x.detach().contiguous();
}

void check_size(const char* name, int64_t height, int64_t width) {
  GRADUS_CHECK_VALUE(height >= 1 && width >= 1 && height <= kMostPixels / width,
                     "{}: a size of {} x {} cannot be", name, height, width);
}

Size size_of(const Tensor& x) {
  return {x.size(0), x.size(1), x.size(2)};
}

// The largest color.
template <class T>
constexpr float kWhite = std::is_same_v<T, uint8_t> ? 255.0f : 1.0f;

template <class T>
T rounded(float value) {
  if constexpr (std::is_same_v<T, uint8_t>) {
    return static_cast<uint8_t>(std::min(std::max(0.0f, value), 255.0f) + 0.5f);
  } else {
    return value;
  }
}

// Cut off at 0 and the largest value; NaN becomes 0.
float cut(float value, float white) {
  return std::min(std::max(0.0f, value), white);
}

template <class T>
T color(float value) {
  return rounded<T>(cut(value, kWhite<T>));
}

// The byte that a color stands for.
size_t byte_of(float value, float white) {
  return static_cast<size_t>(cut(value / white * 255, 255) + 0.5f);
}

// Calls f(src, dst), typed by the image; dst is new memory of `out`.
template <class F>
Tensor transformed(const Tensor& x, IntArrayRef sizes, F&& f) {
  Tensor y = empty(sizes, x.dtype());
  if (y.numel() == 0) return y;
  if (x.dtype() == kFloat) {
    f(x.data_ptr<float>(), y.data_ptr<float>());
  } else {
    f(x.data_ptr<uint8_t>(), y.data_ptr<uint8_t>());
  }
  return y;
}

template <class P>
using element_t = std::remove_const_t<std::remove_pointer_t<P>>;

// ITU-R 601-2, as in PIL and torchvision.
template <class T>
std::vector<float> gray_of(const T* src, const Size& size) {
  const int64_t n = size.pixels();
  std::vector<float> gray(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    gray[static_cast<size_t>(i)] = size.channels == 3
                                       ? 0.2989f * static_cast<float>(src[i]) +
                                             0.587f * static_cast<float>(src[n + i]) +
                                             0.114f * static_cast<float>(src[2 * n + i])
                                       : static_cast<float>(src[i]);
  }
  return gray;
}

void check_colors(const char* name, const Tensor& x) {
  GRADUS_CHECK_VALUE(x.size(0) == 1 || x.size(0) == 3,
                     "{}: expected 1 or 3 channels, got an image {}", name, x.sizes());
}

// f(value in float) for each value.
template <class F>
Tensor each_color(const char* name, const Tensor& image, F&& f) {
  const Tensor x = checked(name, image);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    for (int64_t i = 0; i < x.numel(); ++i) {
      dst[i] = color<T>(f(static_cast<float>(src[i]), kWhite<T>));
    }
  });
}

// How the rows (or columns) of an image are mixed from those of another: source pixels first ...
// with weights that add up to 1.
struct Mix {
  int64_t first;
  std::vector<float> weights;
};

std::vector<Mix> mixes(int64_t from, int64_t to, Interpolation interpolation) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Mix> result;
  for (int64_t i = 0; i < to; ++i) {
    if (interpolation == Interpolation::kNearest) {
      const auto at = static_cast<int64_t>(std::floor(static_cast<double>(i) * scale));
      result.push_back({std::min(at, from - 1), {1.0f}});
      continue;
    }
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const double reach = std::max(scale, 1.0);
    const auto first = std::max<int64_t>(static_cast<int64_t>(center - reach + 0.5), 0);
    const auto last = std::min<int64_t>(static_cast<int64_t>(center + reach + 0.5), from);
    Mix mix{first, {}};
    double sum = 0;
    for (int64_t k = first; k < last; ++k) {
      const double distance = std::abs((static_cast<double>(k) + 0.5 - center) / reach);
      mix.weights.push_back(static_cast<float>(std::max(0.0, 1 - distance)));
      sum += mix.weights.back();
    }
    for (float& weight : mix.weights) weight = static_cast<float>(weight / sum);
    result.push_back(std::move(mix));
  }
  return result;
}

}  // namespace

Tensor crop(const Tensor& image, int64_t top, int64_t left, int64_t height, int64_t width,
            double fill) {
  const Tensor x = checked("crop", image);
  check_size("crop", height, width);
  const Size size = size_of(x);
  // The part of the window that lies within the image.
  const auto overlap = [](int64_t begin, int64_t count, int64_t limit) {
    const int64_t low =
        std::clamp<int64_t>(-std::clamp(begin, -kMostPixels, kMostPixels), 0, count);
    const int64_t high =
        std::clamp<int64_t>(limit - std::clamp(begin, -kMostPixels, kMostPixels), low, count);
    return std::pair(low, high);
  };
  const auto [row_begin, row_end] = overlap(top, height, size.height);
  const auto [column_begin, column_end] = overlap(left, width, size.width);
  const int64_t r0 = row_begin, r1 = row_end, c0 = column_begin, c1 = column_end;
  return transformed(x, {size.channels, height, width}, [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    const T value = rounded<T>(static_cast<float>(fill));
    if (r0 > 0 || r1 < height || c0 > 0 || c1 < width) {
      std::fill(dst, dst + size.channels * height * width, value);
    }
    if (c0 >= c1) return;
    for (int64_t c = 0; c < size.channels; ++c) {
      for (int64_t r = r0; r < r1; ++r) {
        std::memcpy(dst + (c * height + r) * width + c0,
                    src + (c * size.height + top + r) * size.width + left + c0,
                    static_cast<size_t>(c1 - c0) * sizeof(T));
      }
    }
  });
}

Tensor flip_horizontal(const Tensor& image) {
  const Tensor x = checked("flip_horizontal", image);
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    for (int64_t row = 0; row < size.channels * size.height; ++row) {
      std::reverse_copy(src + row * size.width, src + (row + 1) * size.width,
                        dst + row * size.width);
    }
  });
}

Tensor flip_vertical(const Tensor& image) {
  const Tensor x = checked("flip_vertical", image);
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    for (int64_t c = 0; c < size.channels; ++c) {
      for (int64_t r = 0; r < size.height; ++r) {
        const auto* from = src + (c * size.height + size.height - 1 - r) * size.width;
        std::copy(from, from + size.width, dst + (c * size.height + r) * size.width);
      }
    }
  });
}

Tensor resize(const Tensor& image, int64_t height, int64_t width, Interpolation interpolation) {
  const Tensor x = checked("resize", image);
  check_size("resize", height, width);
  const Size size = size_of(x);
  GRADUS_CHECK_VALUE(size.pixels() > 0, "resize: the image is empty: {}", x.sizes());
  const std::vector<Mix> rows = mixes(size.height, height, interpolation);
  const std::vector<Mix> columns = mixes(size.width, width, interpolation);
  return transformed(x, {size.channels, height, width}, [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    // Columns first: [height of the source, width of the result].
    std::vector<float> narrow(static_cast<size_t>(size.height * width));
    for (int64_t c = 0; c < size.channels; ++c) {
      for (int64_t r = 0; r < size.height; ++r) {
        const T* line = src + (c * size.height + r) * size.width;
        for (int64_t i = 0; i < width; ++i) {
          const Mix& mix = columns[static_cast<size_t>(i)];
          float sum = 0;
          for (size_t k = 0; k < mix.weights.size(); ++k) {
            sum += mix.weights[k] * static_cast<float>(line[mix.first + static_cast<int64_t>(k)]);
          }
          narrow[static_cast<size_t>(r * width + i)] = sum;
        }
      }
      for (int64_t r = 0; r < height; ++r) {
        const Mix& mix = rows[static_cast<size_t>(r)];
        for (int64_t i = 0; i < width; ++i) {
          float sum = 0;
          for (size_t k = 0; k < mix.weights.size(); ++k) {
            sum += mix.weights[k] *
                   narrow[static_cast<size_t>((mix.first + static_cast<int64_t>(k)) * width + i)];
          }
          dst[(c * height + r) * width + i] = rounded<T>(sum);
        }
      }
    }
  });
}

Tensor affine(const Tensor& image, const std::array<double, 6>& m, Interpolation interpolation,
              double fill) {
  const Tensor x = checked("affine", image);
  const Size size = size_of(x);
  for (const double value : m) {
    GRADUS_CHECK_VALUE(std::isfinite(value), "affine: the matrix has the entry {}", value);
  }
  const double center_x = static_cast<double>(size.width) / 2 - 0.5;
  const double center_y = static_cast<double>(size.height) / 2 - 0.5;
  const float outside = static_cast<float>(fill);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    for (int64_t r = 0; r < size.height; ++r) {
      for (int64_t i = 0; i < size.width; ++i) {
        const double dx = static_cast<double>(i) - center_x, dy = static_cast<double>(r) - center_y;
        const double sx = m[0] * dx + m[1] * dy + m[2] + center_x;
        const double sy = m[3] * dx + m[4] * dy + m[5] + center_y;
        const bool near = sx > -1 && sy > -1 && sx < static_cast<double>(size.width) &&
                          sy < static_cast<double>(size.height);
        const auto at = [&](int64_t c, double row, double column) {
          if (row < 0 || column < 0 || row >= static_cast<double>(size.height) ||
              column >= static_cast<double>(size.width)) {
            return outside;
          }
          return static_cast<float>(src[(c * size.height + static_cast<int64_t>(row)) * size.width +
                                        static_cast<int64_t>(column)]);
        };
        for (int64_t c = 0; c < size.channels; ++c) {
          float value = outside;
          if (near && interpolation == Interpolation::kNearest) {
            value = at(c, std::nearbyint(sy), std::nearbyint(sx));
          } else if (near) {
            const double y0 = std::floor(sy), x0 = std::floor(sx);
            const float wy = static_cast<float>(sy - y0), wx = static_cast<float>(sx - x0);
            value = (1 - wy) * ((1 - wx) * at(c, y0, x0) + wx * at(c, y0, x0 + 1)) +
                    wy * ((1 - wx) * at(c, y0 + 1, x0) + wx * at(c, y0 + 1, x0 + 1));
          }
          dst[(c * size.height + r) * size.width + i] = rounded<T>(value);
        }
      }
    }
  });
}

// The inverse of translation * rotation * shear * scale, as torchvision composes them.
std::array<double, 6> affine_matrix(double angle, double dx, double dy, double scale,
                                    double shear_x, double shear_y) {
  constexpr double kDegree = 3.14159265358979323846 / 180;
  const double rotation = angle * kDegree, sx = shear_x * kDegree, sy = shear_y * kDegree;
  GRADUS_CHECK_VALUE(scale > 0, "affine_matrix: the scale must be positive, got {}", scale);
  const double a = std::cos(rotation - sy) / std::cos(sy);
  const double b = -a * std::tan(sx) - std::sin(rotation);
  const double c = std::sin(rotation - sy) / std::cos(sy);
  const double d = -c * std::tan(sx) + std::cos(rotation);
  std::array<double, 6> m = {d / scale, -b / scale, 0, -c / scale, a / scale, 0};
  m[2] = -m[0] * dx - m[1] * dy;
  m[5] = -m[3] * dx - m[4] * dy;
  return m;
}

Tensor adjust_brightness(const Tensor& x, double factor) {
  return each_color("adjust_brightness", x,
                    [f = static_cast<float>(factor)](float value, float) { return f * value; });
}

Tensor adjust_contrast(const Tensor& image, double factor) {
  const Tensor x = checked("adjust_contrast", image);
  check_colors("adjust_contrast", x);
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    double sum = 0;
    for (const float value : gray_of(src, size)) sum += value;
    const float mean = static_cast<float>(sum / static_cast<double>(size.pixels()));
    const float f = static_cast<float>(factor);
    for (int64_t i = 0; i < x.numel(); ++i) {
      dst[i] = color<T>(f * static_cast<float>(src[i]) + (1 - f) * mean);
    }
  });
}

Tensor adjust_saturation(const Tensor& image, double factor) {
  const Tensor x = checked("adjust_saturation", image);
  check_colors("adjust_saturation", x);
  if (x.size(0) == 1) return x.clone();
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    const std::vector<float> gray = gray_of(src, size);
    const float f = static_cast<float>(factor);
    for (int64_t i = 0; i < x.numel(); ++i) {
      dst[i] = color<T>(f * static_cast<float>(src[i]) +
                        (1 - f) * gray[static_cast<size_t>(i % size.pixels())]);
    }
  });
}

Tensor adjust_hue(const Tensor& image, double shift) {
  const Tensor x = checked("adjust_hue", image);
  check_colors("adjust_hue", x);
  GRADUS_CHECK_VALUE(shift >= -0.5 && shift <= 0.5, "adjust_hue: expected -0.5 to 0.5, got {}",
                     shift);
  if (x.size(0) == 1) return x.clone();
  const int64_t n = size_of(x).pixels();
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    for (int64_t i = 0; i < n; ++i) {
      const float r = static_cast<float>(src[i]), g = static_cast<float>(src[n + i]),
                  b = static_cast<float>(src[2 * n + i]);
      const float high = std::max({r, g, b}), range = high - std::min({r, g, b});
      float hue = 0;  // in sixths of the circle
      if (range > 0) {
        hue = high == r ? (g - b) / range : high == g ? 2 + (b - r) / range : 4 + (r - g) / range;
      }
      hue += 6 * static_cast<float>(shift) + 12;
      // A channel falls from the largest value to the smallest as the hue moves away from it.
      const auto channel = [&](float offset) {
        const float k = std::fmod(offset + hue, 6.0f);
        return color<T>(high - range * std::clamp(std::min(k, 4 - k), 0.0f, 1.0f));
      };
      dst[i] = channel(5);
      dst[n + i] = channel(3);
      dst[2 * n + i] = channel(1);
    }
  });
}

Tensor adjust_sharpness(const Tensor& image, double factor) {
  const Tensor x = checked("adjust_sharpness", image);
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    std::copy(src, src + x.numel(), dst);
    const float f = static_cast<float>(factor);
    for (int64_t c = 0; c < size.channels; ++c) {
      // The border has no neighbors and stays.
      for (int64_t r = 1; r + 1 < size.height; ++r) {
        for (int64_t i = 1; i + 1 < size.width; ++i) {
          const T* at = src + (c * size.height + r) * size.width + i;
          float sum = 4 * static_cast<float>(*at);
          for (int64_t dr = -1; dr <= 1; ++dr) {
            for (int64_t di = -1; di <= 1; ++di) {
              sum += static_cast<float>(at[dr * size.width + di]);
            }
          }
          dst[at - src] = color<T>(f * static_cast<float>(*at) + (1 - f) * sum / 13);
        }
      }
    }
  });
}

Tensor posterize(const Tensor& x, int64_t bits) {
  GRADUS_CHECK_VALUE(bits >= 0 && bits <= 8, "posterize: expected 0 to 8 bits, got {}", bits);
  const int mask = 0xff & ~((1 << (8 - bits)) - 1);
  return each_color("posterize", x, [mask](float value, float white) {
    return static_cast<float>(static_cast<int>(byte_of(value, white)) & mask) / 255 * white;
  });
}

Tensor solarize(const Tensor& x, double threshold) {
  return each_color("solarize", x, [t = static_cast<float>(threshold)](float value, float white) {
    return value >= t * white ? white - value : value;
  });
}

Tensor autocontrast(const Tensor& image) {
  const Tensor x = checked("autocontrast", image);
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    for (int64_t c = 0; c < size.channels; ++c) {
      const T* plane = src + c * size.pixels();
      const auto [low, high] = std::minmax_element(plane, plane + size.pixels());
      const float offset = static_cast<float>(*low);
      const float range = static_cast<float>(*high) - offset;
      for (int64_t i = 0; i < size.pixels(); ++i) {
        const float value = static_cast<float>(plane[i]);
        dst[c * size.pixels() + i] =
            range > 0 ? color<T>((value - offset) / range * kWhite<T>) : plane[i];
      }
    }
  });
}

Tensor equalize(const Tensor& image) {
  const Tensor x = checked("equalize", image);
  const Size size = size_of(x);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    const auto bin_of = [](T value) { return byte_of(static_cast<float>(value), kWhite<T>); };
    for (int64_t c = 0; c < size.channels; ++c) {
      const T* plane = src + c * size.pixels();
      std::array<int64_t, 256> counts{};
      for (int64_t i = 0; i < size.pixels(); ++i) ++counts[bin_of(plane[i])];
      int64_t last = 0;  // the count of the highest value that occurs
      for (const int64_t count : counts) last = count > 0 ? count : last;
      const int64_t step = (size.pixels() - last) / 255;
      std::array<int64_t, 256> lookup{};
      int64_t sum = 0;
      for (size_t i = 0; i < counts.size(); ++i) {
        lookup[i] =
            step > 0 ? std::min<int64_t>((sum + step / 2) / step, 255) : static_cast<int64_t>(i);
        sum += counts[i];
      }
      for (int64_t i = 0; i < size.pixels(); ++i) {
        dst[c * size.pixels() + i] =
            color<T>(static_cast<float>(lookup[bin_of(plane[i])]) / 255 * kWhite<T>);
      }
    }
  });
}

Tensor convert_dtype(const Tensor& image, ScalarType dtype) {
  const Tensor x = checked("convert_dtype", image);
  GRADUS_CHECK_TYPE(dtype == kFloat || dtype == kByte,
                    "convert_dtype: expected float32 or uint8, got {}", dtype);
  if (x.dtype() == dtype) return x;
  Tensor y = empty(x.sizes(), dtype);
  for (int64_t i = 0; i < x.numel(); ++i) {
    if (dtype == kFloat) {
      y.data_ptr<float>()[i] = static_cast<float>(x.data_ptr<uint8_t>()[i]) / 255.0f;
    } else {
      y.data_ptr<uint8_t>()[i] = color<uint8_t>(x.data_ptr<float>()[i] * 255.0f);
    }
  }
  return y;
}

Tensor erase(const Tensor& image, int64_t top, int64_t left, int64_t height, int64_t width,
             double value) {
  const Tensor x = checked("erase", image);
  GRADUS_CHECK_VALUE(height >= 0 && width >= 0 && height <= kMostPixels && width <= kMostPixels,
                     "erase: a rectangle of {} x {} cannot be", height, width);
  const Size size = size_of(x);
  const auto limited = [](int64_t position, int64_t limit) {
    return std::clamp<int64_t>(position, 0, limit);
  };
  top = std::clamp(top, -kMostPixels, kMostPixels);
  left = std::clamp(left, -kMostPixels, kMostPixels);
  const int64_t r0 = limited(top, size.height), r1 = limited(top + height, size.height);
  const int64_t c0 = limited(left, size.width), c1 = limited(left + width, size.width);
  return transformed(x, x.sizes(), [&](auto* src, auto* dst) {
    using T = element_t<decltype(dst)>;
    std::copy(src, src + x.numel(), dst);
    for (int64_t c = 0; c < size.channels; ++c) {
      for (int64_t r = r0; r < r1; ++r) {
        T* line = dst + (c * size.height + r) * size.width;
        std::fill(line + c0, line + c1, rounded<T>(static_cast<float>(value)));
      }
    }
  });
}

}  // namespace gradus::data::image
