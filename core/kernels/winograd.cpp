#include "core/kernels/winograd.h"

#include <algorithm>

#include "core/allocator.h"
#include "core/kernels/winograd_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {

// Note [Winograd]
// Minimal filtering F(4 x 4, 3 x 3) (Winograd 1980; Lavin, Gray 2016, arXiv:1509.09308): for one
// pair of channels, a tile y of 4 x 4 outputs is
//
//   y = A^T [(G g G^T) . (B^T d B)] A
//
// of the kernel g and the 6 x 6 inputs d that it sees, where . is element by element: 36 products
// in place of 144. Summed over the channels they are 36 products of matrices, [tiles, c] times
// [c, o]. The transforms run along the channels, which lie side by side, so that they need no
// shuffles. With the points 0, a, -a, b, -b and infinity, where a = 3/4 and b = 3/2,
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
// The error is 1.4 to 2.2 times that of a direct sum, 0.5e-6 to 0.9e-6 of the results' root mean
// square for 16 to 128 channels; the largest of a million was 1.1e-6 of sum |d| |g|, and
// 2.5e-6 with 8 channels and half of d zero. With the usual points, a = 1 and b = 2, more cancels:
// twice the error, and four times the largest.
//
// By data: the same over dy with the kernel rotated by 180 degrees, c and o swapped, and padding
// 2 - p. By weights: dw = G^T [sum over tiles (B^T d B) . (A dy A^T)] G, 36 products [c, tiles]
// times [tiles, o], each summed by one thread in the order of the tiles.
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
// much as the rest.

namespace {

constexpr int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

constexpr int64_t round_up(int64_t n, int64_t unit) {
  return ceil_div(n, unit) * unit;
}

int64_t padded(int64_t channels) {
  return round_up(channels, kWinogradLanes);
}

size_t bytes_of(int64_t floats) {
  return sizeof(float) * static_cast<size_t>(floats);
}

// Planes a multiple of the page apart would compete for the same lines of the first-level cache.
int64_t plane_of(int64_t floats) {
  return floats + kWinogradLanes;
}

// Tiles whose outputs have these extents; they see inputs from `top` and `left` before the image.
WinogradTiles tiles_of(int64_t images, const int64_t (&extent)[3], int64_t channels,
                       const int64_t (&outputs)[3], int64_t top, int64_t left) {
  return {images,
          extent[1],
          extent[2],
          channels,
          ceil_div(outputs[1], kWinogradOut),
          ceil_div(outputs[2], kWinogradOut),
          top,
          left};
}

int64_t tiles_per_image(const int64_t (&outputs)[3]) {
  return ceil_div(outputs[1], kWinogradOut) * ceil_div(outputs[2], kWinogradOut);
}

// The size of the parts of n, a multiple of `unit`.
int64_t even_part(int64_t n, int64_t parts, int64_t unit) {
  return round_up(ceil_div(n, parts), unit);
}

// Tiles that are transformed and multiplied at a time. Their matrices are to stay in the
// second-level cache, but the kernel's are read again for every block: 24 tiles or more. All of
// eight threads get a share, as long as it is 12 tiles.
int64_t block_of(int64_t tiles, int64_t c, int64_t o) {
  constexpr int64_t kCache = 512 * 1024 / sizeof(float), kMin = 24, kThreads = 8, kShare = 12;
  const int64_t most = std::max(kMin, kCache / (kWinogradElements * (c + o)));
  const int64_t parts = std::max(ceil_div(tiles, most), std::min(kThreads, tiles / kShare));
  return even_part(tiles, parts, kWinogradRows);
}

// The same for gradients of weights, in the last-level cache: what is summed up over the tiles is
// read and written for every block.
int64_t weights_block_of(int64_t tiles, int64_t c, int64_t o) {
  constexpr int64_t kCache = 4 * 1024 * 1024 / sizeof(float), kMin = 64;
  const int64_t most = std::max(kMin, kCache / (kWinogradElements * (c + o)));
  return even_part(tiles, ceil_div(tiles, most), 1);
}

// The kernel g of channel i of `from` and j of `to` stands at w + i from_stride + j to_stride.
struct KernelOrder {
  int64_t from_stride, to_stride;
  bool rotated;
};

// to = from * w (+ bias) over tiles of both.
void filter(const WinogradTiles& from, const WinogradTiles& to, const float* x, const float* w,
            const KernelOrder& order, const float* bias, float* y) {
  const int64_t c = from.channels, o = padded(to.channels);
  const Buffer kernels(bytes_of(kWinogradElements * plane_of(c * o)));
  const WinogradPanels u{kernels.as<float>(), plane_of(c * o), c, o};
  parallel_for(c, std::max<int64_t>(1, 2048 / o), [&](int64_t begin, int64_t end) {
    winograd_kernel(w, order.from_stride, order.to_stride, to.channels, order.rotated, begin, end,
                    u);
  });
  const int64_t tiles = from.count();
  const int64_t block = block_of(tiles, c, o);
  const int64_t x_plane = plane_of(block * padded(c)), y_plane = plane_of(block * o);
  // Each thread has a part of its own, which stays in its cache from block to block.
  const int64_t part = padded(c) + kWinogradElements * (x_plane + y_plane);
  const int threads = get_num_threads();
  const Buffer space(bytes_of(part * threads));
  parallel_for(ceil_div(tiles, block), 1, [&](int64_t begin, int64_t end) {
    const int me = get_thread_num();
    const Buffer more(me < threads ? 0 : bytes_of(part));  // the number of threads has just grown
    float* const zeros = me < threads ? space.as<float>() + part * me : more.as<float>();
    std::fill_n(zeros, padded(c), 0.0f);
    const WinogradRows v{zeros + padded(c), x_plane, padded(c)};
    const WinogradRows m{v.data + kWinogradElements * x_plane, y_plane, o};
    for (int64_t first = begin * block; first < std::min(tiles, end * block); first += block) {
      const int64_t count = std::min(block, tiles - first);
      const int64_t rows = round_up(count, kWinogradRows);
      winograd_data(from, x, zeros, first, rows, v, 0);
      for (int64_t e = 0; e < kWinogradElements; ++e) {
        winograd_multiply(rows, c, {v.data + e * x_plane, v.stride, 1}, u, e, m, false);
      }
      winograd_result(to, m, bias, first, count, y);
    }
  });
}

}  // namespace

bool prefers_winograd(const ConvProblem& p, ConvPass pass) {
  if (p.spatial != 2 || p.groups != 1) return false;
  for (int d = 1; d < 3; ++d) {
    if (p.kernel[d] != 3 || p.stride[d] != 1 || p.dilation[d] != 1 || p.padding[d] > 2) {
      return false;
    }
  }
  const bool by_data = pass == ConvPass::kBackwardData;
  const int64_t from = by_data ? p.o : p.c, to = by_data ? p.c : p.o;
  // Where the direct kernels or prefers_columns() do with less.
  if (from < 4 || (by_data && p.c <= 4)) return false;

  // Cycles of a core with vectors of 16 floats, fitted to what was measured for 4 to 512 channels,
  // 4 x 4 to 56 x 56 pixels and 1 to 32 images. Both ways multiply at nine tenths of the peak, with
  // `to` padded to vectors. The kernel's transforms cost more when its matrices leave the caches.
  const auto n = static_cast<double>(p.n);
  const auto depth = static_cast<double>(pass == ConvPass::kBackwardWeights ? padded(from) : from);
  const double from_vectors = static_cast<double>(padded(from) / kWinogradLanes);
  const double to_vectors = static_cast<double>(padded(to) / kWinogradLanes);
  const double pairs = static_cast<double>(from * padded(to));
  const double direct = n * static_cast<double>(p.out_pixels()) * 10 / 16 * pairs;
  const double tile = 40 * depth * to_vectors + 200 * from_vectors + 170 * to_vectors + 60;
  const auto tiles = static_cast<double>(tiles_per_image(by_data ? p.in : p.out));
  const double kernel = pairs * std::min(25 + 3e-4 * pairs, 80.0);
  return 1.15 * (n * tiles * tile + kernel) < direct;
}

void winograd_forward(const ConvProblem& p, const float* x, const float* w, const float* bias,
                      float* y) {
  filter(tiles_of(p.n, p.in, p.c, p.out, p.padding[1], p.padding[2]),
         tiles_of(p.n, p.out, p.o, p.out, 0, 0), x, w, {9, 9 * p.c, false}, bias, y);
}

void winograd_backward_data(const ConvProblem& p, const float* dy, const float* w, float* dx) {
  filter(tiles_of(p.n, p.out, p.o, p.in, 2 - p.padding[1], 2 - p.padding[2]),
         tiles_of(p.n, p.in, p.c, p.in, 0, 0), dy, w, {9 * p.c, 9, true}, nullptr, dx);
}

void winograd_backward_weights(const ConvProblem& p, const float* dy, const float* x, float* dw) {
  const WinogradTiles x_tiles = tiles_of(p.n, p.in, p.c, p.out, p.padding[1], p.padding[2]);
  const WinogradTiles y_tiles = tiles_of(p.n, p.out, p.o, p.out, 0, 0);
  const int64_t c = padded(p.c), o = padded(p.o), tiles = x_tiles.count();
  const int64_t block = weights_block_of(tiles, c, o);
  const int64_t x_plane = plane_of(block * c), y_plane = plane_of(block * o);
  const int64_t w_plane = plane_of(c * o);
  const Buffer space(bytes_of(c + o + kWinogradElements * (x_plane + y_plane + w_plane)));
  float* const zeros = space.as<float>();
  std::fill_n(zeros, c + o, 0.0f);
  const WinogradRows v{zeros + c + o, x_plane, c};
  const WinogradPanels z{v.data + kWinogradElements * x_plane, y_plane, block, o};
  const WinogradRows s{z.data + kWinogradElements * y_plane, w_plane, o};
  for (int64_t first = 0; first < tiles; first += block) {
    const int64_t count = std::min(block, tiles - first);
    parallel_for(count, std::max<int64_t>(1, 2048 / (c + o)), [&](int64_t begin, int64_t end) {
      winograd_data(x_tiles, x, zeros, first + begin, end - begin, v, begin);
      winograd_gradient(y_tiles, dy, zeros, first + begin, end - begin, z, begin);
    });
    parallel_for(kWinogradElements, 1, [&](int64_t begin, int64_t end) {
      for (int64_t e = begin; e < end; ++e) {
        winograd_multiply(c, count, {v.data + e * x_plane, 1, c}, z, e, s,
                          /*accumulate=*/first > 0);
      }
    });
  }
  parallel_for(p.c, std::max<int64_t>(1, 2048 / o), [&](int64_t begin, int64_t end) {
    winograd_kernel_gradient(s, p.c, p.o, begin, end, dw);
  });
}

}  // namespace gradus::kernel
