// x is [samples, groups, channels of a group, inner], row-major: a group is a row that lies
// together, of channels that are rows with a line y = (x - shift) a + b of their own.

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/conv_problem.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/norm.h"
#include "core/kernels/norm_driver.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;
// Elements whose sum is taken in T before it joins the others in double.
constexpr int64_t kBlock = 4096;

// A block of columns, which stays in the first-level cache.
constexpr int64_t kBlockRows = 64;
constexpr int64_t kBlockCols = 64;

Tensor row_major(const Tensor& x) {
  if (!x.defined() || x.is_contiguous()) return x;
  Tensor y = empty(x.sizes(), x.dtype());
  copy(x, y);
  return y;
}

// Of one inner element, both orders are the same, and vectors go along the channels.
bool is_channels_last(const Tensor& x) {
  if (x.is_contiguous()) return x.size(1) > 1 && x.numel() == x.size(0) * x.size(1);
  return IntArrayRef(x.strides()) == channels_last_strides(x.sizes());
}

Tensor with_strides_of(const Tensor& x, const Tensor& like) {
  if (x.strides() == like.strides()) return x;
  Tensor y = empty_strided(like.sizes(), like.strides(), x.dtype());
  copy(x, y);
  return y;
}

struct Layout {
  int64_t samples, channels, inner, groups;

  Layout(const Tensor& x, int64_t groups)
      : samples(x.size(0)),
        channels(x.size(1)),
        inner(x.numel() / (samples * channels)),
        groups(groups) {}
  int64_t rows() const { return samples * groups; }
  int64_t group_channels() const { return channels / groups; }
  int64_t group_size() const { return group_channels() * inner; }
  int64_t sample_size() const { return channels * inner; }
};

template <class F>
void for_each_group(const Layout& layout, F f) {
  parallel_for(layout.rows(), std::max<int64_t>(kGrain / layout.group_size(), 1),
               [&](int64_t begin, int64_t end) {
                 for (int64_t row = begin; row < end; ++row) f(row);
               });
}

template <class F>
void for_each_sample(const Layout& layout, F f) {
  parallel_for(layout.samples, std::max<int64_t>(kGrain / layout.sample_size(), 1),
               [&](int64_t begin, int64_t end) {
                 for (int64_t sample = begin; sample < end; ++sample) f(sample);
               });
}

// Calls f(row, col, rows, cols) for the blocks of a sample [inner, channels].
template <class F>
void for_each_block(const Layout& layout, F f) {
  for (int64_t row = 0; row < layout.inner; row += kBlockRows) {
    for (int64_t col = 0; col < layout.channels; col += kBlockCols) {
      f(row, col, std::min(layout.inner - row, kBlockRows),
        std::min(layout.channels - col, kBlockCols));
    }
  }
}

template <class T>
T weight_of(const T* w, int64_t c) {
  return w == nullptr ? T(1) : w[c];
}

template <class T>
void run_rows(const Layout& layout, const T* x, const T* w, const T* b, double eps, T* y, T* means,
              T* rstds) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t size = layout.group_size(), inner = layout.inner;
  for_each_group(layout, [&](int64_t row) {
    const T* const from = x + row * size;
    T* const to = y + row * size;
    // About the first element, as in layer_norm.
    const T shift = from[0];
    T mean, squares;
    loops.row_moments(from, shift, size, &mean, &squares);
    const double var = static_cast<double>(squares) / static_cast<double>(size);
    const T rstd = static_cast<T>(1 / std::sqrt(var + eps));
    means[row] = shift + mean;
    rstds[row] = rstd;
    for (int64_t k = 0; k < layout.group_channels(); ++k) {
      const int64_t c = row % layout.groups * layout.group_channels() + k;
      const T a = rstd * weight_of(w, c);
      const T rest = (b == nullptr ? T(0) : b[c]) - mean * a;
      loops.row_line(from + k * inner, {shift, a, rest}, inner, to + k * inner);
    }
  });
}

template <class T>
void run_columns(const Layout& layout, const T* x, const T* w, const T* b, double eps, T* y,
                 T* means, T* rstds) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t channels = layout.channels, own = layout.group_channels();
  const double size = static_cast<double>(layout.group_size());
  const double inner = static_cast<double>(layout.inner);
  const Buffer space(sizeof(T) * static_cast<size_t>(2 * layout.samples * channels));
  for_each_sample(layout, [&](int64_t sample) {
    const T* const from = x + sample * layout.sample_size();
    // About the first element of each channel.
    const T* const shift = from;
    T* const mean = space.as<T>() + sample * 2 * channels;
    T* const squares = mean + channels;
    std::fill_n(mean, 2 * channels, T(0));
    for_each_block(layout, [&](int64_t row, int64_t col, int64_t rows, int64_t cols) {
      T block_mean[kBlockCols], block_squares[kBlockCols];
      loops.column_moments(from + row * channels + col, shift + col, channels, rows, cols,
                           block_mean, block_squares);
      merge_moments(static_cast<T>(row), mean + col, squares + col, static_cast<T>(rows),
                    block_mean, block_squares, cols);
    });
    for (int64_t group = 0; group < layout.groups; ++group) {
      const int64_t first = group * own, last = first + own;
      const auto mean_of = [=](int64_t c) {
        return static_cast<double>(shift[c]) + static_cast<double>(mean[c]);
      };
      double group_mean = 0, group_squares = 0;
      for (int64_t c = first; c < last; ++c) group_mean += mean_of(c) / static_cast<double>(own);
      for (int64_t c = first; c < last; ++c) {
        const double delta = mean_of(c) - group_mean;
        group_squares += static_cast<double>(squares[c]) + inner * delta * delta;
      }
      const double rstd = 1 / std::sqrt(group_squares / size + eps);
      means[sample * layout.groups + group] = static_cast<T>(group_mean);
      rstds[sample * layout.groups + group] = static_cast<T>(rstd);
      // The lines take the places of the moments.
      for (int64_t c = first; c < last; ++c) {
        const double a = rstd * static_cast<double>(weight_of(w, c));
        const double rest = b == nullptr ? 0 : static_cast<double>(b[c]);
        mean[c] = static_cast<T>(a);
        squares[c] = static_cast<T>((static_cast<double>(shift[c]) - group_mean) * a + rest);
      }
    }
    loops.column_lines(from, {shift, mean, squares}, layout.inner, channels,
                       y + sample * layout.sample_size());
  });
}

// sums[0] = sum dy and sums[1] = sum dy (x - mean) of n elements.
template <class T>
void sums_of(const NormLoops<T>& loops, const T* dy, const T* x, T mean, int64_t n, double* sums) {
  sums[0] = sums[1] = 0;
  for (int64_t i = 0; i < n; i += kBlock) {
    T block[2];
    loops.row_sums(dy + i, x + i, mean, std::min(kBlock, n - i), block);
    sums[0] += static_cast<double>(block[0]);
    sums[1] += static_cast<double>(block[1]);
  }
}

// With g = dy w and n elements: dx = rstd g + (x - mean) a + b, where a = -rstd^3 sum g (x - mean)
// / n and b = -rstd sum g / n. `sums` are sums_of() for each channel of the group.
template <class T>
struct GroupLine {
  T a, b;

  GroupLine(const double* sums, const T* w, int64_t channels, T group_rstd, int64_t n) {
    const double rstd = static_cast<double>(group_rstd), count = static_cast<double>(n);
    double sum = 0, dot = 0;
    for (int64_t k = 0; k < channels; ++k) {
      sum += sums[2 * k] * static_cast<double>(weight_of(w, k));
      dot += sums[2 * k + 1] * static_cast<double>(weight_of(w, k));
    }
    a = static_cast<T>(-rstd * rstd * rstd * dot / count);
    b = static_cast<T>(-rstd * sum / count);
  }
};

// sums are those of each channel of each sample.
template <class T>
void run_rows_backward(const Layout& layout, const T* dy, const T* x, const T* means,
                       const T* rstds, const T* w, double* sums, T* dx) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t size = layout.group_size(), inner = layout.inner;
  const int64_t channels = layout.group_channels();
  for_each_group(layout, [&](int64_t row) {
    double* const own = sums + row * channels * 2;
    const T* const weight = w == nullptr ? nullptr : w + row % layout.groups * channels;
    for (int64_t k = 0; k < channels; ++k) {
      const int64_t at = row * size + k * inner;
      sums_of(loops, dy + at, x + at, means[row], inner, own + 2 * k);
    }
    const GroupLine<T> line(own, weight, channels, rstds[row], size);
    for (int64_t k = 0; k < channels; ++k) {
      const int64_t at = row * size + k * inner;
      loops.row_gradient(dy + at, x + at, {means[row], line.a, line.b},
                         rstds[row] * weight_of(weight, k), inner, dx + at);
    }
  });
}

template <class T>
void run_columns_backward(const Layout& layout, const T* dy, const T* x, const T* means,
                          const T* rstds, const T* w, double* sums, T* dx) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t channels = layout.channels, own = layout.group_channels();
  const Buffer space(sizeof(T) * static_cast<size_t>(4 * layout.samples * channels));
  for_each_sample(layout, [&](int64_t sample) {
    const T *const dys = dy + sample * layout.sample_size(), *const xs =
                                                                 x + sample * layout.sample_size();
    const T *const mean_of = means + sample * layout.groups, *const rstd_of =
                                                                 rstds + sample * layout.groups;
    T* const mean = space.as<T>() + sample * 4 * channels;
    T *const a = mean + channels, *const b = a + channels, *const factor = b + channels;
    for (int64_t c = 0; c < channels; ++c) mean[c] = mean_of[c / own];
    double* const total = sums + sample * channels * 2;
    std::fill_n(total, 2 * channels, 0.0);
    for_each_block(layout, [&](int64_t row, int64_t col, int64_t rows, int64_t cols) {
      T block[2 * kBlockCols];
      const int64_t at = row * channels + col;
      loops.column_sums(dys + at, xs + at, mean + col, channels, rows, cols, block);
      for (int64_t i = 0; i < cols; ++i) {
        total[2 * (col + i)] += static_cast<double>(block[i]);
        total[2 * (col + i) + 1] += static_cast<double>(block[cols + i]);
      }
    });
    for (int64_t group = 0; group < layout.groups; ++group) {
      const int64_t first = group * own;
      const GroupLine<T> line(total + 2 * first, w == nullptr ? nullptr : w + first, own,
                              rstd_of[group], layout.group_size());
      for (int64_t c = first; c < first + own; ++c) {
        a[c] = line.a;
        b[c] = line.b;
        factor[c] = rstd_of[group] * weight_of(w, c);
      }
    }
    loops.column_gradients(dys, xs, {mean, a, b}, factor, layout.inner, channels,
                           dx + sample * layout.sample_size());
  });
}

}  // namespace

LayerNorm group_norm(const Tensor& input, int64_t groups, const Tensor& weight, const Tensor& bias,
                     double eps) {
  const bool by_columns = is_channels_last(input);
  const Tensor x = by_columns ? input : row_major(input);
  const Tensor w = row_major(weight), b = row_major(bias);
  const Layout layout(x, groups);
  LayerNorm result{empty_strided(x.sizes(), x.strides(), x.dtype()),
                   empty(layout.rows(), x.dtype()), empty(layout.rows(), x.dtype())};
  dispatch_float_double("group_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto run = by_columns ? run_columns<T> : run_rows<T>;
    run(layout, x.data_ptr<T>(), data_or_null<T>(w), data_or_null<T>(b), eps,
        result.y.data_ptr<T>(), result.mean.data_ptr<T>(), result.rstd.data_ptr<T>());
  });
  return result;
}

NormGradients group_norm_backward(const Tensor& gradient, const Tensor& input, const Tensor& mean,
                                  const Tensor& rstd, int64_t groups, const Tensor& weight) {
  const bool by_columns = is_channels_last(input);
  const Tensor x = by_columns ? input : row_major(input), w = row_major(weight);
  const Tensor dy = with_strides_of(gradient, x);
  const Layout layout(x, groups);
  NormGradients result{empty_strided(x.sizes(), x.strides(), x.dtype()),
                       empty(layout.channels, x.dtype()), empty(layout.channels, x.dtype())};
  dispatch_float_double("group_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const rstds = rstd.data_ptr<T>();
    // Of each channel of each sample: sum dy, sum dy (x - mean).
    const Buffer space(sizeof(double) * static_cast<size_t>(2 * layout.samples * layout.channels));
    double* const sums = space.as<double>();
    const auto run = by_columns ? run_columns_backward<T> : run_rows_backward<T>;
    run(layout, dy.data_ptr<T>(), x.data_ptr<T>(), mean.data_ptr<T>(), rstds, data_or_null<T>(w),
        sums, result.dx.data_ptr<T>());
    T *const dw = result.dweight.data_ptr<T>(), *const db = result.dbias.data_ptr<T>();
    for (int64_t c = 0; c < layout.channels; ++c) {
      const int64_t group = c / layout.group_channels();
      double sum = 0, dot = 0;
      for (int64_t sample = 0; sample < layout.samples; ++sample) {
        const double* const own = sums + (sample * layout.channels + c) * 2;
        sum += own[0];
        dot += own[1] * static_cast<double>(rstds[sample * layout.groups + group]);
      }
      db[c] = static_cast<T>(sum);
      dw[c] = static_cast<T>(dot);
    }
  });
  return result;
}

}  // namespace gradus::kernel
