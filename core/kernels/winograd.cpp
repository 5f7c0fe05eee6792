#include "core/kernels/winograd.h"

#include <algorithm>
#include <numeric>

#include "core/allocator.h"
#include "core/kernels/ceil_div.h"
#include "core/kernels/winograd_loops.h"
#include "core/parallel.h"
#include "core/thread_buffers.h"

namespace gradus::kernel {

// Note [Winograd]
// Minimal filtering (Winograd 1980; Lavin, Gray 2016, arXiv:1509.09308): for one pair of channels,
// a tile y of outputs is
//
//   y = A^T [(G g G^T) . (B^T d B)] A
//
// of the kernel g and the inputs d that it sees, where . is element by element. For 3 x 3 kernels
// and tiles of 4 x 4 outputs, F(4 x 4, 3 x 3), these are the 36 products of the 6 x 6 inputs in
// place of 144. Summed over the channels they are 36 products of matrices, [tiles, c] times [c, o].
// The transforms run along the channels, which lie side by side, so that they need no shuffles.
// With the points 0, a, -a, b, -b and infinity, where a = 3/4 and b = 3/2,
//
//         a^2 b^2     0     -a^2-b^2     0     1  0       1 / (a^2 b^2)    (1  0   0)
//            0     -a b^2     -b^2       a     1  0       1 / N_a          (1  a  a^2)
//   B^T =    0      a b^2     -b^2      -a     1  0   G = 1 / N_a          (1 -a  a^2)
//            0     -a^2 b     -a^2       b     1  0       1 / N_b          (1  b  b^2)
//            0      a^2 b     -a^2      -b     1  0       1 / N_b          (1 -b  b^2)
//            0    a^2 b^2       0   -a^2-b^2   0  1                        (0  0   1)
//
//         1   1    1    1    1   0
//   A^T = 0   a   -a    b   -b   0     N_a = 2 a^2 (a^2 - b^2)
//         0  a^2  a^2  b^2  b^2  0     N_b = 2 b^2 (b^2 - a^2)
//         0  a^3 -a^3  b^3 -b^3  1
//
// A^T and G are the powers of the points, as many as there are outputs and taps, so that the same
// points give F(2 x 2, 5 x 5): 36 products for 100. Kernels of one row transform one dim alone:
// F(4, 3), 6 products for 12, and, with the points 0, +-1/2, +-1, +-2 and infinity, F(4, 5), 8 for
// 20. Of three dims the last two are transformed and the taps of the first are summed directly:
// they are rows of the products' right operand, and the tiles of a plane serve all taps that see
// it.
//
// The error is 1.4 to 2.3 times that of a direct sum, 0.5e-6 to 0.9e-6 of the results' root mean
// square for 16 to 128 channels; for 3 x 3 the largest of a million was 1.1e-6 of sum |d| |g|, and
// 2.5e-6 with 8 channels and half of d zero. With the usual points, a = 1 and b = 2, more cancels:
// twice the error, and four times the largest. F(4 x 4, 5 x 5) would err 4.7 times as much as a
// direct sum.
//
// A dilated kernel sees every dilation-th pixel: these are images of their own.
//
// By data: the same over dy with the kernel in reverse, c and o swapped, and padding k - 1 - p. By
// weights: dw = G^T [sum over tiles (B^T d B) . (A dy A^T)] G, products [c, tiles] times [tiles,
// o], each summed by one thread in the order of the tiles.
//
// A NaN or infinity spreads to all outputs of the tiles that see it.
//
// Measured on one core of Zen4 (AVX-512) against oneDNN's direct kernels, which run at its peak:
// how many times as fast are forward / by data / by weights for c = o channels. They multiply at
// the peak too; with two cores, or with AVX2 alone, it is about the same.
//
//    channels             8            16            32            64           256
//    32 of 16 x 16  1.9 1.5 1.2   2.2 2.0 1.9   2.6 2.5 3.0   3.0 3.0 3.1        -
//    8 of 14 x 14   1.4 1.1 1.0   1.6 1.4 1.6   2.0 1.9 2.1   2.3 2.2 2.4   2.2 2.1 2.2
//    8 of 4 x 4          -        2.2 1.7 1.5   1.6 1.3 1.5   1.4 1.3 1.7   1.4 1.3 2.7
//    1 of 8 x 8          -        1.7 1.3 1.2   1.5 1.2 1.2   1.2 1.1 1.3   1.1 1.1 1.6
//
// 14 is 2 short of a multiple of the tile; in the last two lines the kernel's transforms weigh as
// much as the rest. Other kernels, from c to o channels:
//
//    channels                     16 to 32      32 to 64      64 to 64
//    5 x 5: 8 of 28 x 28        1.7 1.7 1.9        -        2.1 2.1 2.1
//    5 x 5: 8 of 14 x 14        1.5 1.4 1.6        -        2.0 1.9 2.1
//    1 x 3: 16 of 512                -        1.6 1.6 1.6   1.7 1.7 1.7
//    1 x 5: 16 of 512                -        1.9 1.9 2.0   2.0 2.1 2.2
//    3 x 3 x 3: 4 of 16^3       3.0 3.0 3.0        -        2.9 2.9 2.9
//    3 x 3 x 3: 4 of 8^3        2.5 2.3 2.7        -        2.8 2.7 3.2

namespace {

constexpr int64_t round_up(int64_t n, int64_t unit) {
  return ceil_div(n, unit) * unit;
}

size_t bytes_of(int64_t floats) {
  return sizeof(float) * static_cast<size_t>(floats);
}

// Planes a multiple of the page apart would compete for the same lines of the first-level cache: an
// odd number of lines.
int64_t plane_of(int64_t floats) {
  return (ceil_div(floats, kPanelLanes) | 1) * kPanelLanes;
}

// The kernel's planes: the last two dims. Sums over the first dim are direct.
WinogradTaps taps_of(const ConvProblem& p) {
  return {p.kernel[1], p.kernel[2]};
}

// Tiles in a row, for each first line or column below the dilation; see WinogradTiles.
int64_t tiles_in_row(int64_t outputs, int64_t dilation, int64_t outputs_of_tile) {
  return ceil_div(ceil_div(outputs, dilation), outputs_of_tile);
}

// Tiles of a group's channels, of `all` in a pixel, whose outputs have these extents; they see
// inputs from `top` and `left` before the image.
WinogradTiles make_tiles(const ConvProblem& p, const int64_t (&extent)[3], int64_t all,
                         const int64_t (&outputs)[3], int64_t top, int64_t left) {
  const WinogradTaps taps = taps_of(p);
  return {taps,
          p.n,
          extent[0],
          extent[1],
          extent[2],
          all / p.groups,
          all,
          p.dilation[1],
          p.dilation[2],
          tiles_in_row(outputs[1], p.dilation[1], taps.rows_out()),
          tiles_in_row(outputs[2], p.dilation[2], taps.cols_out()),
          top,
          left};
}

// The dim before the planes: plane d of the result sees planes d - front + tap * step of the
// source.
struct Depth {
  int64_t result, source;  // extents
  int64_t taps, step, front;

  // The planes that the result sees, of which those outside of the source are zeros.
  int64_t seen() const { return result + (taps - 1) * step; }
};

Depth depth_of_forward(const ConvProblem& p) {
  return {p.out[0], p.in[0], p.kernel[0], p.dilation[0], p.padding[0]};
}

Depth depth_of_backward_data(const ConvProblem& p) {
  return {p.in[0], p.out[0], p.kernel[0], p.dilation[0],
          (p.kernel[0] - 1) * p.dilation[0] - p.padding[0]};
}

// The size of the parts of n, a multiple of `unit`.
int64_t even_part(int64_t n, int64_t parts, int64_t unit) {
  return round_up(ceil_div(n, parts), unit);
}

// The floats of transformed tiles at one position, in all planes.
int64_t floats_of_position(int64_t elements, const Depth& d, int64_t from, int64_t to) {
  return elements * (d.seen() * padded_cols(from) + d.result * padded_cols(to));
}

// Positions whose tiles are transformed and multiplied at a time. Their matrices are to stay in the
// second-level cache, but the kernel's are read again for every block: 24 tiles or more. All of
// eight threads get a share, as long as it is 12 tiles.
int64_t block_of(int64_t positions, int64_t elements, const Depth& d, int64_t from, int64_t to) {
  constexpr int64_t kCache = 512 * 1024 / sizeof(float), kMin = 24, kThreads = 8, kShare = 12;
  const int64_t most =
      std::max(ceil_div(kMin, d.result), kCache / floats_of_position(elements, d, from, to));
  const int64_t parts =
      std::max(ceil_div(positions, most), std::min(kThreads, positions * d.result / kShare));
  // Rows that are multiplied together.
  const int64_t unit = 4 / std::gcd(int64_t{4}, d.result);
  return even_part(positions, std::min(parts, positions), unit);
}

// The same for gradients of weights, in the last-level cache: what is summed up over the tiles is
// read and written for every block.
int64_t weights_block_of(int64_t positions, int64_t elements, const Depth& d, int64_t c,
                         int64_t o) {
  constexpr int64_t kCache = 4 * 1024 * 1024 / sizeof(float), kMin = 64;
  const int64_t most =
      std::max(ceil_div(kMin, d.result), kCache / floats_of_position(elements, d, c, o));
  return even_part(positions, ceil_div(positions, most), 1);
}

void zero_rows(const WinogradRows& v, int64_t elements, int64_t row, int64_t count) {
  for (int64_t e = 0; e < elements; ++e) {
    std::fill_n(v.data + e * v.plane + row * v.stride, count * v.stride, 0.0f);
  }
}

// The tiles at positions [first, first + count) of x, transformed, in all planes that are seen: row
// plane * stride + row0 + i is the tile at position first + i.
void transform_planes(const WinogradTiles& tiles, const Depth& d, const float* x,
                      const float* zeros, int64_t first, int64_t count, const WinogradRows& v,
                      int64_t stride, int64_t row0) {
  for (int64_t plane = 0; plane < d.seen(); ++plane) {
    const int64_t source = plane - d.front, row = plane * stride + row0;
    if (source >= 0 && source < d.source) {
      winograd_data(tiles, x + source * tiles.plane(), zeros, first, count, v, row);
    } else {
      zero_rows(v, tiles.taps.elements(), row, count);
    }
  }
}

// to = from * w (+ bias) over tiles of both; kernels [from, to].
void filter(const WinogradTiles& from, const WinogradTiles& to, const Depth& depth, const float* x,
            const float* w, const WinogradKernels& kernels, const float* bias, float* y) {
  const int64_t c = from.channels, o = padded_cols(to.channels), elements = from.taps.elements();
  const int64_t k = depth.taps * c;
  const Buffer transformed(bytes_of(elements * plane_of(k * o)));
  const WinogradPanels u{{transformed.as<float>(), k, o}, plane_of(k * o)};
  parallel_for(k, std::max<int64_t>(1, 2048 / o), [&](int64_t begin, int64_t end) {
    const int64_t plane = from.taps.rows * from.taps.cols;
    for (int64_t tap = begin / c; tap * c < end; ++tap) {
      const float* const taps = w + (kernels.rotated ? depth.taps - 1 - tap : tap) * plane;
      winograd_kernel(taps, kernels, to.channels, std::max<int64_t>(begin - tap * c, 0),
                      std::min(end - tap * c, c), u, tap * c);
    }
  });
  const int64_t positions = from.count();
  const int64_t block = block_of(positions, elements, depth, c, o);
  const int64_t x_plane = plane_of(block * depth.seen() * padded_cols(c));
  const int64_t y_plane = plane_of(block * depth.result * o);
  const ThreadBuffers space(bytes_of(padded_cols(c) + elements * (x_plane + y_plane)));
  parallel_for(ceil_div(positions, block), 1, [&](int64_t begin, int64_t end) {
    float* const zeros = space.mine<float>();
    std::fill_n(zeros, padded_cols(c), 0.0f);
    const WinogradRows v{zeros + padded_cols(c), x_plane, padded_cols(c)};
    const WinogradRows m{v.data + elements * x_plane, y_plane, o};
    for (int64_t first = begin * block; first < std::min(positions, end * block); first += block) {
      const int64_t count = std::min(block, positions - first);
      transform_planes(from, depth, x, zeros, first, count, v, count, 0);
      for (int64_t e = 0; e < elements; ++e) {
        const LeftOperand left{v.data + e * x_plane, v.stride, 1, depth.taps,
                               depth.step * count * v.stride};
        multiply_panels(count * depth.result, c, left, u.element(e), m.data + e * y_plane, o, o);
      }
      for (int64_t plane = 0; plane < depth.result; ++plane) {
        winograd_result(to, m, plane * count, bias, first, count, y + plane * to.plane());
      }
    }
  });
}

// Where the kernels of w [o, c, taps...] stand, for rows and columns of a product.
WinogradKernels kernels_of(const ConvProblem& p, bool by_data) {
  const int64_t taps = p.kernel_pixels(), c = p.c / p.groups;
  if (by_data) return {taps_of(p), taps * c, taps, /*rotated=*/true};
  return {taps_of(p), taps, taps * c, /*rotated=*/false};
}

bool has_form(const ConvProblem& p) {
  if (p.stride[0] != 1) return false;
  for (int d = 1; d < 3; ++d) {
    if (p.stride[d] != 1 || p.padding[d] >= p.reach(d)) return false;
  }
  const int64_t rows = p.kernel[1], cols = p.kernel[2];
  return (cols == 3 || cols == 5) && (rows == cols || rows == 1);
}

// The taps of an output that see the image, on the average along a dim.
double taps_inside(const ConvProblem& p, int d) {
  int64_t count = 0;
  for (int64_t k = 0; k < p.kernel[d]; ++k) {
    // Outputs i with 0 <= i - padding + k dilation < in.
    const int64_t first = std::max<int64_t>(0, p.padding[d] - k * p.dilation[d]);
    const int64_t last = std::min(p.out[d], p.in[d] + p.padding[d] - k * p.dilation[d]);
    count += std::max<int64_t>(0, last - first);
  }
  return static_cast<double>(count) / static_cast<double>(p.out[d]);
}

}  // namespace

bool prefers_winograd(const ConvProblem& p, ConvPass pass) {
  if (!has_form(p)) return false;
  const bool by_data = pass == ConvPass::kBackwardData;
  const int64_t c = p.c / p.groups, o = p.o / p.groups;
  const int64_t from = by_data ? o : c, to = by_data ? c : o;
  // Where the direct kernels or prefers_columns() do with less.
  if (from < 4 || (by_data && c <= 4)) return false;
  if (p.groups > 1 && std::min(c, o) < kPanelLanes) return false;

  const WinogradTaps taps = taps_of(p);
  // All planes of a position are transformed together.
  constexpr int64_t kMost = 4 * 1024 * 1024;
  const Depth d = by_data ? depth_of_backward_data(p) : depth_of_forward(p);
  if (floats_of_position(taps.elements(), d, from, to) > kMost) return false;
  const auto elements = static_cast<double>(taps.elements());
  // Cycles of a core with vectors of 16 floats, fitted to what was measured for 4 to 512 channels,
  // 4 x 4 to 56 x 56 pixels and 1 to 32 images. Both ways multiply at nine tenths of the peak, with
  // `to` padded to vectors. The kernel's transforms cost more when its matrices leave the caches.
  const auto n = static_cast<double>(p.n);
  const auto depth =
      static_cast<double>(pass == ConvPass::kBackwardWeights ? padded_cols(from) : from);
  const double from_vectors = static_cast<double>(padded_cols(from) / kPanelLanes);
  const double to_vectors = static_cast<double>(padded_cols(to) / kPanelLanes);
  const double pairs = static_cast<double>(from * padded_cols(to));
  // Direct kernels leave out taps in the padding, which weighs for five; it is in the fit for
  // three.
  double taps_seen = static_cast<double>(p.kernel[0]);
  for (int dim : {1, 2}) {
    taps_seen *= p.kernel[dim] == 5 ? taps_inside(p, dim) : static_cast<double>(p.kernel[dim]);
  }
  const double direct = n * static_cast<double>(p.out_pixels()) * taps_seen / 9 * 10 / 16 * pairs;
  const double multiply = 40.0 / 36 * elements * static_cast<double>(d.taps) * depth * to_vectors;
  const double planes = static_cast<double>(d.result);
  const double tile = planes * (multiply + elements / 36 * 170 * to_vectors + 60) +
                      static_cast<double>(d.seen()) * elements / 36 * 200 * from_vectors;
  const WinogradTiles positions =
      make_tiles(p, by_data ? p.in : p.out, to * p.groups, by_data ? p.in : p.out, 0, 0);
  const double kernel =
      static_cast<double>(p.kernel_pixels()) / 9 * pairs * std::min(25 + 3e-4 * pairs, 80.0);
  // Groups one after the other: the loops of each begin and end.
  const double loops = p.groups > 1 ? 20000 : 0;
  return 1.15 * (static_cast<double>(positions.count()) * tile + kernel) + loops < direct;
}

void winograd_forward(const ConvProblem& p, const float* x, const float* w, const float* bias,
                      float* y) {
  const WinogradTiles from = make_tiles(p, p.in, p.c, p.out, p.padding[1], p.padding[2]);
  const WinogradTiles to = make_tiles(p, p.out, p.o, p.out, 0, 0);
  for (int64_t g = 0; g < p.groups; ++g) {
    filter(from, to, depth_of_forward(p), x + g * from.channels,
           w + g * to.channels * from.channels * p.kernel_pixels(),
           kernels_of(p, /*by_data=*/false), bias == nullptr ? nullptr : bias + g * to.channels,
           y + g * to.channels);
  }
}

void winograd_backward_data(const ConvProblem& p, const float* dy, const float* w, float* dx) {
  const int64_t top = p.reach(1) - 1 - p.padding[1], left = p.reach(2) - 1 - p.padding[2];
  const WinogradTiles from = make_tiles(p, p.out, p.o, p.in, top, left);
  const WinogradTiles to = make_tiles(p, p.in, p.c, p.in, 0, 0);
  for (int64_t g = 0; g < p.groups; ++g) {
    filter(from, to, depth_of_backward_data(p), dy + g * from.channels,
           w + g * to.channels * from.channels * p.kernel_pixels(), kernels_of(p, /*by_data=*/true),
           nullptr, dx + g * to.channels);
  }
}

namespace {

// dw of one group.
void weights_of_group(const ConvProblem& p, const float* dy, const float* x, float* dw) {
  const WinogradTiles x_tiles = make_tiles(p, p.in, p.c, p.out, p.padding[1], p.padding[2]);
  const WinogradTiles y_tiles = make_tiles(p, p.out, p.o, p.out, 0, 0);
  const Depth d = depth_of_forward(p);
  const int64_t c = padded_cols(x_tiles.channels), o = padded_cols(y_tiles.channels);
  const int64_t positions = x_tiles.count();
  const int64_t elements = x_tiles.taps.elements();
  const int64_t block = weights_block_of(positions, elements, d, c, o);
  const int64_t x_plane = plane_of(block * d.seen() * c);
  const int64_t y_plane = plane_of(block * d.result * o);
  const int64_t w_plane = plane_of(d.taps * c * o);
  const Buffer space(bytes_of(c + o + elements * (x_plane + y_plane + w_plane)));
  float* const zeros = space.as<float>();
  std::fill_n(zeros, c + o, 0.0f);
  const WinogradRows v{zeros + c + o, x_plane, c};
  const WinogradPanels z{{v.data + elements * x_plane, block * d.result, o}, y_plane};
  const WinogradRows s{z.first.data + elements * y_plane, w_plane, o};
  const int64_t grain = std::max<int64_t>(1, 2048 / (d.result * (c + o)));
  for (int64_t first = 0; first < positions; first += block) {
    const int64_t count = std::min(block, positions - first);
    parallel_for(count, grain, [&](int64_t begin, int64_t end) {
      transform_planes(x_tiles, d, x, zeros, first + begin, end - begin, v, count, begin);
      for (int64_t plane = 0; plane < d.result; ++plane) {
        winograd_gradient(y_tiles, dy + plane * y_tiles.plane(), zeros, first + begin, end - begin,
                          z, plane * count + begin);
      }
    });
    parallel_for(elements * d.taps, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t e = i / d.taps, tap = i % d.taps;
        const LeftOperand seen{v.data + e * x_plane + tap * d.step * count * c, 1, c};
        float* const sum = s.data + e * w_plane + tap * c * o;
        multiply_panels(c, count * d.result, seen, z.element(e), sum, o, o,
                        {first > 0 ? sum : nullptr, o});
      }
    });
  }
  const WinogradKernels kernels = kernels_of(p, /*by_data=*/false);
  const int64_t rows = x_tiles.channels;
  parallel_for(d.taps * rows, std::max<int64_t>(1, 2048 / o), [&](int64_t begin, int64_t end) {
    for (int64_t tap = begin / rows; tap * rows < end; ++tap) {
      winograd_kernel_gradient(
          s, tap * c, y_tiles.channels, std::max<int64_t>(begin - tap * rows, 0),
          std::min(end - tap * rows, rows), kernels, dw + tap * p.kernel[1] * p.kernel[2]);
    }
  });
}

}  // namespace

void winograd_backward_weights(const ConvProblem& p, const float* dy, const float* x, float* dw) {
  const int64_t c = p.c / p.groups, o = p.o / p.groups;
  for (int64_t g = 0; g < p.groups; ++g) {
    weights_of_group(p, dy + g * o, x + g * c, dw + g * o * c * p.kernel_pixels());
  }
}

}  // namespace gradus::kernel
