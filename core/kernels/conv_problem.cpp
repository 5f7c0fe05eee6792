#include "core/kernels/conv_problem.h"

#include <algorithm>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/loop.h"
#include "core/shape.h"

namespace gradus::kernel {
DimVector channels_last_strides(IntArrayRef sizes) {
  DimVector strides(sizes.size(), 1);
  int64_t stride = sizes[1];
  for (size_t d = sizes.size(); d-- > 2;) {
    strides[d] = stride;
    stride *= std::max<int64_t>(sizes[d], 1);
  }
  strides[0] = stride;
  return strides;
}

DimVector convolution_sizes(IntArrayRef x_sizes, IntArrayRef w_sizes,
                            const ConvGeometry& geometry) {
  DimVector sizes{x_sizes[0], w_sizes[0]};
  for (size_t d = 2; d < x_sizes.size(); ++d) {
    int64_t padded = 0;
    int64_t reach = 0;
    const bool overflow = __builtin_mul_overflow(geometry.padding[d - 2], int64_t{2}, &padded) ||
                          __builtin_add_overflow(padded, x_sizes[d], &padded) ||
                          __builtin_mul_overflow(w_sizes[d] - 1, geometry.dilation[d - 2], &reach);
    GRADUS_CHECK(!overflow, "convolution: the extent of dim {} overflows", d);
    sizes.push_back(padded <= reach ? 0 : (padded - reach - 1) / geometry.stride[d - 2] + 1);
  }
  return sizes;
}

ConvProblem convolution_problem(IntArrayRef x_sizes, IntArrayRef w_sizes,
                                const ConvGeometry& geometry) {
  ConvProblem p{};
  p.n = x_sizes[0];
  p.c = x_sizes[1];
  p.o = w_sizes[0];
  p.groups = geometry.groups;
  p.spatial = static_cast<int>(x_sizes.size()) - 2;
  const DimVector y_sizes = convolution_sizes(x_sizes, w_sizes, geometry);
  for (int i = 0; i < 3; ++i) {
    p.in[i] = p.out[i] = p.kernel[i] = p.stride[i] = p.dilation[i] = 1;
    if (i < 3 - p.spatial) continue;
    const auto d = static_cast<size_t>(i - (3 - p.spatial));
    p.in[i] = x_sizes[d + 2];
    p.out[i] = y_sizes[d + 2];
    p.kernel[i] = w_sizes[d + 2];
    p.stride[i] = geometry.stride[d];
    p.padding[i] = geometry.padding[d];
    p.dilation[i] = geometry.dilation[d];
  }
  return p;
}

Tensor empty_channels_last(IntArrayRef sizes, ScalarType dtype) {
  checked_numel("convolution", sizes);
  return empty_strided(sizes, channels_last_strides(sizes), dtype);
}

bool is_dense_channels_last(const Tensor& x) {
  const DimVector wanted = channels_last_strides(x.sizes());
  for (size_t d = 0; d < wanted.size(); ++d) {
    if (x.sizes()[d] > 1 && x.strides()[d] != wanted[d]) return false;
  }
  return true;
}

Tensor to_channels_last(const Tensor& x) {
  if (is_dense_channels_last(x)) return x;
  Tensor result = empty_strided(x.sizes(), channels_last_strides(x.sizes()), x.dtype());
  copy(x, result);
  return result;
}

Tensor to_row_major(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor result = empty(x.sizes(), x.dtype());
  copy(x, result);
  return result;
}

Tensor to_dtype(const Tensor& x, ScalarType dtype) {
  if (!x.defined() || x.dtype() == dtype) return x;
  Tensor result = empty_like(x, dtype);
  copy(x, result);
  return result;
}

void add_rows(const BFloat16* dy, int64_t rows, int64_t channels, float* sum) {
  constexpr int64_t kPiece = 2048;
  static const BlockFunction widen = cast_function(kBFloat16, kFloat);
  float block[kPiece];
  if (4 * channels > kPiece) {
    for (int64_t row = 0; row < rows; row += 4) {
      const int64_t m = std::min<int64_t>(4, rows - row);
      for (int64_t j = 0; j < channels; j += kPiece / 4) {
        const int64_t n = std::min(kPiece / 4, channels - j);
        for (int64_t i = 0; i < m; ++i) {
          const void* const from = dy + (row + i) * channels + j;
          widen(nullptr, &from, block + i * n, n);
        }
        add_rows(block, m, n, sum + j);
      }
    }
    return;
  }
  const int64_t step = kPiece / channels / 4 * 4;
  for (int64_t row = 0; row < rows; row += step) {
    const int64_t n = std::min(step, rows - row);
    const void* const from = dy + row * channels;
    widen(nullptr, &from, block, n * channels);
    add_rows(block, n, channels, sum);
  }
}

}  // namespace gradus::kernel
