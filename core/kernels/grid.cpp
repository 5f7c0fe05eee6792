#include "core/kernels/grid.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/fill.h"
#include "core/kernels/grid_loops.h"
#include "core/kernels/resample_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

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

// The elements of one dim that a place looks at.
template <class S>
struct DimTaps {
  int64_t count;
  int64_t index[4];
  S weight[4], slope[4];

  // A place that is no number lies outside.
  void add(S at, int64_t size, S w, S s) {
    const bool inside = at >= 0 && at <= static_cast<S>(size - 1);
    index[count] = inside ? static_cast<int64_t>(at) : -1;
    weight[count] = inside ? w : 0;
    slope[count] = inside ? s : 0;
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

// grid is [count, dims]; the last dim names the columns first.
template <class T, class S>
void find_block(const GridGeometry& g, const T* grid, int64_t count, GridBlock<S>& block) {
  if constexpr (std::is_same_v<T, float>) return grid_taps_vector(g, grid, count, block);
  DimTaps<S> dims[3];
  dims[0] = {1, {0}, {1}, {0}};
  for (int64_t i = 0; i < count; ++i, grid += g.dims) {
    for (int64_t d = 0; d < g.dims; ++d)
      find_taps(static_cast<S>(grid[d]), g.sizes[2 - d], g.how, dims[2 - d]);
    int64_t tap = 0;
    for (int64_t a = 0; a < dims[0].count; ++a) {
      for (int64_t b = 0; b < dims[1].count; ++b) {
        for (int64_t c = 0; c < dims[2].count; ++c, ++tap) {
          const int64_t index[] = {dims[0].index[a], dims[1].index[b], dims[2].index[c]};
          const S w[] = {dims[0].weight[a], dims[1].weight[b], dims[2].weight[c]};
          const bool inside = std::min({index[0], index[1], index[2]}) >= 0;
          const int64_t pixel = (index[0] * g.sizes[1] + index[1]) * g.sizes[2] + index[2];
          block.pixels[tap][i] = inside ? static_cast<int32_t>(pixel) : -1;
          block.weights[tap][i] = w[0] * w[1] * w[2];
          block.slopes[0][tap][i] = dims[0].slope[a] * w[1] * w[2];
          block.slopes[1][tap][i] = w[0] * dims[1].slope[b] * w[2];
          block.slopes[2][tap][i] = w[0] * w[1] * dims[2].slope[c];
        }
      }
    }
    block.taps = tap;
  }
}

// The taps of a block that lie inside of the image, as the loops over rows take them.
template <class S>
struct Rows {
  Rows(const GridBlock<S>& block, int64_t count) {
    int64_t next = first[0] = pixels[0] = 0;
    weights[0] = 0;  // perhaps no tap lies inside
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t k = 0; k < block.taps; ++k) {
        const int32_t pixel = block.pixels[k][i];
        pixels[next] = pixel;
        weights[next] = block.weights[k][i];
        next += pixel >= 0;
      }
      first[i + 1] = next;
    }
  }

  static constexpr int64_t kMost = GridBlock<S>::kPlaces * GridBlock<S>::kMaxTaps;
  int64_t first[GridBlock<S>::kPlaces + 1];
  int64_t pixels[kMost];
  S weights[kMost];
};

GridGeometry geometry_of(const Tensor& x, const Tensor& grid, const GridSampling& how) {
  GridGeometry g{how, x.dim() - 2, x.size(1), 1, 1, {1, 1, 1}};
  for (int64_t d = 0; d < g.dims; ++d) {
    g.sizes[3 - g.dims + d] = x.size(d + 2);
    g.pixels *= x.size(d + 2);
    g.places *= grid.size(d + 1);
  }
  return g;
}

// Whether the images are taken as planes: gathers from these cost more for a channel, but images
// whose channels come last cost a copy.
template <class T>
bool takes_planes(const GridGeometry& g) {
  return std::is_same_v<T, float> && g.channels <= (g.how.mode == GridMode::Nearest ? 32 : 4);
}

// The format that the loops take images in.
MemoryFormat inner_format(const Tensor& x, const GridGeometry& g) {
  if (x.dtype() == kFloat && takes_planes<float>(g)) return MemoryFormat::Contiguous;
  return x.dim() == 4 ? MemoryFormat::ChannelsLast : MemoryFormat::ChannelsLast3d;
}

// Calls f(image, first place, count) for blocks of places.
template <class F>
void for_each_block(const GridGeometry& g, int64_t images, F f) {
  constexpr int64_t kPlaces = GridBlock<float>::kPlaces;
  const int64_t blocks = (g.places + kPlaces - 1) / kPlaces;
  const int64_t grain = std::max<int64_t>(1, kTask / (kPlaces * g.channels));
  parallel_for(images * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t i = b % blocks * kPlaces;
      f(b / blocks, i, std::min(kPlaces, g.places - i));
    }
  });
}

// The raw side of backward. Images are [pixels, channels] and [places, channels], or planes.
template <class T>
struct Backward {
  using S = Accumulator<T>;
  using Block = GridBlock<S>;

  // dgrid of `count` places of an image, from i on.
  void grid_gradient(const Block& block, int64_t image, int64_t i, int64_t count) const {
    const T* const from = x + image * g.pixels * g.channels;
    T* to = dgrid + (image * g.places + i) * g.dims;
    if constexpr (std::is_same_v<T, float>) {
      if (takes_planes<T>(g)) {
        grid_planes_slopes_vector(g, block, count, dy + image * g.places * g.channels + i, from,
                                  to);
        return;
      }
    }
    const Rows<S> rows(block, count);
    S dots[Rows<S>::kMost];
    dot_rows<T>(count, rows.first, rows.pixels, g.channels,
                dy + (image * g.places + i) * g.channels, from, dots);
    const S* dot = dots;
    for (int64_t place = 0; place < count; ++place, to += g.dims) {
      S sums[3] = {0, 0, 0};
      for (int64_t k = 0; k < block.taps; ++k) {
        if (block.pixels[k][place] < 0) continue;
        for (int e = 0; e < 3; ++e) sums[e] += block.slopes[e][k][place] * *dot;
        ++dot;
      }
      for (int64_t d = 0; d < g.dims; ++d) to[d] = static_cast<T>(sums[2 - d]);
    }
  }

  // Adds what `count` places from i on give to the channels of an image's dx.
  void add_image_gradient(const Block& block, int64_t image, int64_t i, int64_t count,
                          int64_t channel, int64_t channels) const {
    S* const sums = dx + image * g.pixels * g.channels;
    if (!takes_planes<T>(g)) {
      const Rows<S> rows(block, count);
      scatter_rows<T>(count, rows.first, rows.pixels, rows.weights, channels, g.channels,
                      dy + (image * g.places + i) * g.channels + channel, sums + channel);
      return;
    }
    for (int64_t c = 0; c < channels; ++c) {
      const T* const from = dy + (image * g.channels + c) * g.places + i;
      for (int64_t k = 0; k < block.taps; ++k) {
        for (int64_t place = 0; place < count; ++place) {
          const int32_t pixel = block.pixels[k][place];
          if (pixel >= 0)
            sums[c * g.pixels + pixel] += block.weights[k][place] * static_cast<S>(from[place]);
        }
      }
    }
  }

  // dx of some channels of an image, and with the first of them dgrid, where it is needed.
  void image_gradient(int64_t image, int64_t channel, int64_t channels) const {
    Block block;
    for (int64_t i = 0; i < g.places; i += Block::kPlaces) {
      const int64_t count = std::min(Block::kPlaces, g.places - i);
      find_block(g, grid + (image * g.places + i) * g.dims, count, block);
      add_image_gradient(block, image, i, count, channel, channels);
      if (dgrid != nullptr && channel == 0) grid_gradient(block, image, i, count);
    }
  }

  const GridGeometry& g;
  const T *dy, *x, *grid;
  S* dx;
  T* dgrid;
};

}  // namespace

Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampling& how) {
  const GridGeometry g = geometry_of(x, grid, how);
  const Tensor src = x.contiguous(inner_format(x, g)), points = grid.contiguous();
  DimVector sizes{x.size(0), g.channels};
  for (int64_t d = 0; d < g.dims; ++d) sizes.push_back(grid.size(d + 1));
  const Tensor y = empty(sizes, x.options(), inner_format(x, g));
  dispatch_floating("grid_sampler", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const images = static_cast<const T*>(src.data_ptr());
    const T* const numbers = static_cast<const T*>(points.data_ptr());
    T* const out = static_cast<T*>(y.data_ptr());
    for_each_block(g, x.size(0), [&](int64_t image, int64_t i, int64_t count) {
      GridBlock<Accumulator<T>> block;
      find_block(g, numbers + (image * g.places + i) * g.dims, count, block);
      const T* const from = images + image * g.pixels * g.channels;
      T* const to = out + image * g.places * g.channels;
      if constexpr (std::is_same_v<T, float>) {
        if (takes_planes<T>(g)) return grid_planes_vector(g, block, count, from, to + i);
      }
      const Rows<Accumulator<T>> rows(block, count);
      gather_rows<T>(count, rows.first, rows.pixels, rows.weights, g.channels, from,
                     to + i * g.channels);
    });
  });
  return y.contiguous(x.suggest_memory_format());
}

GridGradients grid_sample_backward(const Tensor& dy, const Tensor& x, const Tensor& grid,
                                   const GridSampling& how, bool needs_dx, bool needs_dgrid) {
  const GridGeometry g = geometry_of(x, grid, how);
  const MemoryFormat format = inner_format(x, g);
  const Tensor src = x.contiguous(format), points = grid.contiguous(), top = dy.contiguous(format);
  GridGradients gradients;
  if (needs_dgrid) gradients.dgrid = zeros(grid.sizes(), grid.options());
  needs_dgrid = needs_dgrid && how.mode != GridMode::Nearest;  // constant between the jumps
  dispatch_floating("grid_sampler", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using S = Accumulator<T>;
    if (needs_dx) {
      gradients.dx = empty(x.sizes(), x.options().dtype(scalar_type_of<S>()), format);
      fill(gradients.dx, 0);
    }
    const Backward<T> backward{
        g,
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
      for_each_block(g, x.size(0), [&](int64_t image, int64_t i, int64_t count) {
        GridBlock<S> block;
        find_block(g, backward.grid + (image * g.places + i) * g.dims, count, block);
        backward.grid_gradient(block, image, i, count);
      });
    }
  });
  return gradients;
}

}  // namespace gradus::kernel
