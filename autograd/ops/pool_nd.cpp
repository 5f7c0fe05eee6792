#include "autograd/ops/pool_nd.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/max_windows.h"
#include "autograd/ops/internal/sliding.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/pool_nd.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::WindowsNd;

namespace {

using Triple = std::array<int64_t, 3>;

// --- geometry; dims that there are not stand first, with extent 1

Triple triple(const char* op, const char* argument, IntArrayRef values, size_t dims,
              int64_t missing) {
  GRADUS_CHECK_VALUE(values.size() == 1 || values.size() == dims,
                     "{}: {} must be one number or {}, got {}", op, argument, dims, values);
  Triple result;
  result.fill(missing);
  for (size_t i = 0; i < dims; ++i) {
    result[3 - dims + i] = values[values.size() == 1 ? 0 : i];
  }
  return result;
}

// The spatial sizes of x.
Triple checked_input(const char* op, const Tensor& x, size_t dims,
                     Integers integers = Integers::None) {
  require_tensors(op, x);
  const auto rank = static_cast<int64_t>(dims);
  GRADUS_CHECK(x.dim() == rank + 1 || x.dim() == rank + 2,
               "{}: expected {} dims, or {} without a batch, got {}", op, rank + 2, rank + 1,
               x.sizes());
  Triple sizes{1, 1, 1};
  for (int64_t dim = 1; dim <= rank + 1; ++dim) {
    GRADUS_CHECK(x.size(-dim) > 0, "{}: expected sizes beside the batch to be positive, got {}", op,
                 x.sizes());
    if (dim <= rank) sizes[static_cast<size_t>(3 - dim)] = x.size(-dim);
  }
  check_pooled_dtype(op, x, integers);
  return sizes;
}

struct Sliding {
  Triple in, kernel, stride, padding, dilation, out;

  WindowsNd windows() const {
    WindowsNd result;
    for (size_t i = 0; i < 3; ++i) {
      result[i] =
          kernel::sliding_windows(in[i], out[i], kernel[i], stride[i], padding[i], dilation[i]);
    }
    return result;
  }
};

Sliding sliding(const char* op, const Tensor& x, size_t dims, IntArrayRef kernel_size,
                IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool ceil_mode,
                Integers integers) {
  Sliding s;
  s.in = checked_input(op, x, dims, integers);
  s.kernel = triple(op, "kernel_size", kernel_size, dims, 1);
  s.stride = stride.empty() ? s.kernel : triple(op, "stride", stride, dims, 1);
  s.padding = triple(op, "padding", padding, dims, 0);
  s.dilation = triple(op, "dilation", dilation, dims, 1);
  for (size_t i = 0; i < 3; ++i) {
    s.out[i] = pooled_size(op, x, {s.in[i], s.kernel[i], s.stride[i], s.padding[i], s.dilation[i]},
                           ceil_mode);
  }
  return s;
}

WindowsNd adaptive(const char* op, const Tensor& x, const Triple& in, size_t dims,
                   IntArrayRef output_size) {
  const Triple out = triple(op, "output_size", output_size, dims, 1);
  WindowsNd windows;
  for (size_t i = 0; i < 3; ++i) {
    GRADUS_CHECK_VALUE(out[i] >= 0 && out[i] <= std::numeric_limits<int32_t>::max(),
                       "{}: output_size must not be negative, nor above 2^31, got {}", op,
                       output_size);
  }
  // The result and the list of its windows must be ones that can exist before that is filled.
  checked_numel(op, {std::max<int64_t>(x.numel(), 8), out[0], out[1], out[2]});
  empty({x.numel() / (in[0] * in[1] * in[2]), out[0], out[1], out[2]}, x.dtype());
  empty({out[0], out[1], out[2]}, kLong);
  for (size_t i = 0; i < 3; ++i) windows[i] = kernel::adaptive_windows(in[i], out[i]);
  return windows;
}

// x [N, C, ...] or [C, ...] as [planes, a, b, c].
Tensor as_planes(const Tensor& x, const Triple& in) {
  const int64_t size = in[0] * in[1] * in[2];
  return reshape(x, {x.numel() / size, in[0], in[1], in[2]});
}

// The sizes of x with other spatial ones.
DimVector with_spatial(const Tensor& x, size_t dims, const Triple& sizes) {
  DimVector result = to_dims(x.sizes().slice(0, x.sizes().size() - dims));
  for (size_t i = 3 - dims; i < 3; ++i) result.push_back(sizes[i]);
  return result;
}

Triple counts(const WindowsNd& windows) {
  return {windows[0].size(), windows[1].size(), windows[2].size()};
}

// --- maxima: in planes by the kernel of max_pool2d, with places as int32; else the places come
// from a kernel, values and gradients from gather

std::tuple<Tensor, Tensor> max_of(const char* op, const Tensor& x, size_t dims, const Triple& in,
                                  const std::vector<WindowsNd>& windows) {
  const DimVector out_sizes = with_spatial(x, dims, counts(windows[0]));
  if (dims < 3 && windows.size() == 1 && in[1] <= std::numeric_limits<int32_t>::max() / in[2]) {
    const auto [y, places] = max_of_windows(op, as_planes(x, in), windows[0][1], windows[0][2]);
    return {reshape(y, out_sizes), reshape(places, out_sizes)};
  }
  Tensor places;
  {
    NoGradGuard no_grad;
    places = kernel::max_places_nd(as_planes(x.detach(), in).contiguous(), windows);
  }
  const int64_t planes = places.size(0);
  const Tensor flat = reshape(x, {planes, in[0] * in[1] * in[2]});
  const Tensor index = reshape(places, {planes, places.numel() / std::max<int64_t>(planes, 1)});
  return {reshape(gather(flat, 1, index), out_sizes), reshape(places, out_sizes)};
}

// What max_of found, for the user.
std::tuple<Tensor, Tensor> with_indices(const std::tuple<Tensor, Tensor>& maxima) {
  return {std::get<0>(maxima), to(std::get<1>(maxima), kLong)};
}

std::tuple<Tensor, Tensor> max_pool(const char* op, const Tensor& x, size_t dims,
                                    IntArrayRef kernel_size, IntArrayRef stride,
                                    IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  const Sliding s =
      sliding(op, x, dims, kernel_size, stride, padding, dilation, ceil_mode, Integers::All);
  return max_of(op, x, dims, s.in, {s.windows()});
}

std::tuple<Tensor, Tensor> adaptive_max(const char* op, const Tensor& x, size_t dims,
                                        IntArrayRef output_size) {
  const Triple in = checked_input(op, x, dims);
  return with_indices(max_of(op, x, dims, in, {adaptive(op, x, in, dims, output_size)}));
}

// --- means: linear, so that forward and backward are each other's backward

struct MeanWindows {
  const char* op;
  WindowsNd windows;
  std::vector<int64_t> divisors;
  Triple in;
};
using MeanWindowsPtr = std::shared_ptr<const MeanWindows>;

Tensor means_backward(const Tensor& dy, const MeanWindowsPtr& w);

// x is [planes, a, b, c].
Tensor means(const Tensor& x, const MeanWindowsPtr& w) {
  const OpScope scope(w->op);
  Tensor y = kernel::avg_pool_nd(x.detach().contiguous(), w->windows, w->divisors);
  return record(w->op, {x}, std::move(y),
                [w](const Tensor& dy) -> Grads { return {means_backward(dy, w)}; });
}

Tensor means_backward(const Tensor& dy, const MeanWindowsPtr& w) {
  const OpScope scope(w->op);
  Tensor dx =
      kernel::avg_pool_nd_backward(dy.detach().contiguous(), w->windows, w->divisors, w->in);
  return record(w->op, {dy}, std::move(dx),
                [w](const Tensor& ddx) -> Grads { return {means(ddx, w)}; });
}

Tensor mean_of(const Tensor& x, size_t dims, const MeanWindowsPtr& w) {
  return reshape(means(as_planes(x, w->in), w), with_spatial(x, dims, counts(w->windows)));
}

Tensor avg_pool(const char* op, const Tensor& x, size_t dims, IntArrayRef kernel_size,
                IntArrayRef stride, IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                std::optional<int64_t> divisor_override) {
  GRADUS_CHECK_VALUE(!divisor_override || *divisor_override != 0,
                     "{}: divisor_override must not be zero", op);
  const Sliding s =
      sliding(op, x, dims, kernel_size, stride, padding, 1, ceil_mode, Integers::Long);
  if (!divisor_override) checked_numel(op, {s.kernel[0], s.kernel[1], s.kernel[2]});
  auto w = std::make_shared<MeanWindows>(MeanWindows{op, s.windows(), {}, s.in});
  // How many elements of a dim count: those inside the input, or inside the padded input.
  const auto count = [&](size_t dim, int64_t i) {
    const auto at = static_cast<size_t>(i);
    if (!count_include_pad) return w->windows[dim].end[at] - w->windows[dim].begin[at];
    const int64_t begin = i * s.stride[dim] - s.padding[dim];
    return std::min(begin + s.kernel[dim], s.in[dim] + s.padding[dim]) - begin;
  };
  for (int64_t i = 0; i < s.out[0]; ++i) {
    for (int64_t j = 0; j < s.out[1]; ++j) {
      for (int64_t k = 0; k < s.out[2]; ++k) {
        w->divisors.push_back(divisor_override.value_or(count(0, i) * count(1, j) * count(2, k)));
      }
    }
  }
  return mean_of(x, dims, w);
}

Tensor adaptive_avg(const char* op, const Tensor& x, size_t dims, IntArrayRef output_size) {
  const Triple in = checked_input(op, x, dims);
  auto w = std::make_shared<MeanWindows>(
      MeanWindows{op, adaptive(op, x, in, dims, output_size), {}, in});
  const auto length = [&](size_t dim, int64_t i) {
    const auto at = static_cast<size_t>(i);
    return w->windows[dim].end[at] - w->windows[dim].begin[at];
  };
  for (int64_t i = 0; i < w->windows[0].size(); ++i) {
    for (int64_t j = 0; j < w->windows[1].size(); ++j) {
      for (int64_t k = 0; k < w->windows[2].size(); ++k)
        w->divisors.push_back(length(0, i) * length(1, j) * length(2, k));
    }
  }
  return mean_of(x, dims, w);
}

// --- random windows

// `out` windows of `kernel` elements: sample in [0, 1) shifts where they fall between 0 and the
// end.
template <class T>
kernel::PoolWindows random_windows(int64_t in, int64_t out, int64_t kernel, T sample) {
  kernel::PoolWindows windows;
  const T alpha = out > 1 ? static_cast<T>(in - kernel) / static_cast<T>(out - 1) : T(0);
  const auto place = [&](T i) { return static_cast<int64_t>((i + sample) * alpha); };
  for (int64_t i = 0; i < out; ++i) {
    const int64_t begin = i + 1 < out ? place(static_cast<T>(i)) - place(T(0)) : in - kernel;
    windows.begin.push_back(std::clamp<int64_t>(begin, 0, in - kernel));
    windows.end.push_back(windows.begin.back() + kernel);
  }
  return windows;
}

std::tuple<Tensor, Tensor> fractional_max(const char* op, const Tensor& x, size_t dims,
                                          IntArrayRef kernel_size, IntArrayRef output_size,
                                          const Tensor& random_samples) {
  if (autocast::is_on())
    return autocast::in_float32(fractional_max, op, x, dims, kernel_size, output_size,
                                random_samples);
  const Triple in = checked_input(op, x, dims);
  require_tensors(op, random_samples);
  const Triple kernel = triple(op, "kernel_size", kernel_size, dims, 1);
  const Triple out = triple(op, "output_size", output_size, dims, 1);
  for (size_t i = 0; i < 3; ++i) {
    GRADUS_CHECK_VALUE(
        kernel[i] > 0 && out[i] > 0 && kernel[i] <= in[i] && out[i] <= in[i] - kernel[i] + 1,
        "{}: kernel_size {} and output_size {} must be positive and fit into the "
        "input {}",
        op, kernel_size, output_size, x.sizes());
  }
  const bool batched = x.dim() == static_cast<int64_t>(dims) + 2;
  const int64_t n = batched ? x.size(0) : 1, channels = x.size(batched ? 1 : 0);
  const DimVector expected{n, channels, static_cast<int64_t>(dims)};
  GRADUS_CHECK(random_samples.sizes() == IntArrayRef(expected),
               "{}: expected random_samples of shape {}, got {}", op, IntArrayRef(expected),
               random_samples.sizes());
  GRADUS_CHECK_TYPE(random_samples.dtype() == x.dtype(),
                    "{}: expected random_samples of dtype {}, got {}", op, x.dtype(),
                    random_samples.dtype());
  if (n == 0) {
    return with_indices(max_of(op, x, dims, in, {adaptive(op, x, in, dims, output_size)}));
  }
  const Tensor samples = to(random_samples.detach(), kDouble).contiguous();
  const double* sample = samples.data_ptr<double>();
  std::vector<WindowsNd> windows(static_cast<size_t>(n * channels));
  for (WindowsNd& plane : windows) {
    for (size_t i = 0; i < 3; ++i) {
      // Of two dims the first number is that of the columns.
      const size_t missing = 3 - dims;
      const double u = i < missing ? 0 : sample[dims == 2 ? 2 - i : i - missing];
      plane[i] = x.dtype() == kDouble
                     ? random_windows<double>(in[i], out[i], kernel[i], u)
                     : random_windows<float>(in[i], out[i], kernel[i], static_cast<float>(u));
    }
    sample += dims;
  }
  return with_indices(max_of(op, x, dims, in, windows));
}

// --- inverses

Tensor max_unpool(const char* op, const Tensor& x, const Tensor& indices, size_t dims,
                  IntArrayRef output_size) {
  require_tensors(op, x, indices);
  const Triple in = checked_input(op, x, dims);
  GRADUS_CHECK_TYPE(indices.dtype() == kLong, "{}: expected indices of dtype Long, got {}", op,
                    indices.dtype());
  GRADUS_CHECK(indices.sizes() == x.sizes(), "{}: expected indices of the shape of x {}, got {}",
               op, x.sizes(), indices.sizes());
  GRADUS_CHECK_VALUE(output_size.size() == dims, "{}: output_size must have {} elements, got {}",
                     op, dims, output_size);
  const Triple out = triple(op, "output_size", output_size, dims, 1);
  const int64_t places = checked_numel(op, {out[0], out[1], out[2]});
  const int64_t count = in[0] * in[1] * in[2], planes = x.numel() / count;
  checked_numel(op, {planes, places});
  const Tensor list = reshape(indices, {planes, count}).contiguous();
  const int64_t* const p = list.data_ptr<int64_t>();
  for (int64_t i = 0; i < list.numel(); ++i) {
    GRADUS_CHECK_INDEX(p[i] >= 0 && p[i] < places,
                       "{}: index {} is out of range for an output of size {}", op, p[i],
                       output_size);
  }
  const Tensor y =
      scatter(zeros({planes, places}, x.options()), 1, list, reshape(x, {planes, count}));
  return reshape(y, with_spatial(x, dims, out));
}

}  // namespace

Tensor max_pool1d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  const OpScope scope("max_pool1d");
  return std::get<0>(
      max_pool("max_pool1d", x, 1, kernel_size, stride, padding, dilation, ceil_mode));
}

std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& x, IntArrayRef kernel_size,
                                                   IntArrayRef stride, IntArrayRef padding,
                                                   IntArrayRef dilation, bool ceil_mode) {
  const OpScope scope("max_pool1d_with_indices");
  return with_indices(
      max_pool("max_pool1d_with_indices", x, 1, kernel_size, stride, padding, dilation, ceil_mode));
}

Tensor max_pool3d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  if (autocast::is_on())
    return autocast::in_float32(max_pool3d, x, kernel_size, stride, padding, dilation, ceil_mode);
  const OpScope scope("max_pool3d");
  return std::get<0>(
      max_pool("max_pool3d", x, 3, kernel_size, stride, padding, dilation, ceil_mode));
}

std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& x, IntArrayRef kernel_size,
                                                   IntArrayRef stride, IntArrayRef padding,
                                                   IntArrayRef dilation, bool ceil_mode) {
  if (autocast::is_on())
    return autocast::in_float32(max_pool3d_with_indices, x, kernel_size, stride, padding, dilation,
                                ceil_mode);
  const OpScope scope("max_pool3d_with_indices");
  return max_pool("max_pool3d_with_indices", x, 3, kernel_size, stride, padding, dilation,
                  ceil_mode);
}

Tensor avg_pool1d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  bool ceil_mode, bool count_include_pad) {
  const OpScope scope("avg_pool1d");
  return avg_pool("avg_pool1d", x, 1, kernel_size, stride, padding, ceil_mode, count_include_pad,
                  std::nullopt);
}

Tensor avg_pool3d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  bool ceil_mode, bool count_include_pad, std::optional<int64_t> divisor_override) {
  if (autocast::is_on())
    return autocast::in_float32(avg_pool3d, x, kernel_size, stride, padding, ceil_mode,
                                count_include_pad, divisor_override);
  const OpScope scope("avg_pool3d");
  return avg_pool("avg_pool3d", x, 3, kernel_size, stride, padding, ceil_mode, count_include_pad,
                  divisor_override);
}

Tensor adaptive_avg_pool1d(const Tensor& x, IntArrayRef output_size) {
  const OpScope scope("adaptive_avg_pool1d");
  return adaptive_avg("adaptive_avg_pool1d", x, 1, output_size);
}

Tensor adaptive_avg_pool3d(const Tensor& x, IntArrayRef output_size) {
  if (autocast::is_on()) return autocast::in_float32(adaptive_avg_pool3d, x, output_size);
  const OpScope scope("adaptive_avg_pool3d");
  return adaptive_avg("adaptive_avg_pool3d", x, 3, output_size);
}

std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& x, IntArrayRef output_size) {
  const OpScope scope("adaptive_max_pool1d");
  return adaptive_max("adaptive_max_pool1d", x, 1, output_size);
}

std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& x, IntArrayRef output_size) {
  const OpScope scope("adaptive_max_pool2d");
  return adaptive_max("adaptive_max_pool2d", x, 2, output_size);
}

std::tuple<Tensor, Tensor> adaptive_max_pool3d(const Tensor& x, IntArrayRef output_size) {
  if (autocast::is_on()) return autocast::in_float32(adaptive_max_pool3d, x, output_size);
  const OpScope scope("adaptive_max_pool3d");
  return adaptive_max("adaptive_max_pool3d", x, 3, output_size);
}

std::tuple<Tensor, Tensor> fractional_max_pool2d(const Tensor& x, IntArrayRef kernel_size,
                                                 IntArrayRef output_size,
                                                 const Tensor& random_samples) {
  const OpScope scope("fractional_max_pool2d");
  return fractional_max("fractional_max_pool2d", x, 2, kernel_size, output_size, random_samples);
}

std::tuple<Tensor, Tensor> fractional_max_pool3d(const Tensor& x, IntArrayRef kernel_size,
                                                 IntArrayRef output_size,
                                                 const Tensor& random_samples) {
  const OpScope scope("fractional_max_pool3d");
  return fractional_max("fractional_max_pool3d", x, 3, kernel_size, output_size, random_samples);
}

Tensor max_unpool1d(const Tensor& x, const Tensor& indices, IntArrayRef output_size) {
  const OpScope scope("max_unpool1d");
  return max_unpool("max_unpool1d", x, indices, 1, output_size);
}

Tensor max_unpool2d(const Tensor& x, const Tensor& indices, IntArrayRef output_size) {
  const OpScope scope("max_unpool2d");
  return max_unpool("max_unpool2d", x, indices, 2, output_size);
}

Tensor max_unpool3d(const Tensor& x, const Tensor& indices, IntArrayRef output_size) {
  const OpScope scope("max_unpool3d");
  return max_unpool("max_unpool3d", x, indices, 3, output_size);
}

}  // namespace gradus
