#include "core/kernels/grid.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/resample_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

constexpr int64_t kBlock = 64;     // places at once
constexpr int64_t kMaxTaps = 16;   // of a place
constexpr int64_t kTask = 16384;   // elements of y in a task
constexpr int64_t kChannels = 32;  // a task adds up at most so many channels of dx

// std::floor where that is a call into the C library; the same for what is not finite.
template <class S>
S floor_of(S x) {
  if (!(std::fabs(x) < S(1 << 22))) return std::floor(x);
  const S whole = static_cast<S>(static_cast<int32_t>(x));
  return whole > x ? whole - 1 : whole;
}

// A place in a dim, and how fast it moves with the grid's number.
template <class S>
struct Place {
  S at, slope;
};

// Places in a dim of `size` elements from grid numbers in [-1, 1].
template <class S>
Place<S> unnormalized(S u, int64_t size, bool align_corners) {
  const S n = static_cast<S>(size);
  if (align_corners) return {(u + 1) / 2 * (n - 1), (n - 1) / 2};
  return {((u + 1) * n - 1) / 2, n / 2};
}

// Mirrored at low / 2 and high / 2 until it lies in between.
template <class S>
Place<S> reflected(Place<S> x, int64_t low, int64_t high) {
  if (low == high) return {0, 0};
  const S min = static_cast<S>(low) / 2, span = static_cast<S>(high - low) / 2;
  const S distance = std::fabs(x.at - min), flips = floor_of(distance / span);
  const S rest = distance - flips * span;
  const S slope = x.at < min ? -x.slope : x.slope;
  if (flips == 2 * floor_of(flips / 2)) return {rest + min, slope};
  return {span - rest + min, -slope};
}

// Brought into the image, as the padding asks for. What is moved to an edge stays there.
template <class S>
Place<S> padded(Place<S> x, int64_t size, const GridSampling& how) {
  if (how.padding == GridPadding::Zeros) return x;
  if (how.padding == GridPadding::Reflection) {
    x = how.align_corners ? reflected(x, 0, 2 * (size - 1)) : reflected(x, -1, 2 * size - 1);
  }
  const S last = static_cast<S>(size - 1);
  if (x.at <= 0) return {0, 0};
  if (x.at >= last) return {last, 0};
  return x;
}

// The elements of one dim that a place looks at; those outside of the image are left out.
template <class S>
struct DimTaps {
  int64_t count;
  int64_t index[4];
  S weight[4], slope[4];

  // A place that is no number lies nowhere.
  void add(S at, int64_t size, S w, S s) {
    if (!(at >= 0 && at <= static_cast<S>(size - 1))) return;
    index[count] = static_cast<int64_t>(at);
    weight[count] = w;
    slope[count] = s;
    ++count;
  }
};

// Keys' cubic convolution with a = -0.75, for an element less than one, or less than two, away.
template <class S>
struct Cubic {
  static constexpr S kA = -0.75;
  static S near(S x) { return ((kA + 2) * x - (kA + 3)) * x * x + 1; }
  static S far(S x) { return ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA; }
  static S near_slope(S x) { return (3 * (kA + 2) * x - 2 * (kA + 3)) * x; }
  static S far_slope(S x) { return (3 * kA * x - 10 * kA) * x + 8 * kA; }
};

template <class S>
void find_taps(S u, int64_t size, const GridSampling& how, DimTaps<S>& taps) {
  taps.count = 0;
  Place<S> x = unnormalized(u, size, how.align_corners);
  if (how.mode != GridMode::Bicubic) x = padded(x, size, how);
  if (how.mode == GridMode::Nearest) {
    taps.add(std::nearbyint(x.at), size, 1, 0);
    return;
  }
  const S first = floor_of(x.at), t = x.at - first;
  if (how.mode == GridMode::Bilinear) {
    taps.add(first, size, 1 - t, -x.slope);
    taps.add(first + 1, size, t, x.slope);
    return;
  }
  using K = Cubic<S>;
  const S rest = 1 - t;
  const S weights[] = {K::far(t + 1), K::near(t), K::near(rest), K::far(rest + 1)};
  const S slopes[] = {K::far_slope(t + 1), K::near_slope(t), -K::near_slope(rest),
                      -K::far_slope(rest + 1)};
  for (int k = 0; k < 4; ++k) {
    const Place<S> place = padded(Place<S>{first + static_cast<S>(k - 1), 0}, size, how);
    taps.add(place.at, size, weights[k], slopes[k] * x.slope);
  }
}

// An image of two dims is one of three with a single plane.
struct Geometry {
  Geometry(const Tensor& x, const Tensor& grid) : dims(x.dim() - 2), channels(x.size(1)) {
    for (int64_t d = 0; d < dims; ++d) {
      sizes[3 - dims + d] = x.size(d + 2);
      pixels *= x.size(d + 2);
      places *= grid.size(d + 1);
    }
  }

  int64_t dims, channels, pixels = 1, places = 1;
  int64_t sizes[3] = {1, 1, 1};
};

// The taps of up to kBlock places, as the loops over rows take them.
template <class S>
struct Block {
  int64_t first[kBlock + 1];
  int64_t pixels[kBlock * kMaxTaps];
  S weights[kBlock * kMaxTaps];
  S slopes[3][kBlock * kMaxTaps];  // of the weights, with the grid's numbers

  // grid is [count, dims]; the last dim names the columns first. Slopes only where asked for.
  template <bool kSlopes, class T>
  void fill(const T* grid, int64_t count, const Geometry& g, const GridSampling& how) {
    DimTaps<S> dims[3];
    dims[0] = {1, {0}, {1}, {0}};
    int64_t next = first[0] = 0;
    for (int64_t i = 0; i < count; ++i, grid += g.dims) {
      for (int64_t d = 0; d < g.dims; ++d)
        find_taps(static_cast<S>(grid[d]), g.sizes[2 - d], how, dims[2 - d]);
      for (int64_t a = 0; a < dims[0].count; ++a) {
        for (int64_t b = 0; b < dims[1].count; ++b) {
          const int64_t row = (dims[0].index[a] * g.sizes[1] + dims[1].index[b]) * g.sizes[2];
          const S weight = dims[0].weight[a] * dims[1].weight[b];
          for (int64_t c = 0; c < dims[2].count; ++c, ++next) {
            const S w = dims[2].weight[c];
            pixels[next] = row + dims[2].index[c];
            weights[next] = weight * w;
            if constexpr (kSlopes) {
              slopes[0][next] = dims[0].slope[a] * dims[1].weight[b] * w;
              slopes[1][next] = dims[0].weight[a] * dims[1].slope[b] * w;
              slopes[2][next] = weight * dims[2].slope[c];
            }
          }
        }
      }
      first[i + 1] = next;
    }
  }
};

MemoryFormat channels_last(const Tensor& x) {
  return x.dim() == 4 ? MemoryFormat::ChannelsLast : MemoryFormat::ChannelsLast3d;
}

int64_t blocks_of(const Geometry& g) {
  return (g.places + kBlock - 1) / kBlock;
}

// How many blocks of places make a task.
int64_t task_of(const Geometry& g) {
  return std::max<int64_t>(1, kTask / (kBlock * g.channels));
}

// The raw side of backward. Images are [pixels, channels], or [places, channels].
template <class T>
struct Backward {
  using S = Accumulator<T>;

  // dgrid of a block of places whose first, of all images, is `place`.
  void grid_gradient(const Block<S>& block, int64_t image, int64_t place, int64_t count) const {
    S dots[kBlock * kMaxTaps];
    dot_rows<T>(count, block.first, block.pixels, g.channels, dy + place * g.channels,
                x + image * g.pixels * g.channels, dots);
    for (int64_t i = 0; i < count; ++i) {
      T* const to = dgrid + (place + i) * g.dims;
      for (int64_t d = 0; d < g.dims; ++d) {
        S sum = 0;
        for (int64_t k = block.first[i]; k < block.first[i + 1]; ++k)
          sum += block.slopes[2 - d][k] * dots[k];
        to[d] = static_cast<T>(sum);
      }
    }
  }

  // dx of some channels of an image, and with the first of them dgrid, where it is needed.
  void image_gradient(int64_t image, int64_t channel, int64_t channels) const {
    Block<S> block;
    S* const sums = dx + image * g.pixels * g.channels + channel;
    for (int64_t p = 0; p < g.pixels; ++p) std::fill_n(sums + p * g.channels, channels, S(0));
    for (int64_t i = 0; i < g.places; i += kBlock) {
      const int64_t count = std::min(kBlock, g.places - i), place = image * g.places + i;
      block.template fill</*kSlopes=*/true>(grid + place * g.dims, count, g, how);
      scatter_rows<T>(count, block.first, block.pixels, block.weights, channels, g.channels,
                      dy + place * g.channels + channel, sums);
      if (dgrid != nullptr && channel == 0) grid_gradient(block, image, place, count);
    }
  }

  const Geometry& g;
  const GridSampling& how;
  const T *dy, *x, *grid;
  S* dx;
  T* dgrid;
};

}  // namespace

Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampling& how) {
  const Geometry g(x, grid);
  const Tensor src = x.contiguous(channels_last(x)), points = grid.contiguous();
  DimVector sizes{x.size(0), g.channels};
  for (int64_t d = 0; d < g.dims; ++d) sizes.push_back(grid.size(d + 1));
  const Tensor y = empty(sizes, x.options(), channels_last(x));
  dispatch_floating("grid_sampler", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(src.data_ptr());
    const T* const numbers = static_cast<const T*>(points.data_ptr());
    T* const to = static_cast<T*>(y.data_ptr());
    const int64_t blocks = blocks_of(g);
    parallel_for(x.size(0) * blocks, task_of(g), [&](int64_t begin, int64_t end) {
      Block<Accumulator<T>> block;
      for (int64_t b = begin; b < end; ++b) {
        const int64_t image = b / blocks, i = b % blocks * kBlock;
        const int64_t count = std::min(kBlock, g.places - i), place = image * g.places + i;
        block.template fill</*kSlopes=*/false>(numbers + place * g.dims, count, g, how);
        gather_rows<T>(count, block.first, block.pixels, block.weights, g.channels,
                       from + image * g.pixels * g.channels, to + place * g.channels);
      }
    });
  });
  return y.contiguous(x.suggest_memory_format());
}

GridGradients grid_sample_backward(const Tensor& dy, const Tensor& x, const Tensor& grid,
                                   const GridSampling& how, bool needs_dx, bool needs_dgrid) {
  const Geometry g(x, grid);
  const MemoryFormat format = channels_last(x);
  const Tensor src = x.contiguous(format), points = grid.contiguous(), top = dy.contiguous(format);
  GridGradients gradients;
  if (needs_dgrid) gradients.dgrid = empty(grid.sizes(), grid.options());
  dispatch_floating("grid_sampler", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using S = Accumulator<T>;
    if (needs_dx) gradients.dx = empty(x.sizes(), x.options().dtype(scalar_type_of<S>()), format);
    const Backward<T> backward{
        g,
        how,
        static_cast<const T*>(top.data_ptr()),
        static_cast<const T*>(src.data_ptr()),
        static_cast<const T*>(points.data_ptr()),
        needs_dx ? static_cast<S*>(gradients.dx.data_ptr()) : nullptr,
        needs_dgrid ? static_cast<T*>(gradients.dgrid.data_ptr()) : nullptr,
    };
    if (needs_dx) {
      // Images, and channels of them, have sums of their own.
      const int64_t parts = (g.channels + kChannels - 1) / kChannels;
      parallel_for(x.size(0) * parts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t channel = i % parts * kChannels;
          backward.image_gradient(i / parts, channel, std::min(kChannels, g.channels - channel));
        }
      });
    } else if (needs_dgrid) {
      const int64_t blocks = blocks_of(g);
      parallel_for(x.size(0) * blocks, task_of(g), [&](int64_t begin, int64_t end) {
        Block<S> block;
        for (int64_t b = begin; b < end; ++b) {
          const int64_t image = b / blocks, i = b % blocks * kBlock;
          const int64_t count = std::min(kBlock, g.places - i), place = image * g.places + i;
          block.template fill</*kSlopes=*/true>(backward.grid + place * g.dims, count, g, how);
          backward.grid_gradient(block, image, place, count);
        }
      });
    }
  });
  return gradients;
}

}  // namespace gradus::kernel
