#include "nn/functional/vision.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/fold.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/pool.h"
#include "autograd/ops/pool_nd.h"
#include "autograd/ops/resample.h"
#include "core/factory.h"

namespace gradus::nn::functional {

namespace {

constexpr const char* kOp = "interpolate";

// The spatial sizes of the output.
std::vector<int64_t> output_sizes(const Tensor& input, const InterpolateFuncOptions& o) {
  GRADUS_CHECK_VALUE(o.size().has_value() != o.scale_factor().has_value(),
                     "{}: {} of size and scale_factor should be defined", kOp,
                     o.size() ? "only one" : "one");
  const auto dims = static_cast<size_t>(input.dim() - 2);
  const auto check = [&](const char* what, size_t count) {
    GRADUS_CHECK_VALUE(count == 1 || count == dims,
                       "{}: {} must have one element or match the {} spatial dims of input {}, got "
                       "{}",
                       kOp, what, dims, input.sizes(), count);
  };
  if (o.size()) {
    check("size", o.size()->size());
    return o.size()->size() == dims ? *o.size() : std::vector<int64_t>(dims, o.size()->front());
  }
  check("scale_factor", o.scale_factor()->size());
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < dims; ++i) {
    const double scale = (*o.scale_factor())[o.scale_factor()->size() == dims ? i : 0];
    const double size = std::floor(static_cast<double>(input.sizes()[i + 2]) * scale);
    GRADUS_CHECK_VALUE(size >= 1 && size <= INT32_MAX,
                       "{}: scale_factor {} gives an output without elements, or too many (input "
                       "{})",
                       kOp, scale, input.sizes());
    sizes.push_back(static_cast<int64_t>(size));
  }
  return sizes;
}

Tensor area(const Tensor& input, const std::vector<int64_t>& size) {
  if (input.dim() == 3) return gradus::adaptive_avg_pool1d(input, size);
  if (input.dim() == 4) return gradus::adaptive_avg_pool2d(input, size);
  return gradus::adaptive_avg_pool3d(input, size);
}

// What an output of antialiased resampling takes of each input: a matrix [out, in]. The kernel is
// stretched by the scale where that is above 1, and its weights on the input sum to 1.
Tensor antialias_weights(int64_t in, int64_t out, double scale, bool cubic, ScalarType dtype) {
  constexpr double a = -0.5;  // of the cubic kernel, Keys 1981
  const auto kernel = [&](double x) {
    x = std::abs(x);
    if (!cubic) return x < 1 ? 1 - x : 0;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  };
  const double stretch = std::max(scale, 1.0), radius = (cubic ? 2 : 1) * stretch;
  const Tensor weights = zeros({out, in}, kDouble);
  for (int64_t i = 0; i < out; ++i) {
    double* row = weights.data_ptr<double>() + i * in;
    const double center = scale * (static_cast<double>(i) + 0.5);
    // Truncated towards 0, as PyTorch does.
    const int64_t first = std::max<int64_t>(static_cast<int64_t>(center - radius + 0.5), 0);
    const int64_t end = std::min<int64_t>(static_cast<int64_t>(center + radius + 0.5), in);
    double sum = 0;
    for (int64_t j = first; j < end; ++j)
      sum += row[j] = kernel((static_cast<double>(j) - center + 0.5) / stretch);
    for (int64_t j = first; j < end && sum != 0; ++j) row[j] /= sum;
  }
  return weights.to(dtype);
}

// Bilinear or bicubic: y = H x W^T in each channel, the matrices those of antialias_weights.
Tensor antialiased(const Tensor& input, const std::vector<int64_t>& size, bool cubic, bool corners,
                   const std::vector<double>& factors) {
  GRADUS_CHECK_TYPE(input.is_floating_point(), "{}: expected a floating-point input, got {}", kOp,
                    input.dtype());
  const auto weights = [&](int64_t dim) {
    const int64_t in = input.size(dim + 2), out = size[static_cast<size_t>(dim)];
    GRADUS_CHECK_VALUE(in > 0 && out > 0 && in <= INT32_MAX && out <= INT32_MAX,
                       "{}: sizes must be positive and below 2^31, got input {} and size {}", kOp,
                       input.sizes(), IntArrayRef(size));
    double scale = static_cast<double>(in) / static_cast<double>(out);
    if (corners) {
      scale = out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
    } else if (in != out && !factors.empty() && factors[static_cast<size_t>(dim)] > 0) {
      scale = 1 / factors[static_cast<size_t>(dim)];
    }
    return antialias_weights(in, out, scale, cubic, input.dtype());
  };
  return matmul(matmul(weights(0), input), weights(1).t());
}

}  // namespace

Tensor fold(const Tensor& input, const FoldFuncOptions& options) {
  return col2im(input, options.output_size(), options.kernel_size(), options.dilation(),
                options.padding(), options.stride());
}

Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options) {
  return im2col(input, options.kernel_size(), options.dilation(), options.padding(),
                options.stride());
}

Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& o) {
  GRADUS_CHECK(input.defined() && input.dim() >= 3 && input.dim() <= 5,
               "{}: expected an input of 3 to 5 dims, got {}", kOp,
               input.defined() ? to_string(input.sizes()) : "undefined");
  const auto is = [&](auto mode) { return std::holds_alternative<decltype(mode)>(o.mode()); };
  const bool has_corners =
      !is(enumtype::kNearest()) && !is(enumtype::kNearestExact()) && !is(enumtype::kArea());
  GRADUS_CHECK_VALUE(
      has_corners || !o.align_corners().has_value(),
      "{}: align_corners can only be set with the modes kLinear, kBilinear, kBicubic "
      "and kTrilinear",
      kOp);
  const bool can_antialias =
      input.dim() == 4 && (is(enumtype::kBilinear()) || is(enumtype::kBicubic()));
  GRADUS_CHECK_VALUE(!o.antialias() || can_antialias,
                     "{}: antialias is restricted to the modes kBilinear and kBicubic and an input "
                     "of 4 dims, got {}",
                     kOp, input.sizes());
  const std::vector<int64_t> size = output_sizes(input, o);
  const bool recompute = o.recompute_scale_factor().value_or(false);
  GRADUS_CHECK_VALUE(!recompute || o.scale_factor(),
                     "{}: recompute_scale_factor is not meaningful with an explicit size", kOp);
  if (is(enumtype::kArea())) return area(input, size);

  const auto dims = static_cast<size_t>(input.dim() - 2);
  std::vector<double> factors;
  if (o.scale_factor() && !recompute) {
    factors = *o.scale_factor();
    if (factors.size() == 1) factors.resize(dims, factors[0]);
  }
  const auto scale = [&](size_t i) {
    return factors.empty() ? std::nullopt : std::optional<double>(factors[i]);
  };
  const bool corners = o.align_corners().value_or(false);
  if (o.antialias()) return antialiased(input, size, is(enumtype::kBicubic()), corners, factors);
  if (is(enumtype::kNearestExact())) return upsample_nearest_exact(input, size, factors);
  if (is(enumtype::kNearest())) {
    if (dims == 1) return upsample_nearest1d(input, size, scale(0));
    if (dims == 2) return upsample_nearest2d(input, size, scale(0), scale(1));
    return upsample_nearest3d(input, size, scale(0), scale(1), scale(2));
  }
  if (dims == 1 && is(enumtype::kLinear()))
    return upsample_linear1d(input, size, corners, scale(0));
  if (dims == 2 && is(enumtype::kBilinear())) {
    return upsample_bilinear2d(input, size, corners, scale(0), scale(1));
  }
  if (dims == 2 && is(enumtype::kBicubic())) {
    return upsample_bicubic2d(input, size, corners, scale(0), scale(1));
  }
  if (dims == 3 && is(enumtype::kTrilinear())) {
    return upsample_trilinear3d(input, size, corners, scale(0), scale(1), scale(2));
  }
  constexpr const char* kModes[] = {"kNearest",   "kLinear", "kBilinear",    "kBicubic",
                                    "kTrilinear", "kArea",   "kNearestExact"};
  gradus::detail::throw_error<NotImplementedError>("{}: got an input of {} dims for the mode {}",
                                                   kOp, input.dim(), kModes[o.mode().index()]);
}

Tensor grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options) {
  return grid_sampler(input, grid, static_cast<GridMode>(options.mode().index()),
                      static_cast<GridPadding>(options.padding_mode().index()),
                      options.align_corners().value_or(false));
}

Tensor affine_grid(const Tensor& theta, IntArrayRef size, bool align_corners) {
  return affine_grid_generator(theta, size, align_corners);
}

}  // namespace gradus::nn::functional
