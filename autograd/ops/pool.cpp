#include "autograd/ops/pool.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/internal/max_windows.h"
#include "autograd/ops/internal/sliding.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/pool.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::PoolWindows;

namespace {

// What a closure needs to know of the windows; shared, since several nodes keep it.
struct Windows {
  PoolWindows rows, cols;
  int64_t height, width;
  std::vector<int64_t> divisors;  // of a mean
};
using WindowsPtr = std::shared_ptr<const Windows>;

using Pair = std::array<int64_t, 2>;

Pair pair(const char* op, const char* argument, IntArrayRef values) {
  GRADUS_CHECK_VALUE(values.size() == 1 || values.size() == 2,
                     "{}: {} must be one number or two, got {}", op, argument, values);
  return {values.front(), values.back()};
}

void check_input(const char* op, const Tensor& x, Integers integers = Integers::None) {
  require_dense(op, "input", x);
  GRADUS_CHECK(x.dim() == 3 || x.dim() == 4, "{}: expected [N, C, H, W] or [C, H, W], got {}", op,
               x.sizes());
  for (int64_t dim = x.dim() - 3; dim < x.dim(); ++dim) {
    GRADUS_CHECK(x.size(dim) > 0, "{}: expected channels, rows and columns, got input {}", op,
                 x.sizes());
  }
  check_pooled_dtype(op, x, integers);
  // Places inside an image are int32.
  GRADUS_CHECK(saturating(x.size(-1), x.size(-2), 0) <= std::numeric_limits<int32_t>::max(),
               "{}: images of more than 2^31 pixels are not supported, got input {}", op,
               x.sizes());
}

struct Sliding {
  Pair kernel, stride, padding, dilation, out;
};

Sliding sliding(const char* op, const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride,
                IntArrayRef padding, IntArrayRef dilation, bool ceil_mode, Integers integers) {
  check_input(op, x, integers);
  Sliding s;
  s.kernel = pair(op, "kernel_size", kernel_size);
  s.stride = stride.empty() ? s.kernel : pair(op, "stride", stride);
  s.padding = pair(op, "padding", padding);
  s.dilation = pair(op, "dilation", dilation);
  for (size_t i = 0; i < 2; ++i) {
    s.out[i] = pooled_size(op, x,
                           {x.size(static_cast<int64_t>(i) - 2), s.kernel[i], s.stride[i],
                            s.padding[i], s.dilation[i]},
                           ceil_mode);
  }
  return s;
}

std::shared_ptr<Windows> windows_of(const Tensor& x, const Sliding& s) {
  auto windows = std::make_shared<Windows>();
  windows->height = x.size(-2);
  windows->width = x.size(-1);
  windows->rows = kernel::sliding_windows(x.size(-2), s.out[0], s.kernel[0], s.stride[0],
                                          s.padding[0], s.dilation[0]);
  windows->cols = kernel::sliding_windows(x.size(-1), s.out[1], s.kernel[1], s.stride[1],
                                          s.padding[1], s.dilation[1]);
  return windows;
}

// --- maxima: dx is a scatter of dy to the places, whose own backward is a gather

Tensor gather_maxima(const char* op, const Tensor& x, const Tensor& places,
                     const WindowsPtr& windows);

Tensor scatter_maxima(const char* op, const Tensor& dy, const Tensor& places,
                      const WindowsPtr& windows) {
  const OpScope scope(op);
  return record(op, {dy},
                kernel::max_pool2d_backward(dy, places, windows->rows, windows->cols,
                                            windows->height, windows->width),
                [op, places = Saved(places), windows](const Tensor& ddx) -> Grads {
                  return {gather_maxima(op, ddx, places.get(), windows)};
                });
}

Tensor gather_maxima(const char* op, const Tensor& x, const Tensor& places,
                     const WindowsPtr& windows) {
  const OpScope scope(op);
  return record(op, {x}, kernel::gather_places(x, places),
                [op, places = Saved(places), windows](const Tensor& dy) -> Grads {
                  return {scatter_maxima(op, dy, places.get(), windows)};
                });
}

// x is [N, C, H, W].
std::tuple<Tensor, Tensor> maxima_of(const char* op, const Tensor& x, const WindowsPtr& windows) {
  const OpScope scope(op);
  auto [y, places] = kernel::max_pool2d(x, windows->rows, windows->cols);
  record(op, {x}, y, [op, places = Saved(places), windows](const Tensor& dy) -> Grads {
    return {scatter_maxima(op, dy, places.get(), windows)};
  });
  return {y, places};
}

// --- means: linear, so that forward and backward are each other's backward

Tensor mean_backward(const char* op, const Tensor& dy, const WindowsPtr& windows);

Tensor mean_windows(const char* op, const Tensor& x, const WindowsPtr& windows) {
  const OpScope scope(op);
  return record(
      op, {x}, kernel::avg_pool2d(x, windows->rows, windows->cols, windows->divisors),
      [op, windows](const Tensor& dy) -> Grads { return {mean_backward(op, dy, windows)}; });
}

Tensor mean_backward(const char* op, const Tensor& dy, const WindowsPtr& windows) {
  const OpScope scope(op);
  return record(
      op, {dy},
      kernel::avg_pool2d_backward(dy, windows->rows, windows->cols, windows->divisors,
                                  windows->height, windows->width),
      [op, windows](const Tensor& ddx) -> Grads { return {mean_windows(op, ddx, windows)}; });
}

// A [C, H, W] input goes through as a batch of one.
template <class F>
Tensor batched(const Tensor& x, F pool) {
  return x.dim() == 3 ? squeeze(pool(unsqueeze(x, 0)), 0) : pool(x);
}

}  // namespace

std::tuple<Tensor, Tensor> max_of_windows(const char* op, const Tensor& x, PoolWindows rows,
                                          PoolWindows cols) {
  return maxima_of(op, x,
                   std::make_shared<const Windows>(
                       Windows{std::move(rows), std::move(cols), x.size(-2), x.size(-1), {}}));
}

Tensor max_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  const OpScope scope("max_pool2d");
  const Sliding s =
      sliding("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode, Integers::All);
  return batched(x, [&](const Tensor& batch) {
    return std::get<0>(maxima_of("max_pool2d", batch, windows_of(batch, s)));
  });
}

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& x, IntArrayRef kernel_size,
                                                   IntArrayRef stride, IntArrayRef padding,
                                                   IntArrayRef dilation, bool ceil_mode) {
  const OpScope scope("max_pool2d_with_indices");
  const Sliding s = sliding("max_pool2d_with_indices", x, kernel_size, stride, padding, dilation,
                            ceil_mode, Integers::All);
  const Tensor batch = x.dim() == 3 ? unsqueeze(x, 0) : x;
  const auto [y, places] = maxima_of("max_pool2d", batch, windows_of(batch, s));
  const Tensor indices = to(places, kLong);
  if (x.dim() == 3) return {squeeze(y, 0), squeeze(indices, 0)};
  return {y, indices};
}

Tensor avg_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  bool ceil_mode, bool count_include_pad, std::optional<int64_t> divisor_override) {
  const Sliding s =
      sliding("avg_pool2d", x, kernel_size, stride, padding, 1, ceil_mode, Integers::Long);
  GRADUS_CHECK_VALUE(!divisor_override || *divisor_override != 0,
                     "avg_pool2d: divisor_override must not be zero");
  if (!divisor_override) checked_numel("avg_pool2d", {s.kernel[0], s.kernel[1]});
  const auto windows = windows_of(x, s);
  // How many elements count: those inside the input, or inside the padded input.
  const auto count = [&](const PoolWindows& w, size_t axis, int64_t in, int64_t i) {
    if (!count_include_pad) return w.end[static_cast<size_t>(i)] - w.begin[static_cast<size_t>(i)];
    const int64_t begin = i * s.stride[axis] - s.padding[axis];
    return std::min(begin + s.kernel[axis], in + s.padding[axis]) - begin;
  };
  for (int64_t row = 0; row < s.out[0]; ++row) {
    for (int64_t col = 0; col < s.out[1]; ++col) {
      windows->divisors.push_back(
          divisor_override.value_or(count(windows->rows, 0, windows->height, row) *
                                    count(windows->cols, 1, windows->width, col)));
    }
  }
  return batched(x,
                 [&](const Tensor& batch) { return mean_windows("avg_pool2d", batch, windows); });
}

Tensor adaptive_avg_pool2d(const Tensor& x, IntArrayRef output_size) {
  const OpScope scope("adaptive_avg_pool2d");
  const char* const op = "adaptive_avg_pool2d";
  check_input(op, x);
  const Pair out = pair(op, "output_size", output_size);
  GRADUS_CHECK_VALUE(out[0] >= 0 && out[1] >= 0, "{}: output_size must not be negative, got {}", op,
                     output_size);
  // The result and the list of its windows must be ones that can exist before that is filled.
  checked_numel(op, {std::max<int64_t>(x.numel(), 8), out[0], out[1]});
  empty({x.numel() / (x.size(-2) * x.size(-1)), out[0], out[1]}, x.dtype());
  empty({out[0], out[1]}, kLong);
  GRADUS_CHECK_VALUE(out[0] <= std::numeric_limits<int32_t>::max() &&
                         out[1] <= std::numeric_limits<int32_t>::max(),
                     "{}: output_size {} is too large", op, output_size);
  auto windows = std::make_shared<Windows>();
  windows->height = x.size(-2);
  windows->width = x.size(-1);
  windows->rows = kernel::adaptive_windows(x.size(-2), out[0]);
  windows->cols = kernel::adaptive_windows(x.size(-1), out[1]);
  for (size_t row = 0; row < windows->rows.begin.size(); ++row) {
    for (size_t col = 0; col < windows->cols.begin.size(); ++col) {
      windows->divisors.push_back((windows->rows.end[row] - windows->rows.begin[row]) *
                                  (windows->cols.end[col] - windows->cols.begin[col]));
    }
  }
  return batched(x, [&](const Tensor& batch) { return mean_windows(op, batch, windows); });
}

}  // namespace gradus
