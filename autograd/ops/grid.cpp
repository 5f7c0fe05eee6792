#include "core/kernels/grid.h"

#include <cstdint>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/recompute.h"
#include "autograd/ops/join.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/resample.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// Places in a dim of `size` elements from grid numbers in [-1, 1].
Tensor unnormalized(const Tensor& u, int64_t size, bool align_corners) {
  const auto n = static_cast<double>(size);
  return align_corners ? mul(add(u, 1), (n - 1) / 2) : mul(sub(mul(add(u, 1), n), 1), 0.5);
}

// x mirrored at low / 2 and high / 2 until it lies in between.
Tensor reflected(const Tensor& x, int64_t low, int64_t high) {
  if (low == high) return mul(x, 0);
  const double min = static_cast<double>(low) / 2, span = static_cast<double>(high - low) / 2;
  const Tensor distance = abs(sub(x, min));
  Tensor flips;
  {
    NoGradGuard no_grad;
    flips = floor(div(distance.detach(), span));
  }
  const Tensor rest = sub(distance, mul(flips, span));
  const Tensor even = eq(remainder(flips, 2), 0);
  return add(where(even, rest, sub(rest, span).neg()), min);
}

// Places brought into the image, as the padding asks for.
Tensor padded(const Tensor& x, int64_t size, GridPadding padding, bool align_corners) {
  if (padding == GridPadding::Zeros) return x;
  const Tensor inside = padding == GridPadding::Border ? x
                        : align_corners                ? reflected(x, 0, 2 * (size - 1))
                                                       : reflected(x, -1, 2 * size - 1);
  return clamp(inside, 0, static_cast<double>(size - 1));
}

// Elements of one dim that a place looks at.
struct Tap {
  Tensor index;   // int64, in range
  Tensor weight;  // 0 where the element lies outside
};

Tap make_tap(const Tensor& place, const Tensor& weight, int64_t size) {
  Tap tap;
  Tensor outside;
  {
    NoGradGuard no_grad;
    const auto last = static_cast<double>(size - 1);
    outside = logical_not(logical_and(ge(place, 0), le(place, last)));
    tap.index = to(clamp(masked_fill(place, outside, 0), 0, last), kLong);
  }
  tap.weight = masked_fill(weight, outside, 0);
  return tap;
}

Tensor cubic(const Tensor& t, bool far) {
  constexpr double kA = -0.75;
  if (far) return sub(mul(add(mul(sub(mul(t, kA), 5 * kA), t), 8 * kA), t), 4 * kA);
  return add(mul(mul(sub(mul(t, kA + 2), kA + 3), t), t), 1);
}

// The taps of a dim for the grid's numbers u, [N, P].
std::vector<Tap> taps_of(const Tensor& u, int64_t size, GridMode mode, GridPadding padding,
                         bool align_corners) {
  Tensor x = unnormalized(u, size, align_corners);
  if (mode != GridMode::Bicubic) x = padded(x, size, padding, align_corners);
  if (mode == GridMode::Nearest) {
    // Constant between the jumps: a weight of 1 whose gradient is 0.
    return {make_tap(round(x.detach()), add(mul(x, 0), 1), size)};
  }
  Tensor first;
  {
    NoGradGuard no_grad;
    first = floor(x.detach());
  }
  const Tensor t = sub(x, first);
  if (mode == GridMode::Bilinear) {
    return {make_tap(first, sub(mul(t, -1), -1), size), make_tap(add(first, 1), t, size)};
  }
  const Tensor rest = sub(mul(t, -1), -1);
  const Tensor weights[] = {cubic(add(t, 1), true), cubic(t, false), cubic(rest, false),
                            cubic(add(rest, 1), true)};
  std::vector<Tap> taps;
  for (int k = 0; k < 4; ++k) {
    const Tensor place = padded(add(first, k - 1), size, padding, align_corners);
    taps.push_back(make_tap(place, weights[k], size));
  }
  return taps;
}

// What the kernel computes, by ops alone: for the second derivative.
Tensor composed(const Tensor& x, const Tensor& grid, const kernel::GridSampling& how) {
  const int64_t n = x.size(0), channels = x.size(1), dims = x.dim() - 2;
  DimVector sizes{n, channels};
  int64_t pixels = 1, places = 1;
  for (int64_t d = 0; d < dims; ++d) {
    sizes.push_back(grid.size(d + 1));
    pixels *= x.size(d + 2);
    places *= grid.size(d + 1);
  }
  const Tensor flat = reshape(x, {n, channels, pixels});
  const Tensor points = reshape(grid, {n, places, dims});

  // The taps of all dims so far: first the rows (or planes), last the columns.
  std::vector<Tap> taps;
  for (int64_t d = 0; d < dims; ++d) {
    const int64_t size = x.size(d + 2);
    // The grid names the columns first.
    const std::vector<Tap> own =
        taps_of(select(points, -1, dims - 1 - d), size, how.mode, how.padding, how.align_corners);
    if (d == 0) {
      taps = own;
      continue;
    }
    std::vector<Tap> joined;
    for (const Tap& a : taps) {
      for (const Tap& b : own) {
        joined.push_back({add(mul(a.index, size), b.index), mul(a.weight, b.weight)});
      }
    }
    taps = std::move(joined);
  }
  Tensor y;
  for (const Tap& tap : taps) {
    const Tensor index = expand(unsqueeze(tap.index, 1), {n, channels, places});
    const Tensor part = mul(gather(flat, 2, index), unsqueeze(tap.weight, 1));
    y = y.defined() ? add(y, part) : part;
  }
  return reshape(y, sizes);
}

}  // namespace

Tensor grid_sampler(const Tensor& x, const Tensor& grid, GridMode interpolation_mode,
                    GridPadding padding_mode, bool align_corners) {
  if (autocast::is_on()) {
    return autocast::in_float32(
        [&](const Tensor& wide_x, const Tensor& wide_grid) {
          return grid_sampler(wide_x, wide_grid, interpolation_mode, padding_mode, align_corners);
        },
        x, grid);
  }
  const OpScope scope("grid_sampler");
  const char* const op = "grid_sampler";
  const kernel::GridSampling how{interpolation_mode, padding_mode, align_corners};
  require_tensors(op, x, grid);
  GRADUS_CHECK_TYPE(x.is_floating_point() && grid.dtype() == x.dtype(),
                    "{}: expected input and grid of one floating-point dtype, got {} and {}", op,
                    x.dtype(), grid.dtype());
  GRADUS_CHECK((x.dim() == 4 || x.dim() == 5) && grid.dim() == x.dim(),
               "{}: expected input and grid of 4 or 5 dims, got {} and {}", op, x.sizes(),
               grid.sizes());
  const int64_t dims = x.dim() - 2;
  GRADUS_CHECK(grid.size(-1) == dims && grid.size(0) == x.size(0),
               "{}: expected a grid of {} images with {} in the last dim, got {} (input {})", op,
               x.size(0), dims, grid.sizes(), x.sizes());
  for (int64_t dim = 1; dim < x.dim(); ++dim) {
    GRADUS_CHECK(x.size(dim) > 0, "{}: expected an input with elements, got {}", op, x.sizes());
  }
  GRADUS_CHECK_AS(NotImplementedError, interpolation_mode != GridMode::Bicubic || dims == 2,
                  "{}: bicubic interpolation only supports 4 dims, got input {}", op, x.sizes());
  double pixels = 1;
  for (int64_t d = 0; d < dims; ++d) pixels *= static_cast<double>(x.size(d + 2));
  if (pixels > INT32_MAX) return composed(x, grid, how);  // more than the kernel counts
  return record(op, {x, grid}, kernel::grid_sample(x.detach(), grid.detach(), how),
                [saved_x = Saved(x), saved_grid = Saved(grid), how](const Tensor& dy,
                                                                    const Needs& needs) -> Grads {
                  const Tensor x = saved_x.get(), grid = saved_grid.get();
                  if (GradMode::is_enabled()) {
                    return recompute_gradients(
                        [&](const std::vector<Tensor>& inputs) {
                          return std::vector<Tensor>{composed(inputs[0], inputs[1], how)};
                        },
                        {x, grid}, {dy}, needs);
                  }
                  const auto [dx, dgrid] =
                      kernel::grid_sample_backward(dy, x, grid, how, needs[0], needs[1]);
                  return {dx.defined() ? to(dx, x.dtype()) : dx, dgrid};
                });
}

Tensor grid_sampler(const Tensor& x, const Tensor& grid, int64_t interpolation_mode,
                    int64_t padding_mode, bool align_corners) {
  GRADUS_CHECK_VALUE(interpolation_mode >= 0 && interpolation_mode <= 2,
                     "grid_sampler: interpolation_mode must be 0, 1 or 2, got {}",
                     interpolation_mode);
  GRADUS_CHECK_VALUE(padding_mode >= 0 && padding_mode <= 2,
                     "grid_sampler: padding_mode must be 0, 1 or 2, got {}", padding_mode);
  return grid_sampler(x, grid, GridMode{interpolation_mode}, GridPadding{padding_mode},
                      align_corners);
}

Tensor affine_grid_generator(const Tensor& theta, IntArrayRef size, bool align_corners) {
  const OpScope scope("affine_grid_generator");
  const char* const op = "affine_grid_generator";
  require_tensors(op, theta);
  GRADUS_CHECK_TYPE(theta.is_floating_point(),
                    "{}: expected theta of a floating-point dtype, got {}", op, theta.dtype());
  GRADUS_CHECK_VALUE(size.size() == 4 || size.size() == 5,
                     "{}: expected a size of 4 or 5 numbers, got {}", op, size);
  const auto dims = static_cast<int64_t>(size.size()) - 2;
  const DimVector expected{size[0], dims, dims + 1};
  GRADUS_CHECK(theta.sizes() == IntArrayRef(expected), "{}: expected theta of shape {}, got {}", op,
               IntArrayRef(expected), theta.sizes());
  DimVector grid_sizes;
  for (int64_t d = 0; d < dims; ++d) {
    const int64_t n = size[static_cast<size_t>(d) + 2];
    GRADUS_CHECK_VALUE(n > 0, "{}: sizes must be positive, got {}", op, size);
    grid_sizes.push_back(n);
  }
  grid_sizes.push_back(1);
  checked_numel(op, grid_sizes);
  // (column, row, plane, 1) of each place.
  std::vector<Tensor> coordinates;
  for (int64_t d = dims - 1; d >= 0; --d) {
    const int64_t n = grid_sizes[static_cast<size_t>(d)];
    Tensor line = n > 1 ? linspace(-1, 1, n, theta.options()) : zeros({1}, theta.options());
    if (!align_corners) {
      line = mul(line, static_cast<double>(n - 1) / static_cast<double>(n));
    }
    DimVector shape(grid_sizes.size(), 1);
    shape[static_cast<size_t>(d)] = n;
    coordinates.push_back(expand(reshape(line, shape), grid_sizes));
  }
  coordinates.push_back(ones(grid_sizes, theta.options()));
  const Tensor base = reshape(cat(coordinates, -1), {1, -1, dims + 1});
  DimVector result{size[0]};
  for (int64_t d = 0; d < dims; ++d) result.push_back(grid_sizes[static_cast<size_t>(d)]);
  result.push_back(dims);
  return reshape(matmul(base, mT(theta)), result);
}

}  // namespace gradus
