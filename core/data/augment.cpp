#include "core/data/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/factory.h"
#include "core/generator.h"

namespace gradus::data::transforms {
namespace {

// Numbers from the stream of the sample, two to a block.
class Draw {
 public:
  /// Uniform in [0, 1).
  double unit() {
    if (next_ == 4) {
      block_ = philox4x32(default_generator().reserve(1), 0);
      next_ = 0;
    }
    next_ += 2;
    return uniform_double(block_.v[next_ - 2], block_.v[next_ - 1]);
  }
  double uniform(double low, double high) { return low + (high - low) * unit(); }
  bool chance(double p) { return unit() < p; }
  /// From 0 to n - 1.
  int64_t below(int64_t n) {
    return std::min(static_cast<int64_t>(unit() * static_cast<double>(n)), n - 1);
  }
  double normal() {
    const double u = 1 - unit();
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * unit());
  }
  // Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
  double gamma(double shape) {
    if (shape < 1) return gamma(shape + 1) * std::pow(1 - unit(), 1 / shape);
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    while (true) {
      const double x = normal(), root = 1 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      if (std::log(1 - unit()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
    }
  }
  double beta(double a, double b) {
    const double x = gamma(a), y = gamma(b);
    return x + y > 0 ? x / (x + y) : static_cast<double>(chance(0.5));
  }

 private:
  PhiloxBlock block_{};
  int next_ = 4;
};

void check_size(const char* name, const ImageSize& size) {
  GRADUS_CHECK_VALUE(size.height >= 1 && size.width >= 1,
                     "{}: the size must be positive, got {} x {}", name, size.height, size.width);
}

void check_padding(const char* name, int64_t padding) {
  GRADUS_CHECK_VALUE(padding >= 0 && padding <= 1'000'000,
                     "{}: the padding must be from 0 to 1000000, got {}", name, padding);
}

void check_chance(const char* name, double p) {
  GRADUS_CHECK_VALUE(p >= 0 && p <= 1, "{}: p must be from 0 to 1, got {}", name, p);
}

void check_range(const char* name, const char* what, const Range& range, double least) {
  GRADUS_CHECK_VALUE(range.low >= least && range.low <= range.high && std::isfinite(range.high),
                     "{}: the {} must be a range from {} on, got [{}, {}]", name, what, least,
                     range.low, range.high);
}

void check_amount(const char* name, const char* what, double value, double most) {
  GRADUS_CHECK_VALUE(value >= 0 && value <= most, "{}: {} must be from 0 to {}, got {}", name, what,
                     most, value);
}

void check_image(const char* name, const Tensor& x) {
  GRADUS_CHECK_VALUE(x.dim() == 3, "{}: expected an image [channels, height, width], got {}", name,
                     x.sizes());
}

// A rectangle with a random part of the area and ratio of width to height; none where ten tries do
// not fit.
struct Rectangle {
  int64_t top, left, height, width;
};
std::optional<Rectangle> draw_rectangle(Draw& draw, int64_t height, int64_t width,
                                        const Range& scale, const Range& ratio) {
  const double area = static_cast<double>(height) * static_cast<double>(width);
  for (int i = 0; i < 10; ++i) {
    const double target = area * draw.uniform(scale.low, scale.high);
    const double r = std::exp(draw.uniform(std::log(ratio.low), std::log(ratio.high)));
    const auto w = static_cast<int64_t>(std::lround(std::sqrt(target * r)));
    const auto h = static_cast<int64_t>(std::lround(std::sqrt(target / r)));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    return Rectangle{draw.below(height - h + 1), draw.below(width - w + 1), h, w};
  }
  return std::nullopt;
}

}  // namespace

namespace detail {

RandomCropFunction::RandomCropFunction(ImageSize size, int64_t padding, double fill)
    : size(size), padding(padding), fill(fill) {
  check_size("RandomCrop", size);
  check_padding("RandomCrop", padding);
}

Tensor RandomCropFunction::run(const Tensor& x) const {
  check_image("RandomCrop", x);
  const int64_t rows = x.size(1) + 2 * padding - size.height;
  const int64_t columns = x.size(2) + 2 * padding - size.width;
  GRADUS_CHECK_VALUE(rows >= 0 && columns >= 0,
                     "RandomCrop: a window of {} x {} is larger than the image {} with a padding "
                     "of {}",
                     size.height, size.width, x.sizes(), padding);
  Draw draw;
  const int64_t top = draw.below(rows + 1), left = draw.below(columns + 1);
  return image::crop(x, top - padding, left - padding, size.height, size.width, fill);
}

CenterCropFunction::CenterCropFunction(ImageSize size, double fill) : size(size), fill(fill) {
  check_size("CenterCrop", size);
}

Tensor CenterCropFunction::run(const Tensor& x) const {
  check_image("CenterCrop", x);
  const auto begin = [](int64_t whole, int64_t part) {
    return static_cast<int64_t>(std::lround(static_cast<double>(whole - part) / 2));
  };
  return image::crop(x, begin(x.size(1), size.height), begin(x.size(2), size.width), size.height,
                     size.width, fill);
}

PadFunction::PadFunction(int64_t padding, double fill) : padding(padding), fill(fill) {
  check_padding("Pad", padding);
}

Tensor PadFunction::run(const Tensor& x) const {
  check_image("Pad", x);
  return image::crop(x, -padding, -padding, x.size(1) + 2 * padding, x.size(2) + 2 * padding, fill);
}

RandomHorizontalFlipFunction::RandomHorizontalFlipFunction(double p) : p(p) {
  check_chance("RandomHorizontalFlip", p);
}
Tensor RandomHorizontalFlipFunction::run(Tensor x) const {
  return Draw().chance(p) ? image::flip_horizontal(x) : x;
}

RandomVerticalFlipFunction::RandomVerticalFlipFunction(double p) : p(p) {
  check_chance("RandomVerticalFlip", p);
}
Tensor RandomVerticalFlipFunction::run(Tensor x) const {
  return Draw().chance(p) ? image::flip_vertical(x) : x;
}

ResizeFunction::ResizeFunction(ImageSize size, Interpolation interpolation)
    : size(size), interpolation(interpolation) {
  check_size("Resize", size);
}
Tensor ResizeFunction::run(const Tensor& x) const {
  return image::resize(x, size.height, size.width, interpolation);
}

RandomResizedCropFunction::RandomResizedCropFunction(ImageSize size, Range scale, Range ratio,
                                                     Interpolation interpolation)
    : size(size), scale(scale), ratio(ratio), interpolation(interpolation) {
  check_size("RandomResizedCrop", size);
  check_range("RandomResizedCrop", "scale", scale, 0);
  check_range("RandomResizedCrop", "ratio", ratio, 1e-6);
}

Tensor RandomResizedCropFunction::run(const Tensor& x) const {
  check_image("RandomResizedCrop", x);
  GRADUS_CHECK_VALUE(x.size(1) > 0 && x.size(2) > 0, "RandomResizedCrop: the image is empty: {}",
                     x.sizes());
  Draw draw;
  auto part = draw_rectangle(draw, x.size(1), x.size(2), scale, ratio);
  if (!part) {
    // The largest part in the middle whose ratio is allowed.
    const double height = static_cast<double>(x.size(1)), width = static_cast<double>(x.size(2));
    const double r = std::clamp(width / std::max(height, 1.0), ratio.low, ratio.high);
    const auto h = std::clamp<int64_t>(std::lround(std::min(height, width / r)), 1,
                                       std::max<int64_t>(x.size(1), 1));
    const auto w = std::clamp<int64_t>(std::lround(std::min(width, height * r)), 1,
                                       std::max<int64_t>(x.size(2), 1));
    part = Rectangle{(x.size(1) - h) / 2, (x.size(2) - w) / 2, h, w};
  }
  return image::resize(image::crop(x, part->top, part->left, part->height, part->width),
                       size.height, size.width, interpolation);
}

RandomRotationFunction::RandomRotationFunction(double degrees, Interpolation interpolation,
                                               double fill)
    : degrees(degrees), interpolation(interpolation), fill(fill) {
  check_amount("RandomRotation", "degrees", degrees, 1e6);
}
Tensor RandomRotationFunction::run(const Tensor& x) const {
  const double angle = Draw().uniform(-degrees, degrees);
  return image::affine(x, image::affine_matrix(angle, 0, 0, 1, 0, 0), interpolation, fill);
}

RandomAffineFunction::RandomAffineFunction(RandomAffineOptions options)
    : options(std::move(options)) {
  check_amount("RandomAffine", "degrees", this->options.degrees(), 1e6);
  check_amount("RandomAffine", "translate_x", this->options.translate_x(), 1);
  check_amount("RandomAffine", "translate_y", this->options.translate_y(), 1);
  check_range("RandomAffine", "scale", this->options.scale(), 1e-6);
  check_amount("RandomAffine", "shear", this->options.shear(), 89);
}

Tensor RandomAffineFunction::run(const Tensor& x) const {
  check_image("RandomAffine", x);
  Draw draw;
  const double angle = draw.uniform(-options.degrees(), options.degrees());
  const double most_x = options.translate_x() * static_cast<double>(x.size(2));
  const double most_y = options.translate_y() * static_cast<double>(x.size(1));
  const double dx = std::nearbyint(draw.uniform(-most_x, most_x));
  const double dy = std::nearbyint(draw.uniform(-most_y, most_y));
  const double scale = draw.uniform(options.scale().low, options.scale().high);
  const double shear = draw.uniform(-options.shear(), options.shear());
  return image::affine(x, image::affine_matrix(angle, dx, dy, scale, shear, 0),
                       options.interpolation(), options.fill());
}

ColorJitterFunction::ColorJitterFunction(double brightness, double contrast, double saturation,
                                         double hue)
    : brightness(brightness), contrast(contrast), saturation(saturation), hue(hue) {
  check_amount("ColorJitter", "brightness", brightness, 1e6);
  check_amount("ColorJitter", "contrast", contrast, 1e6);
  check_amount("ColorJitter", "saturation", saturation, 1e6);
  check_amount("ColorJitter", "hue", hue, 0.5);
}

Tensor ColorJitterFunction::run(Tensor x) const {
  Draw draw;
  std::array<int, 4> order = {0, 1, 2, 3};
  for (int64_t i = 3; i > 0; --i) {
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(draw.below(i + 1))]);
  }
  const auto factor = [&](double amount) {
    return draw.uniform(std::max(0.0, 1 - amount), 1 + amount);
  };
  for (const int step : order) {
    if (step == 0 && brightness > 0) x = image::adjust_brightness(x, factor(brightness));
    if (step == 1 && contrast > 0) x = image::adjust_contrast(x, factor(contrast));
    if (step == 2 && saturation > 0) x = image::adjust_saturation(x, factor(saturation));
    if (step == 3 && hue > 0) x = image::adjust_hue(x, draw.uniform(-hue, hue));
  }
  return x;
}

RandomErasingFunction::RandomErasingFunction(double p, Range scale, Range ratio, double value)
    : p(p), scale(scale), ratio(ratio), value(value) {
  check_chance("RandomErasing", p);
  check_range("RandomErasing", "scale", scale, 0);
  check_range("RandomErasing", "ratio", ratio, 1e-6);
}

Tensor RandomErasingFunction::run(Tensor x) const {
  check_image("RandomErasing", x);
  Draw draw;
  if (!draw.chance(p)) return x;
  const auto part = draw_rectangle(draw, x.size(1), x.size(2), scale, ratio);
  return part ? image::erase(x, part->top, part->left, part->height, part->width, value) : x;
}

CutoutFunction::CutoutFunction(int64_t side, double value) : side(side), value(value) {
  GRADUS_CHECK_VALUE(side >= 1 && side <= 1'000'000,
                     "Cutout: the side must be from 1 to 1000000, got {}", side);
}

Tensor CutoutFunction::run(const Tensor& x) const {
  check_image("Cutout", x);
  Draw draw;
  const int64_t row = draw.below(x.size(1)), column = draw.below(x.size(2));
  return image::erase(x, row - side / 2, column - side / 2, side, side, value);
}

RandAugmentFunction::RandAugmentFunction(int64_t num_ops, int64_t magnitude,
                                         int64_t num_magnitude_bins, Interpolation interpolation,
                                         double fill)
    : num_ops(num_ops),
      magnitude(magnitude),
      num_magnitude_bins(num_magnitude_bins),
      interpolation(interpolation),
      fill(fill) {
  GRADUS_CHECK_VALUE(num_ops >= 0 && num_ops <= 1000 && num_magnitude_bins >= 2 && magnitude >= 0 &&
                         magnitude < num_magnitude_bins,
                     "RandAugment: {} ops of magnitude {} of {} cannot be", num_ops, magnitude,
                     num_magnitude_bins);
}

Tensor RandAugmentFunction::run(Tensor x) const {
  check_image("RandAugment", x);
  Draw draw;
  // From 0 to 1; ops scale it to torchvision's ranges.
  const double strength =
      static_cast<double>(magnitude) / static_cast<double>(num_magnitude_bins - 1);
  const bool color = x.size(0) == 1 || x.size(0) == 3;
  constexpr double kDegrees = 180 / 3.14159265358979323846;
  for (int64_t i = 0; i < num_ops; ++i) {
    const int64_t op = draw.below(14);
    const double sign = draw.chance(0.5) ? -1 : 1;
    const double shear = std::atan(sign * 0.3 * strength) * kDegrees;
    const double factor = 1 + sign * 0.9 * strength;
    const auto moved = [&](const std::array<double, 6>& matrix) {
      return image::affine(x, matrix, interpolation, fill);
    };
    const double dx = sign * std::floor(150.0 / 331 * strength * static_cast<double>(x.size(2)));
    const double dy = sign * std::floor(150.0 / 331 * strength * static_cast<double>(x.size(1)));
    switch (op) {
      case 0:
        break;  // nothing
      case 1:
        x = moved(image::affine_matrix(0, 0, 0, 1, shear, 0));
        break;
      case 2:
        x = moved(image::affine_matrix(0, 0, 0, 1, 0, shear));
        break;
      case 3:
        x = moved(image::affine_matrix(0, dx, 0, 1, 0, 0));
        break;
      case 4:
        x = moved(image::affine_matrix(0, 0, dy, 1, 0, 0));
        break;
      case 5:
        x = moved(image::affine_matrix(sign * 30 * strength, 0, 0, 1, 0, 0));
        break;
      case 6:
        x = image::adjust_brightness(x, factor);
        break;
      case 7:
        if (color) x = image::adjust_saturation(x, factor);
        break;
      case 8:
        if (color) x = image::adjust_contrast(x, factor);
        break;
      case 9:
        x = image::adjust_sharpness(x, factor);
        break;
      case 10:
        x = image::posterize(x, 8 - static_cast<int64_t>(std::lround(4 * strength)));
        break;
      case 11:
        x = image::solarize(x, 1 - strength);
        break;
      case 12:
        x = image::autocontrast(x);
        break;
      default:
        x = image::equalize(x);
    }
  }
  return x;
}

ConvertImageDtypeFunction::ConvertImageDtypeFunction(ScalarType dtype) : dtype(dtype) {
  GRADUS_CHECK_TYPE(dtype == kFloat || dtype == kByte,
                    "ConvertImageDtype: expected float32 or uint8, got {}", dtype);
}
Tensor ConvertImageDtypeFunction::run(const Tensor& x) const {
  return image::convert_dtype(x, dtype);
}

}  // namespace detail

namespace {

void check_classes(const char* name, int64_t num_classes) {
  GRADUS_CHECK_VALUE(num_classes >= 1 && num_classes <= (int64_t{1} << 24),
                     "{}: expected 1 to 2^24 classes, got {}", name, num_classes);
}

// Targets as float vectors [N, classes], new memory.
Tensor as_vectors(const char* name, const Tensor& target, int64_t classes) {
  if (target.is_floating_point()) {
    GRADUS_CHECK_VALUE(target.dim() == 2 && target.size(1) == classes,
                       "{}: expected targets [N, {}], got {}", name, classes, target.sizes());
    return target.detach().to(kFloat).clone().contiguous();
  }
  GRADUS_CHECK_VALUE(target.dim() == 1, "{}: expected classes [N], got {}", name, target.sizes());
  const Tensor plain = target.detach().to(kLong).contiguous();
  Tensor vectors = zeros({target.size(0), classes}, kFloat);
  for (int64_t i = 0; i < plain.numel(); ++i) {
    const int64_t label = plain.data_ptr<int64_t>()[i];
    GRADUS_CHECK_INDEX(label >= 0 && label < classes, "{}: there is no class {} of {}", name, label,
                       classes);
    vectors.data_ptr<float>()[i * classes + label] = 1;
  }
  return vectors;
}

Example<> checked_batch(const char* name, const Example<>& batch, int64_t classes) {
  GRADUS_CHECK_VALUE(batch.data.dim() >= 1 && batch.target.dim() >= 1 &&
                         batch.data.size(0) == batch.target.size(0),
                     "{}: expected a stacked batch, got data {} and targets {}", name,
                     batch.data.sizes(), batch.target.sizes());
  GRADUS_CHECK_TYPE(batch.data.dtype() == kFloat, "{}: expected float32 images, got {}", name,
                    batch.data.dtype());
  return {batch.data.detach().clone().contiguous(), as_vectors(name, batch.target, classes)};
}

// rows[i] = keep * rows[i] + (1 - keep) * rows[i - 1]
void mix_rows(const Tensor& rows, float keep) {
  const int64_t count = rows.size(0);
  if (count == 0) return;
  const int64_t n = rows.numel() / count;
  float* x = rows.data_ptr<float>();
  const std::vector<float> last(x + (count - 1) * n, x + count * n);
  for (int64_t i = count - 1; i >= 0; --i) {
    const float* other = i > 0 ? x + (i - 1) * n : last.data();
    for (int64_t k = 0; k < n; ++k) x[i * n + k] = keep * x[i * n + k] + (1 - keep) * other[k];
  }
}

}  // namespace

OneHot::OneHot(int64_t num_classes) : num_classes_(num_classes) {
  check_classes("OneHot", num_classes);
}
OneHot::~OneHot() = default;

Example<> OneHot::apply(Example<> input) {
  GRADUS_CHECK_VALUE(input.target.numel() == 1 && !input.target.is_floating_point(),
                     "OneHot: expected one class as an integer, got {} {}", input.target.dtype(),
                     input.target.sizes());
  input.target = as_vectors("OneHot", input.target.reshape({1}), num_classes_).select(0, 0);
  return input;
}

MixUp::MixUp(int64_t num_classes, double alpha) : num_classes_(num_classes), alpha_(alpha) {
  check_classes("MixUp", num_classes);
  GRADUS_CHECK_VALUE(alpha > 0 && std::isfinite(alpha), "MixUp: alpha must be positive, got {}",
                     alpha);
}
MixUp::~MixUp() = default;

Example<> MixUp::apply_batch(Example<> input) {
  Example<> batch = checked_batch("MixUp", input, num_classes_);
  const auto keep = static_cast<float>(Draw().beta(alpha_, alpha_));
  mix_rows(batch.data, keep);
  mix_rows(batch.target, keep);
  return batch;
}

CutMix::CutMix(int64_t num_classes, double alpha) : num_classes_(num_classes), alpha_(alpha) {
  check_classes("CutMix", num_classes);
  GRADUS_CHECK_VALUE(alpha > 0 && std::isfinite(alpha), "CutMix: alpha must be positive, got {}",
                     alpha);
}
CutMix::~CutMix() = default;

Example<> CutMix::apply_batch(Example<> input) {
  Example<> batch = checked_batch("CutMix", input, num_classes_);
  GRADUS_CHECK_VALUE(batch.data.dim() == 4,
                     "CutMix: expected images [N, channels, height, width], got {}",
                     batch.data.sizes());
  const int64_t count = batch.data.size(0), channels = batch.data.size(1);
  const int64_t height = batch.data.size(2), width = batch.data.size(3);
  if (batch.data.numel() == 0) return batch;
  Draw draw;
  // The rectangle has 1 - lambda of the area before it is cut off at the border.
  const double side = std::sqrt(1 - draw.beta(alpha_, alpha_)) / 2;
  const int64_t row = draw.below(height), column = draw.below(width);
  const auto half_height = static_cast<int64_t>(side * static_cast<double>(height));
  const auto half_width = static_cast<int64_t>(side * static_cast<double>(width));
  const int64_t r0 = std::max<int64_t>(row - half_height, 0);
  const int64_t r1 = std::min(row + half_height, height);
  const int64_t c0 = std::max<int64_t>(column - half_width, 0);
  const int64_t c1 = std::min(column + half_width, width);
  const Tensor before = input.data.detach().contiguous();
  const float* src = before.data_ptr<float>();
  float* dst = batch.data.data_ptr<float>();
  const int64_t plane = height * width;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t other = (i + count - 1) % count;
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t r = r0; r < r1; ++r) {
        const int64_t offset = c * plane + r * width + c0;
        std::memcpy(dst + i * channels * plane + offset, src + other * channels * plane + offset,
                    static_cast<size_t>(std::max<int64_t>(c1 - c0, 0)) * sizeof(float));
      }
    }
  }
  const double cut = static_cast<double>((r1 - r0) * (c1 - c0)) / static_cast<double>(plane);
  mix_rows(batch.target, static_cast<float>(1 - cut));
  return batch;
}

}  // namespace gradus::data::transforms
