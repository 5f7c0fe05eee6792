#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
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

// Mean and squared deviations of a number of elements; of two disjoint sets of elements follow
// those of both (Chan, Golub, LeVeque 1979).
template <class T>
void merge_moments(T count_a, T* mean_a, T* squares_a, T count_b, const T* mean_b,
                   const T* squares_b, int64_t n) {
  const T part = count_b / (count_a + count_b), weight = part * count_a;
  for (int64_t i = 0; i < n; ++i) {
    const T delta = mean_b[i] - mean_a[i];
    mean_a[i] += delta * part;
    squares_a[i] += squares_b[i] + delta * delta * weight;
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
template <class T, class F>
void for_each_block(const ChannelLayout& layout, int64_t channel, int64_t begin, int64_t end,
                    const T* x, const T* dy, F&& body) {
  const int64_t inner = layout.inner, stride = layout.channels * inner;
  x += begin * stride + channel * inner;
  if (dy != nullptr) dy += begin * stride + channel * inner;
  if (inner >= kBlockRow / 8) {
    for (int64_t o = begin; o < end; ++o, x += stride) {
      for (int64_t i = 0; i < inner; i += kBlockRow) {
        body(std::min(inner - i, kBlockRow), x + i, dy == nullptr ? nullptr : dy + i);
      }
      if (dy != nullptr) dy += stride;
    }
    return;
  }
  T xs[kBlockRow], dys[kBlockRow];
  int64_t filled = 0;
  for (int64_t o = begin; o < end; ++o, x += stride) {
    std::memcpy(xs + filled, x, static_cast<size_t>(inner) * sizeof(T));
    if (dy != nullptr) {
      std::memcpy(dys + filled, dy, static_cast<size_t>(inner) * sizeof(T));
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

template <class T>
void moments_of_rows(const ChannelLayout& layout, const T* x, T* mean, T* var) {
  struct Part {
    double count = 0, mean = 0, squares = 0;
  };
  const NormLoops<T> loops = norm_loops<T>();
  const ChannelChunks chunks(layout);
  std::vector<Part> parts(static_cast<size_t>(chunks.chunks.count * layout.channels));
  chunks.run(layout, [&](int64_t chunk, int64_t channel, int64_t begin, int64_t end) {
    Part part;
    for_each_block<T>(layout, channel, begin, end, x, nullptr,
                      [&](int64_t n, const T* block, const T*) {
                        T m, s;
                        loops.row_moments(block, x[channel * layout.inner], n, &m, &s);
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
    mean[c] = static_cast<T>(total.mean + static_cast<double>(x[c * layout.inner]));
    var[c] = static_cast<T>(total.squares / total.count);
  }
}

// x is [outer, channels].
template <class T>
void moments_of_columns(const ChannelLayout& layout, const T* x, T* mean, T* var) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t channels = layout.channels;
  int64_t grain;
  const Chunks chunks = row_chunks(layout, &grain);
  std::vector<T> parts(static_cast<size_t>(chunks.count * 2 * channels));
  parallel_for(layout.outer, grain, [&](int64_t begin, int64_t end) {
    T* const means = parts.data() + begin / chunks.size * 2 * channels;
    T* const squares = means + channels;
    T block_mean[kBlockCols], block_squares[kBlockCols];
    for (int64_t r = begin; r < end; r += kBlockRows) {
      const int64_t rows = std::min(end - r, kBlockRows);
      for (int64_t c = 0; c < channels; c += kBlockCols) {
        const int64_t cols = std::min(channels - c, kBlockCols);
        loops.column_moments(x + r * channels + c, x + c, channels, rows, cols, block_mean,
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
    mean[c] = static_cast<T>(total_mean + static_cast<double>(x[c]));
    var[c] = static_cast<T>(total_squares / count);
  }
}

// sums[c] = sum dy and sums[channels + c] = sum dy (x - mean) of each channel.
template <class T>
void gradient_sums(const ChannelLayout& layout, const T* dy, const T* x, const T* mean,
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
      for_each_block<T>(layout, channel, begin, end, x, dy,
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
      for (int64_t r = begin; r < end; r += kBlockRows) {
        const int64_t rows = std::min(end - r, kBlockRows);
        for (int64_t c = 0; c < channels; c += kBlockCols) {
          const int64_t cols = std::min(channels - c, kBlockCols);
          const int64_t at = r * channels + c;
          loops.column_sums(dy + at, x + at, mean + c, channels, rows, cols, block);
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

// Calls rows(first, channel, n) for each row of a channel, or columns(first, rows), in parallel.
template <class Rows, class Columns>
void for_each_part(const ChannelLayout& layout, Rows&& rows, Columns&& columns) {
  if (layout.inner > 1) {
    parallel_for(layout.outer * layout.channels, std::max<int64_t>(kGrain / layout.inner, 1),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     rows(i * layout.inner, i % layout.channels, layout.inner);
                   }
                 });
  } else {
    parallel_for(
        layout.outer, std::max<int64_t>(kGrain / layout.channels, 1),
        [&](int64_t begin, int64_t end) { columns(begin * layout.channels, end - begin); });
  }
}

}  // namespace

Moments channel_moments(const Tensor& input) {
  const Tensor x = dense(input);
  const ChannelLayout layout(x);
  Moments result{empty(layout.channels, x.dtype()), empty(layout.channels, x.dtype())};
  dispatch_float_double("batch_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    (layout.inner > 1 ? moments_of_rows<T> : moments_of_columns<T>)(layout, x.data_ptr<T>(),
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
  dispatch_float_double("batch_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const NormLoops<T> loops = norm_loops<T>();
    const std::vector<T> shift = numbers_of<T>(mean, layout.channels, 0);
    const std::vector<T> b = numbers_of<T>(bias, layout.channels, 0);
    std::vector<T> a = numbers_of<T>(rstd, layout.channels, 1);
    const std::vector<T> w = numbers_of<T>(weight, layout.channels, 1);
    for (size_t c = 0; c < a.size(); ++c) a[c] *= w[c];
    const T* const from = x.data_ptr<T>();
    T* const y = result.data_ptr<T>();
    for_each_part(
        layout,
        [&](int64_t first, int64_t channel, int64_t n) {
          const size_t c = static_cast<size_t>(channel);
          loops.row_line(from + first, {shift[c], a[c], b[c]}, n, y + first);
        },
        [&](int64_t first, int64_t rows) {
          loops.column_lines(from + first, {shift.data(), a.data(), b.data()}, rows,
                             layout.channels, y + first);
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
  result.dweight = empty(channels, x_tensor.dtype());
  result.dbias = empty(channels, x_tensor.dtype());
  if (need_dx) {
    result.dx = empty_strided(x_tensor.sizes(), x_tensor.strides(), x_tensor.dtype());
  }
  dispatch_float_double("batch_norm", x_tensor.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T *const dw = result.dweight.data_ptr<T>(), *const db = result.dbias.data_ptr<T>();
    if (x_tensor.numel() == 0) {
      std::fill(dw, dw + channels, T(0));
      std::fill(db, db + channels, T(0));
      return;
    }
    const ChannelLayout layout(x_tensor);
    const NormLoops<T> loops = norm_loops<T>();
    const T *const dy = dy_tensor.data_ptr<T>(), *const x = x_tensor.data_ptr<T>();
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
    T* const dx = result.dx.data_ptr<T>();
    if (!training) {
      // A line through dy: x is not read, so what is infinite there does no harm.
      const std::vector<T> zero(m.size(), T(0));
      for_each_part(
          layout,
          [&](int64_t first, int64_t channel, int64_t length) {
            const T scale = factor[static_cast<size_t>(channel)];
            loops.row_line(dy + first, {0, scale, 0}, length, dx + first);
          },
          [&](int64_t first, int64_t rows) {
            loops.column_lines(dy + first, {zero.data(), factor.data(), zero.data()}, rows,
                               channels, dx + first);
          });
      return;
    }
    for_each_part(
        layout,
        [&](int64_t first, int64_t channel, int64_t length) {
          const size_t c = static_cast<size_t>(channel);
          loops.row_gradient(dy + first, x + first, {m[c], a[c], b[c]}, factor[c], length,
                             dx + first);
        },
        [&](int64_t first, int64_t rows) {
          loops.column_gradients(dy + first, x + first, {m.data(), a.data(), b.data()},
                                 factor.data(), rows, channels, dx + first);
        });
  });
  return result;
}

}  // namespace gradus::kernel
