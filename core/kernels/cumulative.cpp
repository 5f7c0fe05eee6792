#include "core/kernels/cumulative.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kColumns = 64;

Tensor row_major(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor y = empty(x.sizes(), x.dtype());
  copy(x, y);
  return y;
}

// What is scanned: n elements, `step` apart, in each of `cols` neighbouring columns.
struct Strip {
  int64_t first, n, step, cols;
};

// Calls body(strip) for all strips that make up a row-major x. `cost` is an element's, in those of
// an addition.
template <class F>
void for_each_strip(const Tensor& x, int64_t dim, int64_t cost, F&& body) {
  if (x.numel() == 0) return;
  const int64_t n = x.dim() == 0 ? 1 : x.sizes()[static_cast<size_t>(dim)];
  int64_t inner = 1;
  for (int64_t d = dim + 1; d < x.dim(); ++d) inner *= x.sizes()[static_cast<size_t>(d)];
  const int64_t strips = (inner - 1) / kColumns + 1;
  const int64_t work = n * std::min(inner, kColumns) * cost;
  parallel_for(
      x.numel() / (n * inner) * strips, std::max<int64_t>(1, 16384 / work),
      [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t col = task % strips * kColumns;
          body(Strip{task / strips * n * inner + col, n, inner, std::min(inner - col, kColumns)});
        }
      });
}

template <bool kMax, class T>
void scan_extremum(const Strip& strip, const T* x, T* values, int64_t* indices) {
  T best[kColumns];
  int64_t at[kColumns] = {};
  std::copy_n(x + strip.first, strip.cols, best);
  for (int64_t k = 0; k < strip.n; ++k) {
    const int64_t row = strip.first + k * strip.step;
    for (int64_t c = 0; c < strip.cols; ++c) {
      const T value = x[row + c];
      const bool better = kMax ? value >= best[c] : value <= best[c];
      // Of two NaNs the later one counts, as of two equals.
      if (value != value || (best[c] == best[c] && better)) {
        best[c] = value;
        at[c] = k;
      }
      values[row + c] = best[c];
      indices[row + c] = at[c];
    }
  }
}

}  // namespace

std::pair<Tensor, Tensor> cumulative_extremum(const char* op, bool max, const Tensor& input,
                                              int64_t dim) {
  const Tensor x = row_major(input);
  Tensor values = empty(x.sizes(), x.dtype()), indices = empty(x.sizes(), kLong);
  dispatch_all(op, x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const value = values.data_ptr<T>();
    int64_t* const index = indices.data_ptr<int64_t>();
    for_each_strip(x, dim, /*cost=*/1, [&](const Strip& strip) {
      (max ? scan_extremum<true, T> : scan_extremum<false, T>)(strip, from, value, index);
    });
  });
  return {std::move(values), std::move(indices)};
}

Tensor logcumsumexp(const char* op, const Tensor& input, int64_t dim) {
  const Tensor x = row_major(input);
  Tensor y = empty(x.sizes(), x.dtype());
  dispatch_floating(op, x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const to = y.data_ptr<T>();
    for_each_strip(x, dim, /*cost=*/32, [&](const Strip& strip) {
      // The sum so far is sum * e^top.
      double top[kColumns], sum[kColumns] = {};
      std::fill_n(top, kColumns, -std::numeric_limits<double>::infinity());
      for (int64_t k = 0; k < strip.n; ++k) {
        const int64_t row = strip.first + k * strip.step;
        for (int64_t c = 0; c < strip.cols; ++c) {
          const auto value = static_cast<double>(from[row + c]);
          if (value > top[c]) {
            sum[c] = sum[c] * std::exp(top[c] - value) + 1;
            top[c] = value;
          } else {
            sum[c] += value == top[c] ? 1 : std::exp(value - top[c]);
          }
          to[row + c] = static_cast<T>(top[c] + std::log(sum[c]));
        }
      }
    });
  });
  return y;
}

Tensor decayed_cumsum(const char* op, const Tensor& v, const Tensor& y, int64_t dim, bool reverse) {
  const Tensor terms = row_major(v), levels = row_major(y);
  Tensor a = empty(v.sizes(), v.dtype());
  dispatch_floating(op, v.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const term = terms.data_ptr<T>();
    const T* const level = levels.data_ptr<T>();
    T* const to = a.data_ptr<T>();
    for_each_strip(v, dim, /*cost=*/16, [&](const Strip& strip) {
      for (int64_t c = 0; c < strip.cols; ++c) {
        double sum = 0, last = 0;
        for (int64_t k = 0; k < strip.n; ++k) {
          const int64_t i = strip.first + (reverse ? strip.n - 1 - k : k) * strip.step + c;
          const auto here = static_cast<double>(level[i]);
          if (k > 0 && here != last) sum *= std::exp(reverse ? here - last : last - here);
          sum += static_cast<double>(term[i]);
          last = here;
          to[i] = static_cast<T>(sum);
        }
      }
    });
  });
  return a;
}

}  // namespace gradus::kernel
