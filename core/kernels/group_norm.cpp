// x is [samples, groups, channels of a group, inner], row-major: a group is a row that lies
// together, of channels that are rows with a line y = (x - shift) a + b of their own.

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/allocator.h"
#include "core/factory.h"
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

Tensor row_major(const Tensor& x) {
  if (!x.defined() || x.is_contiguous()) return x;
  Tensor y = empty(x.sizes(), x.dtype());
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
};

template <class F>
void for_each_group(const Layout& layout, F f) {
  parallel_for(layout.rows(), std::max<int64_t>(kGrain / layout.group_size(), 1),
               [&](int64_t begin, int64_t end) {
                 for (int64_t row = begin; row < end; ++row) f(row);
               });
}

template <class T>
void run_group_norm(const Layout& layout, const T* x, const T* w, const T* b, double eps, T* y,
                    T* means, T* rstds) {
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
      const T a = w == nullptr ? rstd : rstd * w[c];
      const T rest = (b == nullptr ? T(0) : b[c]) - mean * a;
      loops.row_line(from + k * inner, {shift, a, rest}, inner, to + k * inner);
    }
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

template <class T>
void run_group_norm_backward(const Layout& layout, const T* dy, const T* x, const T* means,
                             const T* rstds, const T* w, T* dx, T* dw, T* db) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t size = layout.group_size(), inner = layout.inner;
  const int64_t channels = layout.group_channels();
  // Of each channel of each sample: sum dy, sum dy (x - mean).
  const Buffer space(sizeof(double) * static_cast<size_t>(2 * layout.samples * layout.channels));
  double* const sums = space.as<double>();
  for_each_group(layout, [&](int64_t row) {
    const T mean = means[row];
    const double rstd = static_cast<double>(rstds[row]);
    double* const own = sums + row * channels * 2;
    const T* const weight = w == nullptr ? nullptr : w + row % layout.groups * channels;
    const auto weight_of = [=](int64_t k) { return weight == nullptr ? T(1) : weight[k]; };
    double sum = 0, dot = 0;
    for (int64_t k = 0; k < channels; ++k) {
      const int64_t at = row * size + k * inner;
      sums_of(loops, dy + at, x + at, mean, inner, own + 2 * k);
      sum += own[2 * k] * static_cast<double>(weight_of(k));
      dot += own[2 * k + 1] * static_cast<double>(weight_of(k));
    }
    // With g = dy w and n elements: dx = rstd (g - sum g / n - (x - mean) rstd^2 sum g (x - mean) /
    // n).
    const double n = static_cast<double>(size);
    const T a = static_cast<T>(-rstd * rstd * rstd * dot / n);
    const T b = static_cast<T>(-rstd * sum / n);
    for (int64_t k = 0; k < channels; ++k) {
      const int64_t at = row * size + k * inner;
      loops.row_gradient(dy + at, x + at, {mean, a, b}, rstds[row] * weight_of(k), inner, dx + at);
    }
  });
  for (int64_t c = 0; c < layout.channels; ++c) {
    double sum = 0, dot = 0;
    for (int64_t sample = 0; sample < layout.samples; ++sample) {
      const double* const own = sums + (sample * layout.channels + c) * 2;
      sum += own[0];
      dot += own[1] * static_cast<double>(rstds[sample * layout.groups + c / channels]);
    }
    db[c] = static_cast<T>(sum);
    dw[c] = static_cast<T>(dot);
  }
}

}  // namespace

LayerNorm group_norm(const Tensor& input, int64_t groups, const Tensor& weight, const Tensor& bias,
                     double eps) {
  const Tensor x = row_major(input), w = row_major(weight), b = row_major(bias);
  const Layout layout(x, groups);
  LayerNorm result{empty(x.sizes(), x.dtype()), empty(layout.rows(), x.dtype()),
                   empty(layout.rows(), x.dtype())};
  dispatch_float_double("group_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_group_norm(layout, x.data_ptr<T>(), data_or_null<T>(w), data_or_null<T>(b), eps,
                   result.y.data_ptr<T>(), result.mean.data_ptr<T>(), result.rstd.data_ptr<T>());
  });
  return result;
}

NormGradients group_norm_backward(const Tensor& gradient, const Tensor& input, const Tensor& mean,
                                  const Tensor& rstd, int64_t groups, const Tensor& weight) {
  const Tensor dy = row_major(gradient), x = row_major(input), w = row_major(weight);
  const Layout layout(x, groups);
  NormGradients result{empty(x.sizes(), x.dtype()), empty(layout.channels, x.dtype()),
                       empty(layout.channels, x.dtype())};
  dispatch_float_double("group_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_group_norm_backward(layout, dy.data_ptr<T>(), x.data_ptr<T>(), mean.data_ptr<T>(),
                            rstd.data_ptr<T>(), data_or_null<T>(w), result.dx.data_ptr<T>(),
                            result.dweight.data_ptr<T>(), result.dbias.data_ptr<T>());
  });
  return result;
}

}  // namespace gradus::kernel
