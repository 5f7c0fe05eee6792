#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"
#include "core/kernels/norm.h"
#include "core/kernels/norm_driver.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;

// A block of rows of channels-last elements, which stays in the first-level cache.
constexpr int64_t kBlockRows = 64;
constexpr int64_t kBlockCols = 64;
// Elements of one channel that are summed up at once.
constexpr int64_t kBlockRow = 2048;

// x seen from its channels: [outer, channels, inner] in the order of memory.
struct ChannelLayout {
  int64_t outer, channels, inner;

  explicit ChannelLayout(const Tensor& x)
      : channels(x.sizes()[1]), inner(channels == 1 ? 1 : x.strides()[1]) {
    // Of one channel all elements lie together.
    if (channels == 1) inner = x.numel();
    outer = x.numel() / (channels * inner);
  }
  int64_t count() const { return outer * inner; }
};

Tensor with_strides_of(const Tensor& x, const Tensor& like) {
  if (x.strides() == like.strides()) return x;
  Tensor copied = empty_strided(like.sizes(), like.strides(), like.dtype());
  copy(x, copied);
  return copied;
}

// x, or a row-major copy where it has gaps.
Tensor dense(const Tensor& x) {
  if (x.is_non_overlapping_and_dense()) return x;
  Tensor copied = empty(x.sizes(), x.dtype());
  copy(x, copied);
  return copied;
}

// A plain array of [channels] numbers.
template <class T>
std::vector<T> numbers_of(const Tensor& x, int64_t channels, T otherwise) {
  std::vector<T> values(static_cast<size_t>(channels), otherwise);
  if (!x.defined()) return values;
  const T* const from = x.data_ptr<T>();
  const int64_t stride = x.strides()[0];
  for (size_t c = 0; c < values.size(); ++c) values[c] = from[static_cast<int64_t>(c) * stride];
  return values;
}

// Elements of type X are computed with as T: X is T, or of 16 bits with T float. Those are brought
// to T, and back, in blocks that stay in the first-level cache.
template <class X>
using Computed = std::conditional_t<std::is_same_v<X, double>, double, float>;

ScalarType computed_type(const Tensor& x) {
  return x.dtype() == kDouble ? kDouble : kFloat;
}

template <class X>
void widen(const X* x, int64_t n, float* y) {
  static const BlockFunction cast = cast_function(scalar_type_of<X>(), kFloat);
  const void* const from = x;
  cast(nullptr, &from, y, n);
}
template <class X>
void narrow(const float* x, int64_t n, X* y) {
  static const BlockFunction cast = cast_function(kFloat, scalar_type_of<X>());
  const void* const from = x;
  cast(nullptr, &from, y, n);
}

// n elements that lie together as T: themselves, or a copy in `space`.
template <class X, class T>
const T* as_computed(const X* x, int64_t n, T* space) {
  if constexpr (std::is_same_v<X, T>) {
    return x;
  } else {
    widen(x, n, space);
    return space;
  }
}

// A block of rows `stride` apart, as T.
template <class T>
struct Block {
  const T* data;
  int64_t stride;
};
template <class X, class T>
Block<T> as_computed(const X* x, int64_t stride, int64_t rows, int64_t cols, T* space) {
  if constexpr (std::is_same_v<X, T>) {
    return {x, stride};
  } else {
    for (int64_t r = 0; r < rows; ++r) widen(x + r * stride, cols, space + r * cols);
    return {space, cols};
  }
}

// Calls body(chunk, channel, begin, end) for the rows [begin, end) of `outer` of a channel, in
// parallel. There are several chunks where the channels are few.
struct ChannelChunks {
  Chunks chunks;

  explicit ChannelChunks(const ChannelLayout& layout) {
    const int64_t wanted = (kMaxChunks - 1) / layout.channels + 1;
    const int64_t rows =
        std::max((layout.outer - 1) / wanted + 1, std::max<int64_t>(kGrain / layout.inner, 1));
    chunks = {rows, (layout.outer - 1) / rows + 1};
  }

  template <class F>
  void run(const ChannelLayout& layout, F&& body) const {
    const int64_t work = std::min(chunks.size, layout.outer) * layout.inner;
    parallel_for(layout.channels * chunks.count, std::max<int64_t>(kGrain / work, 1),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t chunk = i / layout.channels;
                     body(chunk, i % layout.channels, chunk * chunks.size,
                          std::min((chunk + 1) * chunks.size, layout.outer));
                   }
                 });
  }
};

// Rows [begin, end) of one channel, in blocks: body(n, x, dy). Short rows are brought together;
// dy may be null.
template <class X, class F>
void for_each_block(const ChannelLayout& layout, int64_t channel, int64_t begin, int64_t end,
                    const X* x, const X* dy, F&& body) {
  using T = Computed<X>;
  const int64_t inner = layout.inner, stride = layout.channels * inner;
  x += begin * stride + channel * inner;
  if (dy != nullptr) dy += begin * stride + channel * inner;
  T xs[kBlockRow], dys[kBlockRow];
  if (inner >= kBlockRow / 8) {
    for (int64_t o = begin; o < end; ++o, x += stride) {
      for (int64_t i = 0; i < inner; i += kBlockRow) {
        const int64_t n = std::min(inner - i, kBlockRow);
        body(n, as_computed(x + i, n, xs), dy == nullptr ? nullptr : as_computed(dy + i, n, dys));
      }
      if (dy != nullptr) dy += stride;
    }
    return;
  }
  const auto bring = [inner](const X* from, T* to) {
    if constexpr (std::is_same_v<X, T>) {
      std::memcpy(to, from, static_cast<size_t>(inner) * sizeof(T));
    } else {
      widen(from, inner, to);
    }
  };
  int64_t filled = 0;
  for (int64_t o = begin; o < end; ++o, x += stride) {
    bring(x, xs + filled);
    if (dy != nullptr) {
      bring(dy, dys + filled);
      dy += stride;
    }
    filled += inner;
    if (filled + inner > kBlockRow || o + 1 == end) {
      body(filled, static_cast<const T*>(xs), static_cast<const T*>(dys));
      filled = 0;
    }
  }
}

// The rows of a channels-last tensor in chunks.
Chunks row_chunks(const ChannelLayout& layout, int64_t* grain) {
  *grain = std::max(kGrain / layout.channels / kBlockRows, int64_t{1}) * kBlockRows;
  return chunks_of(layout.outer, *grain);
}

// The moments of a channel are taken of its differences from its first element: where the mean is
// large beside the deviations, these are exact and the means of blocks small.

template <class X, class T>
void moments_of_rows(const ChannelLayout& layout, const X* x, T* mean, T* var) {
  struct Part {
    double count = 0, mean = 0, squares = 0;
  };
  const NormLoops<T> loops = norm_loops<T>();
  const ChannelChunks chunks(layout);
  std::vector<Part> parts(static_cast<size_t>(chunks.chunks.count * layout.channels));
  chunks.run(layout, [&](int64_t chunk, int64_t channel, int64_t begin, int64_t end) {
    Part part;
    const T shift = static_cast<T>(x[channel * layout.inner]);
    for_each_block<X>(layout, channel, begin, end, x, nullptr,
                      [&](int64_t n, const T* block, const T*) {
                        T m, s;
                        loops.row_moments(block, shift, n, &m, &s);
                        const double block_mean = m, block_squares = s;
                        const double count = static_cast<double>(n);
                        merge_moments(part.count, &part.mean, &part.squares, count, &block_mean,
                                      &block_squares, 1);
                        part.count += count;
                      });
    parts[static_cast<size_t>(chunk * layout.channels + channel)] = part;
  });
  for (int64_t c = 0; c < layout.channels; ++c) {
    Part total = parts[static_cast<size_t>(c)];
    for (int64_t k = 1; k < chunks.chunks.count; ++k) {
      const Part& part = parts[static_cast<size_t>(k * layout.channels + c)];
      merge_moments(total.count, &total.mean, &total.squares, part.count, &part.mean, &part.squares,
                    1);
      total.count += part.count;
    }
    mean[c] = static_cast<T>(total.mean + static_cast<double>(static_cast<T>(x[c * layout.inner])));
    var[c] = static_cast<T>(total.squares / total.count);
  }
}

// x is [outer, channels].
template <class X, class T>
void moments_of_columns(const ChannelLayout& layout, const X* x, T* mean, T* var) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t channels = layout.channels;
  int64_t grain;
  const Chunks chunks = row_chunks(layout, &grain);
  std::vector<T> parts(static_cast<size_t>(chunks.count * 2 * channels));
  std::vector<T> space(std::is_same_v<X, T> ? 0 : static_cast<size_t>(channels));
  const T* const first = as_computed(x, channels, space.data());
  parallel_for(layout.outer, grain, [&](int64_t begin, int64_t end) {
    T* const means = parts.data() + begin / chunks.size * 2 * channels;
    T* const squares = means + channels;
    T block_mean[kBlockCols], block_squares[kBlockCols];
    T xs[std::is_same_v<X, T> ? 1 : kBlockRows * kBlockCols];
    for (int64_t r = begin; r < end; r += kBlockRows) {
      const int64_t rows = std::min(end - r, kBlockRows);
      for (int64_t c = 0; c < channels; c += kBlockCols) {
        const int64_t cols = std::min(channels - c, kBlockCols);
        const Block<T> block = as_computed(x + r * channels + c, channels, rows, cols, xs);
        loops.column_moments(block.data, first + c, block.stride, rows, cols, block_mean,
                             block_squares);
        merge_moments(static_cast<T>(r - begin), means + c, squares + c, static_cast<T>(rows),
                      block_mean, block_squares, cols);
      }
    }
  });
  for (int64_t c = 0; c < channels; ++c) {
    double count = 0, total_mean = 0, total_squares = 0;
    for (int64_t k = 0; k < chunks.count; ++k) {
      const double rows =
          static_cast<double>(std::min(layout.outer - k * chunks.size, chunks.size));
      const double part_mean = parts[static_cast<size_t>(k * 2 * channels + c)];
      const double part_squares = parts[static_cast<size_t>((k * 2 + 1) * channels + c)];
      merge_moments(count, &total_mean, &total_squares, rows, &part_mean, &part_squares, 1);
      count += rows;
    }
    mean[c] = static_cast<T>(total_mean + static_cast<double>(first[c]));
    var[c] = static_cast<T>(total_squares / count);
  }
}

// sums[c] = sum dy and sums[channels + c] = sum dy (x - mean) of each channel.
template <class X, class T>
void gradient_sums(const ChannelLayout& layout, const X* dy, const X* x, const T* mean,
                   double* sums) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t channels = layout.channels;
  std::fill(sums, sums + 2 * channels, 0.0);
  std::vector<double> parts;
  int64_t part_count;
  if (layout.inner > 1) {
    const ChannelChunks chunks(layout);
    part_count = chunks.chunks.count;
    parts.resize(static_cast<size_t>(part_count * 2 * channels));
    chunks.run(layout, [&](int64_t chunk, int64_t channel, int64_t begin, int64_t end) {
      double sum = 0, dot = 0;
      for_each_block<X>(layout, channel, begin, end, x, dy,
                        [&](int64_t n, const T* xs, const T* dys) {
                          T block[2];
                          loops.row_sums(dys, xs, mean[channel], n, block);
                          sum += static_cast<double>(block[0]);
                          dot += static_cast<double>(block[1]);
                        });
      parts[static_cast<size_t>(chunk * 2 * channels + channel)] = sum;
      parts[static_cast<size_t>((chunk * 2 + 1) * channels + channel)] = dot;
    });
  } else {
    int64_t grain;
    const Chunks chunks = row_chunks(layout, &grain);
    part_count = chunks.count;
    parts.resize(static_cast<size_t>(part_count * 2 * channels));
    parallel_for(layout.outer, grain, [&](int64_t begin, int64_t end) {
      double* const part = parts.data() + begin / chunks.size * 2 * channels;
      T block[2 * kBlockCols];
      constexpr int64_t kSpace = std::is_same_v<X, T> ? 1 : kBlockRows * kBlockCols;
      T xs[kSpace], dys[kSpace];
      for (int64_t r = begin; r < end; r += kBlockRows) {
        const int64_t rows = std::min(end - r, kBlockRows);
        for (int64_t c = 0; c < channels; c += kBlockCols) {
          const int64_t cols = std::min(channels - c, kBlockCols);
          const int64_t at = r * channels + c;
          const Block<T> dy_block = as_computed(dy + at, channels, rows, cols, dys);
          const Block<T> x_block = as_computed(x + at, channels, rows, cols, xs);
          loops.column_sums(dy_block.data, x_block.data, mean + c, x_block.stride, rows, cols,
                            block);
          for (int64_t i = 0; i < cols; ++i) {
            part[c + i] += static_cast<double>(block[i]);
            part[channels + c + i] += static_cast<double>(block[cols + i]);
          }
        }
      }
    });
  }
  for (int64_t k = 0; k < part_count; ++k) {
    for (int64_t i = 0; i < 2 * channels; ++i) {
      sums[i] += parts[static_cast<size_t>(k * 2 * channels + i)];
    }
  }
}

// Calls rows(first, channel, n) for each row of a channel, or columns(first, channel, rows, cols)
// for rows of channels from `channel` on, in parallel; at most kPiece elements where X is of 16
// bits.
constexpr int64_t kPiece = 2048;

template <class X, class Rows, class Columns>
void for_each_part(const ChannelLayout& layout, Rows&& rows, Columns&& columns) {
  constexpr bool kCut = !std::is_same_v<X, Computed<X>>;
  const int64_t channels = layout.channels;
  if (layout.inner > 1) {
    const int64_t piece = kCut ? kPiece : layout.inner;
    parallel_for(layout.outer * channels, std::max<int64_t>(kGrain / layout.inner, 1),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     for (int64_t j = 0; j < layout.inner; j += piece) {
                       rows(i * layout.inner + j, i % channels, std::min(piece, layout.inner - j));
                     }
                   }
                 });
    return;
  }
  parallel_for(
      layout.outer, std::max<int64_t>(kGrain / channels, 1), [&](int64_t begin, int64_t end) {
        const int64_t cols = kCut ? std::min(channels, kPiece) : channels;
        const int64_t step = !kCut ? end - begin : cols < channels ? 1 : kPiece / cols;
        for (int64_t r = begin; r < end; r += step) {
          for (int64_t c = 0; c < channels; c += cols) {
            columns(r * channels + c, c, std::min(step, end - r), std::min(cols, channels - c));
          }
        }
      });
}

// Calls f(from, to) for n elements from `first` on as T: from x to y.
template <class X, class F>
void convert(const X* x, X* y, int64_t first, int64_t n, F&& f) {
  using T = Computed<X>;
  if constexpr (std::is_same_v<X, T>) {
    f(x + first, y + first);
  } else {
    T from[kPiece], to[kPiece];
    widen(x + first, n, from);
    f(static_cast<const T*>(from), to);
    narrow(to, n, y + first);
  }
}

}  // namespace

Moments channel_moments(const Tensor& input) {
  const Tensor x = dense(input);
  const ChannelLayout layout(x);
  const ScalarType dtype = computed_type(x);
  Moments result{empty(layout.channels, dtype), empty(layout.channels, dtype)};
  dispatch_floating("batch_norm", x.dtype(), [&](auto tag) {
    using X = typename decltype(tag)::type;
    using T = Computed<X>;
    (layout.inner > 1 ? moments_of_rows<X, T> : moments_of_columns<X, T>)(layout, x.data_ptr<X>(),
                                                                          result.mean.data_ptr<T>(),
                                                                          result.var.data_ptr<T>());
  });
  return result;
}

Tensor reciprocal_std(const Tensor& var, double eps) {
  const int64_t channels = var.numel();
  Tensor result = empty(channels, var.dtype());
  dispatch_float_double("batch_norm", var.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::vector<T> from = numbers_of<T>(var, channels, 0);
    T* const to = result.data_ptr<T>();
    for (size_t c = 0; c < from.size(); ++c) {
      to[c] = static_cast<T>(1 / std::sqrt(static_cast<double>(from[c]) + eps));
    }
  });
  return result;
}

Tensor channel_norm(const Tensor& input, const Tensor& mean, const Tensor& rstd,
                    const Tensor& weight, const Tensor& bias) {
  const Tensor x = dense(input);
  Tensor result = empty_strided(x.sizes(), x.strides(), x.dtype());
  if (x.numel() == 0) return result;
  const ChannelLayout layout(x);
  dispatch_floating("batch_norm", x.dtype(), [&](auto tag) {
    using X = typename decltype(tag)::type;
    using T = Computed<X>;
    const NormLoops<T> loops = norm_loops<T>();
    const std::vector<T> shift = numbers_of<T>(mean, layout.channels, 0);
    const std::vector<T> b = numbers_of<T>(bias, layout.channels, 0);
    std::vector<T> a = numbers_of<T>(rstd, layout.channels, 1);
    const std::vector<T> w = numbers_of<T>(weight, layout.channels, 1);
    for (size_t c = 0; c < a.size(); ++c) a[c] *= w[c];
    const X* const src = x.data_ptr<X>();
    X* const y = result.data_ptr<X>();
    for_each_part<X>(
        layout,
        [&](int64_t first, int64_t channel, int64_t n) {
          const size_t c = static_cast<size_t>(channel);
          convert(src, y, first, n, [&](const T* from, T* to) {
            loops.row_line(from, {shift[c], a[c], b[c]}, n, to);
          });
        },
        [&](int64_t first, int64_t c, int64_t rows, int64_t cols) {
          convert(src, y, first, rows * cols, [&](const T* from, T* to) {
            loops.column_lines(from, {shift.data() + c, a.data() + c, b.data() + c}, rows, cols,
                               to);
          });
        });
  });
  return result;
}

NormGradients channel_norm_backward(const Tensor& gradient, const Tensor& input, const Tensor& mean,
                                    const Tensor& rstd, const Tensor& weight, bool training,
                                    bool need_dx) {
  const Tensor x_tensor = dense(input);
  const Tensor dy_tensor = with_strides_of(gradient, x_tensor);
  const int64_t channels = x_tensor.sizes()[1];
  NormGradients result;
  result.dweight = empty(channels, computed_type(x_tensor));
  result.dbias = empty(channels, computed_type(x_tensor));
  if (need_dx) {
    result.dx = empty_strided(x_tensor.sizes(), x_tensor.strides(), x_tensor.dtype());
  }
  dispatch_floating("batch_norm", x_tensor.dtype(), [&](auto tag) {
    using X = typename decltype(tag)::type;
    using T = Computed<X>;
    T *const dw = result.dweight.data_ptr<T>(), *const db = result.dbias.data_ptr<T>();
    if (x_tensor.numel() == 0) {
      std::fill(dw, dw + channels, T(0));
      std::fill(db, db + channels, T(0));
      return;
    }
    const ChannelLayout layout(x_tensor);
    const NormLoops<T> loops = norm_loops<T>();
    const X *const dy = dy_tensor.data_ptr<X>(), *const x = x_tensor.data_ptr<X>();
    const std::vector<T> m = numbers_of<T>(mean, channels, 0);
    const std::vector<T> s = numbers_of<T>(rstd, channels, 1);
    const std::vector<T> w = numbers_of<T>(weight, channels, 1);
    std::vector<double> sums(static_cast<size_t>(2 * channels));
    gradient_sums(layout, dy, x, m.data(), sums.data());
    // With n elements per channel: dx = s w (dy - sum dy / n - (x - m) s^2 sum dy (x - m) / n).
    std::vector<T> a(m.size()), b(m.size()), factor(m.size());
    const double n = static_cast<double>(layout.count());
    for (size_t c = 0; c < m.size(); ++c) {
      const double sum = sums[c], dot = sums[m.size() + c];
      const double rs = s[c], scale = rs * static_cast<double>(w[c]);
      db[c] = static_cast<T>(sum);
      dw[c] = static_cast<T>(dot * rs);
      factor[c] = static_cast<T>(scale);
      a[c] = static_cast<T>(-scale * rs * rs * dot / n);
      b[c] = static_cast<T>(-scale * sum / n);
    }
    if (!need_dx) return;
    X* const dx = result.dx.data_ptr<X>();
    if (!training) {
      // A line through dy: x is not read, so what is infinite there does no harm.
      const std::vector<T> zero(m.size(), T(0));
      for_each_part<X>(
          layout,
          [&](int64_t first, int64_t channel, int64_t length) {
            const T scale = factor[static_cast<size_t>(channel)];
            convert(dy, dx, first, length, [&](const T* from, T* to) {
              loops.row_line(from, {0, scale, 0}, length, to);
            });
          },
          [&](int64_t first, int64_t c, int64_t rows, int64_t cols) {
            convert(dy, dx, first, rows * cols, [&](const T* from, T* to) {
              loops.column_lines(from, {zero.data(), factor.data() + c, zero.data()}, rows, cols,
                                 to);
            });
          });
      return;
    }
    constexpr int64_t kSpace = std::is_same_v<X, T> ? 1 : kPiece;
    for_each_part<X>(
        layout,
        [&](int64_t first, int64_t channel, int64_t length) {
          const size_t c = static_cast<size_t>(channel);
          T space[kSpace];
          const T* const xs = as_computed(x + first, length, space);
          convert(dy, dx, first, length, [&](const T* from, T* to) {
            loops.row_gradient(from, xs, {m[c], a[c], b[c]}, factor[c], length, to);
          });
        },
        [&](int64_t first, int64_t c, int64_t rows, int64_t cols) {
          T space[kSpace];
          const T* const xs = as_computed(x + first, rows * cols, space);
          convert(dy, dx, first, rows * cols, [&](const T* from, T* to) {
            loops.column_gradients(from, xs, {m.data() + c, a.data() + c, b.data() + c},
                                   factor.data() + c, rows, cols, to);
          });
        });
  });
  return result;
}

}  // namespace gradus::kernel
