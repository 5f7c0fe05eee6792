#pragma once

// Private: what the fast and the plain convolution share.

#include <cstdint>

#include "core/kernels/conv.h"

namespace gradus::kernel {

/// The passes of a convolution and of its backward.
enum class ConvPass : int64_t { kForward, kBackwardData, kBackwardWeights };

/// A convolution with three spatial dims; those that it does not have stand first, with extent 1.
struct ConvProblem {
  int64_t n, c, o, groups;
  int64_t in[3], out[3], kernel[3], stride[3], padding[3], dilation[3];
  int spatial;  // dims it has: 1, 2 or 3

  int64_t in_pixels() const { return in[0] * in[1] * in[2]; }
  int64_t out_pixels() const { return out[0] * out[1] * out[2]; }
  int64_t kernel_pixels() const { return kernel[0] * kernel[1] * kernel[2]; }
  /// Extent of the dilated kernel.
  int64_t reach(int d) const { return (kernel[d] - 1) * dilation[d] + 1; }
};

ConvProblem convolution_problem(IntArrayRef x_sizes, IntArrayRef w_sizes,
                                const ConvGeometry& geometry);

/// Strides under which the channels (dim 1) of a pixel lie side by side.
DimVector channels_last_strides(IntArrayRef sizes);

/// An uninitialized tensor whose channels (dim 1) lie side by side.
Tensor empty_channels_last(IntArrayRef sizes, ScalarType dtype);

/// Whether the elements of x lie like that.
bool is_dense_channels_last(const Tensor& x);

/// x itself if is_dense_channels_last(x), else a copy.
Tensor to_channels_last(const Tensor& x);

/// x itself if it is row-major, else a copy.
Tensor to_row_major(const Tensor& x);

/// x itself if it has this dtype, else a copy in the same order.
Tensor to_dtype(const Tensor& x, ScalarType dtype);

/// sum[j] += the j-th element of every row of dy [rows, channels], four rows at a time:
/// the same to the bit for both dtypes.
void add_rows(const float* dy, int64_t rows, int64_t channels, float* sum);
void add_rows(const BFloat16* dy, int64_t rows, int64_t channels, float* sum);

}  // namespace gradus::kernel
