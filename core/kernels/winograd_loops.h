#pragma once

// Private: the vector loops of winograd.cpp; see Note [Winograd].

#include <cstdint>

namespace gradus::kernel {

/// The extents of a tile of outputs, of the tile of inputs that it sees, and the number of elements
/// of a transformed tile.
inline constexpr int64_t kWinogradOut = 4;
inline constexpr int64_t kWinogradIn = 6;
inline constexpr int64_t kWinogradElements = kWinogradIn * kWinogradIn;

/// Channels are padded to this in transformed tiles: the widest vector.
inline constexpr int64_t kWinogradLanes = 16;

/// The rows of a left operand are padded to this.
inline constexpr int64_t kWinogradRows = 4;

/// The tiles of a channels-last tensor [images, height, width, channels], in order of image, row
/// and column: tile (i, j) of an image begins in line 4 i - top and column 4 j - left.
struct WinogradTiles {
  int64_t images, height, width, channels;
  int64_t rows, cols;
  int64_t top, left;

  int64_t count() const { return images * rows * cols; }
};

/// For every element of a transformed tile a row-major matrix, `plane` floats apart.
struct WinogradRows {
  float* data;
  int64_t plane;
  int64_t stride;
};

/// For every element of a transformed tile the right operand of a product, [depth, cols] as panels
/// of two vectors' width (the last one maybe narrower), `plane` floats apart.
struct WinogradPanels {
  float* data;
  int64_t plane;
  int64_t depth;
  int64_t cols;
};

/// Row `row` + i of v = B^T d B for the 6 x 6 elements d of x in tile `first` + i, i < count. Rows
/// behind the last tile repeat it. What lies outside of the image is read from `zeros`, a line of
/// as many zeros as there are channels.
void winograd_data(const WinogradTiles& tiles, const float* x, const float* zeros, int64_t first,
                   int64_t count, const WinogradRows& v, int64_t row);

/// The same for z = A d A^T and the 4 x 4 elements d of dy.
void winograd_gradient(const WinogradTiles& tiles, const float* dy, const float* zeros,
                       int64_t first, int64_t count, const WinogradPanels& z, int64_t row);

/// y = A^T m A (+ bias, which may be null) for the tiles [first, first + count), whose m are the
/// rows from 0.
void winograd_result(const WinogradTiles& tiles, const WinogradRows& m, const float* bias,
                     int64_t first, int64_t count, float* y);

/// Rows [begin, end) of u = G g G^T, where g of row i and column j are the nine floats from
/// w + i row_stride + j col_stride, in reverse if `rotated`.
void winograd_kernel(const float* w, int64_t row_stride, int64_t col_stride, int64_t cols,
                     bool rotated, int64_t begin, int64_t end, const WinogradPanels& u);

/// dw = G^T s G for rows [begin, end) of s, [c, o], and dw [o, c, 3, 3].
void winograd_kernel_gradient(const WinogradRows& s, int64_t c, int64_t o, int64_t begin,
                              int64_t end, float* dw);

/// A left operand: element (i, k) is data[i * row_stride + k * col_stride].
struct WinogradLeft {
  const float* data;
  int64_t row_stride, col_stride;
};

/// out = a b, or out += a b, for one element: a [m, k], b [k, cols] the first k rows of the panels
/// of that element. m is a multiple of kWinogradRows.
void winograd_multiply(int64_t m, int64_t k, const WinogradLeft& a, const WinogradPanels& b,
                       int64_t element, const WinogradRows& out, bool accumulate);

}  // namespace gradus::kernel
