#include "autograd/ops/resample.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/internal/resampled.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/resample.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::ResampleTaps;

namespace {

enum class Mode { Nearest, NearestExact, Linear, Cubic };

// --- where outputs come from

// How far apart outputs are in the input.
double step(int64_t in, int64_t out, bool align_corners, std::optional<double> scale) {
  if (align_corners) {
    return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
  }
  return scale && *scale > 0 ? 1 / *scale : static_cast<double>(in) / static_cast<double>(out);
}

// The weights of the elements at -1, 0, 1 and 2 for a place t in [0, 1): Keys' kernel.
void cubic_weights(double t, double* w) {
  constexpr double kA = -0.75;
  const auto near = [](double x) { return ((kA + 2) * x - (kA + 3)) * x * x + 1; };
  const auto far = [](double x) { return ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA; };
  w[0] = far(t + 1);
  w[1] = near(t);
  w[2] = near(1 - t);
  w[3] = far(2 - t);
}

ResampleTaps make_taps(Mode mode, int64_t in, int64_t out, bool align_corners,
                       std::optional<double> scale) {
  ResampleTaps taps;
  taps.in = in;
  taps.out = out;
  const int64_t count = mode == Mode::Cubic ? 4 : mode == Mode::Linear ? 2 : 1;
  for (int64_t i = 0; i < out; ++i) taps.first.push_back((i + 1) * count);
  const double each = step(in, out, align_corners, scale);
  const auto add = [&](int64_t place, double weight) {
    taps.places.push_back(std::clamp<int64_t>(place, 0, in - 1));
    taps.weights.push_back(weight);
  };
  for (int64_t i = 0; i < out; ++i) {
    const auto at = static_cast<double>(i);
    if (mode == Mode::Nearest || mode == Mode::NearestExact) {
      // In float, as PyTorch does it for every dtype.
      const float shift = mode == Mode::Nearest ? 0.0f : 0.5f;
      const float place = std::floor((static_cast<float>(i) + shift) * static_cast<float>(each));
      add(static_cast<int64_t>(std::min(place, static_cast<float>(in))), 1);
      continue;
    }
    double x = align_corners ? each * at : each * (at + 0.5) - 0.5;
    if (mode == Mode::Linear) {
      x = std::max(x, 0.0);
      const double first = std::min(std::floor(x), static_cast<double>(in - 1));
      const double t = std::min(x - first, 1.0);
      add(static_cast<int64_t>(first), 1 - t);
      add(static_cast<int64_t>(first) + 1, t);
    } else {
      const double first = std::floor(x);
      double w[4];
      cubic_weights(x - first, w);
      for (int64_t k = 0; k < 4; ++k) add(static_cast<int64_t>(first) - 1 + k, w[k]);
    }
  }
  return taps;
}

// --- all dims

Tensor upsample(const char* op, size_t dims, Mode mode, const Tensor& x, IntArrayRef output_size,
                bool align_corners, const std::vector<std::optional<double>>& scales) {
  require_tensors(op, x);
  GRADUS_CHECK(x.sizes().size() == dims + 2, "{}: expected an input of {} dims, got {}", op,
               dims + 2, x.sizes());
  const bool nearest = mode == Mode::Nearest || mode == Mode::NearestExact;
  const bool bytes = x.dtype() == kByte && (nearest || dims == 2);
  GRADUS_CHECK_TYPE(x.is_floating_point() || bytes, "{}: not implemented for {}", op, x.dtype());
  if (bytes) {
    // Images as they are read. As in PyTorch rounded after the columns, and after the rows.
    const auto in_float = [&](const Tensor& from, IntArrayRef sizes,
                              const std::vector<std::optional<double>>& factors) {
      const Tensor y = upsample(op, dims, mode, from.to(kFloat), sizes, align_corners, factors);
      return (nearest ? y : (y + 0.5).floor().clamp(0, 255)).to(kByte);
    };
    if (nearest || output_size.size() != 2) return in_float(x, output_size, scales);
    return in_float(in_float(x, {x.size(2), output_size[1]}, {std::nullopt, scales[1]}),
                    output_size, {scales[0], std::nullopt});
  }
  GRADUS_CHECK_VALUE(output_size.size() == dims,
                     "{}: expected an output_size of {} numbers, got {}", op, dims, output_size);
  DimVector sizes{x.size(0), x.size(1)};
  GRADUS_CHECK(x.size(1) > 0, "{}: expected channels, got input {}", op, x.sizes());
  for (size_t i = 0; i < dims; ++i) {
    GRADUS_CHECK_VALUE(output_size[i] > 0 && x.sizes()[i + 2] > 0,
                       "{}: input and output sizes should be greater than 0, got input {} and "
                       "output_size {}",
                       op, x.sizes(), output_size);
    GRADUS_CHECK_VALUE(output_size[i] <= INT32_MAX, "{}: output_size {} is too large", op,
                       output_size);
    sizes.push_back(output_size[i]);
  }
  checked_numel(op, sizes);
  Tensor y = x;
  const auto resample_dim = [&](size_t i) {
    const auto dim = static_cast<int64_t>(i) + 2;
    const int64_t in = x.size(dim), out = output_size[i];
    const std::optional<double> scale = i < scales.size() ? scales[i] : std::nullopt;
    // Between as many elements PyTorch interpolates nothing, whatever the scale.
    if (in == out && (mode == Mode::Linear || align_corners || !scale || *scale == 1)) return;
    // The result and the list of taps must be ones that can exist before that is filled.
    DimVector result = to_dims(y.sizes());
    result[i + 2] = out;
    empty(result, x.dtype());
    empty({out, /*most taps, each a place and a weight*/ 8}, kLong);
    y = resampled(op, y, dim,
                  std::make_shared<ResampleTaps>(make_taps(mode, in, out, align_corners, scale)));
  };
  // What shrinks comes first, and what is next to each other in memory while there is little of it.
  for (size_t i = 0; i < dims; ++i) {
    if (output_size[i] <= x.sizes()[i + 2]) resample_dim(i);
  }
  for (size_t i = dims; i-- > 0;) {
    if (output_size[i] > x.sizes()[i + 2]) resample_dim(i);
  }
  return y.is_same(x) ? reshape(x, x.sizes()) : y;
}

}  // namespace

Upsampling::Upsampling(const char* op, const Tensor& x, OptionalIntArrayRef output_size,
                       std::optional<ArrayRef<double>> scale_factors) {
  require_tensors(op, x);
  GRADUS_CHECK_VALUE(output_size.has_value() != scale_factors.has_value(),
                     "{}: expected either output_size or scale_factors", op);
  const auto dims = static_cast<size_t>(std::max<int64_t>(x.dim() - 2, 0));
  const size_t given = output_size ? output_size->size() : scale_factors->size();
  GRADUS_CHECK(given == dims && dims <= std::size(scales),
               "{}: expected {} {}, one for each spatial dim of x {}, got {}", op, dims,
               output_size ? "sizes" : "scale_factors", x.sizes(), given);
  if (output_size) {
    sizes = to_dims(*output_size);
    return;
  }
  for (size_t d = 0; d < dims; ++d) {
    const double factor = (*scale_factors)[d];
    const double size = static_cast<double>(x.sizes()[d + 2]) * factor;
    GRADUS_CHECK_VALUE(size >= 0 && size < 0x1p62, "{}: scale_factor {} is out of range", op,
                       factor);
    sizes.push_back(static_cast<int64_t>(size));
    scales[d] = factor;
  }
}

Tensor upsample_nearest1d(const Tensor& x, IntArrayRef output_size, std::optional<double> scales) {
  return upsample("upsample_nearest1d", 1, Mode::Nearest, x, output_size, false, {scales});
}

Tensor upsample_nearest2d(const Tensor& x, IntArrayRef output_size, std::optional<double> scales_h,
                          std::optional<double> scales_w) {
  return upsample("upsample_nearest2d", 2, Mode::Nearest, x, output_size, false,
                  {scales_h, scales_w});
}

Tensor upsample_nearest3d(const Tensor& x, IntArrayRef output_size, std::optional<double> scales_d,
                          std::optional<double> scales_h, std::optional<double> scales_w) {
  return upsample("upsample_nearest3d", 3, Mode::Nearest, x, output_size, false,
                  {scales_d, scales_h, scales_w});
}

Tensor upsample_nearest_exact(const Tensor& x, IntArrayRef output_size, ArrayRef<double> scales) {
  const OpScope scope("upsample_nearest_exact");
  const char* const op = "upsample_nearest_exact";
  require_tensors(op, x);
  GRADUS_CHECK(x.dim() >= 3 && x.dim() <= 5, "{}: expected an input of 3 to 5 dims, got {}", op,
               x.sizes());
  return upsample(op, x.sizes().size() - 2, Mode::NearestExact, x, output_size, false,
                  {scales.begin(), scales.end()});
}

Tensor upsample_linear1d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                         std::optional<double> scales) {
  return upsample("upsample_linear1d", 1, Mode::Linear, x, output_size, align_corners, {scales});
}

Tensor upsample_bilinear2d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                           std::optional<double> scales_h, std::optional<double> scales_w) {
  return upsample("upsample_bilinear2d", 2, Mode::Linear, x, output_size, align_corners,
                  {scales_h, scales_w});
}

Tensor upsample_trilinear3d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                            std::optional<double> scales_d, std::optional<double> scales_h,
                            std::optional<double> scales_w) {
  return upsample("upsample_trilinear3d", 3, Mode::Linear, x, output_size, align_corners,
                  {scales_d, scales_h, scales_w});
}

Tensor upsample_bicubic2d(const Tensor& x, IntArrayRef output_size, bool align_corners,
                          std::optional<double> scales_h, std::optional<double> scales_w) {
  return upsample("upsample_bicubic2d", 2, Mode::Cubic, x, output_size, align_corners,
                  {scales_h, scales_w});
}

}  // namespace gradus
