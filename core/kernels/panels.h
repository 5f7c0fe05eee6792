#pragma once

// Private: products of float32 matrices on the thread that calls, where the right operand has been
// packed into panels once for many left ones. The left one may have any strides.

#include <algorithm>
#include <cstdint>

namespace gradus::kernel {

/// The columns of a right operand are padded to this: the widest vector.
inline constexpr int64_t kPanelLanes = 16;

/// n rounded up to a multiple of kPanelLanes.
constexpr int64_t padded_cols(int64_t n) {
  return (n + kPanelLanes - 1) / kPanelLanes * kPanelLanes;
}

/// A right operand [depth, cols], cols a multiple of kPanelLanes: panels of two vectors' width, the
/// last one maybe of one, each [depth, width] in row-major order.
struct Panels {
  float* data;
  int64_t depth, cols;

  /// The width of the panel that holds a column, for vectors of `lanes` floats.
  int64_t width(int64_t col, int64_t lanes) const {
    return std::min(2 * lanes, cols - col / (2 * lanes) * 2 * lanes);
  }
  /// Where element (row, col) stands.
  float* at(int64_t row, int64_t col, int64_t lanes) const {
    const int64_t first = col / (2 * lanes) * 2 * lanes;
    return data + first * depth + row * width(col, lanes) + (col - first);
  }
};

/// A left operand [m, taps * k]: element (i, tap * k + p) is data[i * row_stride + tap * tap_stride
/// + p * col_stride].
struct LeftOperand {
  const float* data;
  int64_t row_stride, col_stride;
  int64_t taps = 1, tap_stride = 0;
  /// How many floats behind an element lies what will be read next, to be fetched meanwhile, as
  /// what will be written is; 0 if both are in the cache.
  int64_t ahead = 0;
};

/// The rows that are multiplied together, at most.
inline constexpr int64_t kPanelRows = 12;

/// What is added to row i of a product: data + i * row_stride, or nothing.
struct Addend {
  const float* data = nullptr;
  int64_t row_stride = 0;
};

/// out[m, cols] = a[m, taps * k] b (+ addend), of b the first taps * k rows and `cols` columns; out
/// has `stride` floats from row to row, and may be the addend. Sums run along the rows of b, in
/// parts of 256 at most, which are added to the addend in order: the error of one sum grows with
/// its length.
void multiply_panels(int64_t m, int64_t k, const LeftOperand& a, const Panels& b, float* out,
                     int64_t stride, int64_t cols, const Addend& addend = {});

/// Writes src [rows, cols], with elements (i, j) at i * row_stride + j * col_stride of which one
/// is 1, to the rows from `row` of the panels; zeros to what cols lacks to panels.cols.
void pack_panels(const float* src, int64_t row_stride, int64_t col_stride, int64_t rows,
                 int64_t cols, const Panels& panels, int64_t row = 0);

}  // namespace gradus::kernel
