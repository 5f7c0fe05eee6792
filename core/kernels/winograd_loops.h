#pragma once

// Private: the vector loops of winograd.cpp; see Note [Winograd].

#include <cstdint>

#include "core/kernels/panels.h"

namespace gradus::kernel {

/// The taps of a kernel's plane, 3 x 3, 5 x 5, 1 x 3 or 1 x 5, and the extents of tiles: `in` of
/// inputs, which are those of a transformed tile, and `out` of outputs.
struct WinogradTaps {
  int64_t rows, cols;

  /// A dim of one tap is not transformed. Five taps in both dims make do with smaller tiles: 8 x 8
  /// elements would be too inexact.
  int64_t rows_in() const { return rows == 1 ? 1 : 6; }
  int64_t cols_in() const { return rows == 1 && cols == 5 ? 8 : 6; }
  int64_t rows_out() const { return rows_in() - rows + 1; }
  int64_t cols_out() const { return cols_in() - cols + 1; }
  /// Of a transformed tile.
  int64_t elements() const { return rows_in() * cols_in(); }
};

/// The tiles of a plane of every image of a channels-last tensor [images, depth, height, width,
/// channels], or of some of its channels: `pixel` floats lie from one pixel to the next. With a
/// dilation, every dilation-th line is an image of its own, and so are columns: tiles are in order
/// of image, first line below the dilation, row of tiles, first column and column of tiles. A tile
/// has every dilation-th line and column from `top` and `left` before the outputs that it is for.
struct WinogradTiles {
  WinogradTaps taps;
  int64_t images, depth, height, width, channels;
  int64_t pixel;
  int64_t row_dilation, col_dilation;
  int64_t rows, cols;  // of tiles, for each first line and first column
  int64_t top, left;

  int64_t count() const { return images * row_dilation * rows * col_dilation * cols; }
  /// The floats of a plane.
  int64_t plane() const { return height * width * pixel; }
};

/// For every element of a transformed tile a row-major matrix, `plane` floats apart.
struct WinogradRows {
  float* data;
  int64_t plane;
  int64_t stride;
};

/// For every element of a transformed tile the right operand of a product: that of the first one,
/// and the floats from one to the next.
struct WinogradPanels {
  Panels first;
  int64_t plane;

  Panels element(int64_t e) const { return {first.data + e * plane, first.depth, first.cols}; }
};

/// Row `row` + i of v = B^T d B for the inputs d that tile `first` + i sees, i < count; x is the
/// plane of the first image. What lies outside of it is read from `zeros`, a line of as many zeros
/// as there are channels.
void winograd_data(const WinogradTiles& tiles, const float* x, const float* zeros, int64_t first,
                   int64_t count, const WinogradRows& v, int64_t row);

/// The same for z = A d A^T and tiles d of outputs.
void winograd_gradient(const WinogradTiles& tiles, const float* dy, const float* zeros,
                       int64_t first, int64_t count, const WinogradPanels& z, int64_t row);

/// y = A^T m A (+ bias, which may be null) for the tiles [first, first + count), whose m are the
/// rows from `row`.
void winograd_result(const WinogradTiles& tiles, const WinogradRows& m, int64_t row,
                     const float* bias, int64_t first, int64_t count, float* y);

/// Where a kernel's plane of row i and column j lies: `taps` from i row_stride + j col_stride,
/// in reverse if `rotated`.
struct WinogradKernels {
  WinogradTaps taps;
  int64_t row_stride, col_stride;
  bool rotated;
};

/// Rows [begin, end) of u = G g G^T, which become those from row `row` + begin of the panels, for
/// `cols` columns of w.
void winograd_kernel(const float* w, const WinogradKernels& kernels, int64_t cols, int64_t begin,
                     int64_t end, const WinogradPanels& u, int64_t row);

/// dw = G^T s G for rows [begin, end) of s, which lie at `row` + begin, and `cols` columns.
void winograd_kernel_gradient(const WinogradRows& s, int64_t row, int64_t cols, int64_t begin,
                              int64_t end, const WinogradKernels& kernels, float* dw);

}  // namespace gradus::kernel
