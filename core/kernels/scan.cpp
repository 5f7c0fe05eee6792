#include <algorithm>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/reduce.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kColumns = 64;
constexpr int64_t kGrain = 16384;

// Integers wrap around, as PyTorch's do; in unsigned arithmetic that is defined.
template <class T>
using ScanType = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;

struct Plus {
  template <class A>
  static A apply(A a, A b) {
    return a + b;
  }
  static constexpr int kIdentity = 0;
};

struct Times {
  template <class A>
  static A apply(A a, A b) {
    return a * b;
  }
  static constexpr int kIdentity = 1;
};

// x and y are [n, inner], of which `cols` columns are scanned.
template <class Op, class T, class R>
void scan_columns(const T* x, R* y, int64_t n, int64_t inner, int64_t cols, bool reverse) {
  using A = ScanType<T>;
  A acc[kColumns];
  std::fill(acc, acc + cols, A(Op::kIdentity));
  for (int64_t k = 0; k < n; ++k) {
    const int64_t row = (reverse ? n - 1 - k : k) * inner;
    for (int64_t c = 0; c < cols; ++c) {
      acc[c] = Op::apply(acc[c], static_cast<A>(x[row + c]));
      y[row + c] = static_cast<R>(acc[c]);
    }
  }
}

// kRows rows of n elements that lie together: side by side, since each addition waits for the last.
template <class Op, int kRows, class T, class R>
void scan_rows(const T* x, R* y, int64_t n, bool reverse) {
  using A = ScanType<T>;
  A acc[kRows];
  for (A& a : acc) a = A(Op::kIdentity);
  for (int64_t k = 0; k < n; ++k) {
    const int64_t at = reverse ? n - 1 - k : k;
    for (int r = 0; r < kRows; ++r) {
      acc[r] = Op::apply(acc[r], static_cast<A>(x[r * n + at]));
      y[r * n + at] = static_cast<R>(acc[r]);
    }
  }
}

template <class Op>
Tensor scan(const char* op, const Tensor& input, int64_t dim, bool reverse) {
  const ScalarType type = is_floating_point(input.dtype()) ? input.dtype() : kLong;
  Tensor y = empty(input.sizes(), type);
  if (y.numel() == 0) return y;
  Tensor x = input;
  if (!x.is_contiguous()) {
    x = empty(input.sizes(), input.dtype());
    copy(input, x);
  }
  const size_t at = static_cast<size_t>(dim);
  const int64_t n = x.dim() == 0 ? 1 : x.sizes()[at];
  const int64_t inner = x.dim() == 0 ? 1 : y.strides()[at];
  const int64_t strips = (inner - 1) / kColumns + 1;
  const int64_t tasks = y.numel() / (n * inner) * strips;
  const int64_t work = n * std::min(inner, kColumns);
  dispatch_all(op, x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using R = std::conditional_t<std::is_integral_v<T>, int64_t, T>;
    const T* const from = x.data_ptr<T>();
    R* const to = y.data_ptr<R>();
    parallel_for(tasks, std::max<int64_t>(kGrain / work, 1), [&](int64_t begin, int64_t end) {
      if (inner == 1) {
        int64_t row = begin;
        for (; row + 4 <= end; row += 4) {
          scan_rows<Op, 4>(from + row * n, to + row * n, n, reverse);
        }
        for (; row < end; ++row) scan_rows<Op, 1>(from + row * n, to + row * n, n, reverse);
        return;
      }
      for (int64_t task = begin; task < end; ++task) {
        const int64_t col = task % strips * kColumns;
        const int64_t first = task / strips * n * inner + col;
        scan_columns<Op>(from + first, to + first, n, inner, std::min(inner - col, kColumns),
                         reverse);
      }
    });
  });
  return y;
}

}  // namespace

Tensor cumsum(const char* op, const Tensor& x, int64_t dim, bool reverse) {
  return scan<Plus>(op, x, dim, reverse);
}

Tensor cumprod(const char* op, const Tensor& x, int64_t dim, bool reverse) {
  return scan<Times>(op, x, dim, reverse);
}

}  // namespace gradus::kernel
