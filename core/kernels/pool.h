#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "core/tensor.h"

namespace gradus::kernel {

// Pooling over the last two dims of [N, C, H, W]. A channels-last input is pooled as it lies, with
// vectors over the channels; any other as N * C images of one channel. Results have the order of
// the input.

/// The elements of one dim that each output element looks at: begin, begin + step, ... below end.
struct PoolWindows {
  std::vector<int64_t> begin, end;
  int64_t step = 1;

  int64_t size() const { return static_cast<int64_t>(begin.size()); }
};

/// Windows of `kernel` elements, `dilation` apart, at every `stride`, inside of [0, in).
/// The caller has checked that every window holds an element.
PoolWindows sliding_windows(int64_t in, int64_t out, int64_t kernel, int64_t stride,
                            int64_t padding, int64_t dilation);

/// floor(i in / out) to ceil((i + 1) in / out).
PoolWindows adaptive_windows(int64_t in, int64_t out);

/// (maxima, their places h * W + w as int32). A NaN is the maximum; of equal values the first
/// counts.
std::tuple<Tensor, Tensor> max_pool2d(const Tensor& x, const PoolWindows& rows,
                                      const PoolWindows& cols);
/// dx of [N, C, height, width]: each dy is added where its maximum was. `places` must be those of
/// such windows.
Tensor max_pool2d_backward(const Tensor& dy, const Tensor& places, const PoolWindows& rows,
                           const PoolWindows& cols, int64_t height, int64_t width);
/// y at (n, c, place): what max_pool2d_backward's own backward is.
Tensor gather_places(const Tensor& x, const Tensor& places);

/// Sums over windows divided by divisors[row * cols.size() + col].
Tensor avg_pool2d(const Tensor& x, const PoolWindows& rows, const PoolWindows& cols,
                  const std::vector<int64_t>& divisors);
/// dx of [N, C, height, width]: each dy divided by its divisor is added to all elements of its
/// window.
Tensor avg_pool2d_backward(const Tensor& dy, const PoolWindows& rows, const PoolWindows& cols,
                           const std::vector<int64_t>& divisors, int64_t height, int64_t width);

}  // namespace gradus::kernel
