#include "core/kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 8192;

// A dense tensor seen from one dim: [outer, n, inner] in the order of memory.
struct Layout3 {
  int64_t outer, n, inner;

  Layout3(const Tensor& x, int64_t dim) {
    const size_t at = static_cast<size_t>(dim);
    n = x.dim() == 0 ? 1 : x.sizes()[at];
    inner = n == 1 ? 1 : x.strides()[at];
    outer = x.numel() / (n * inner);
  }

  /// Calls rows(first, count) or columns(first, cols), `first` counting elements.
  template <class Rows, class Columns>
  void run(Rows&& rows, Columns&& columns) const {
    if (inner == 1) {
      parallel_for(outer, std::max<int64_t>(kGrain / n, 1),
                   [&](int64_t begin, int64_t end) { rows(begin * n, end - begin); });
      return;
    }
    const int64_t strips = (inner - 1) / kSoftmaxColumns + 1;
    const int64_t work = n * std::min(inner, kSoftmaxColumns);
    parallel_for(outer * strips, std::max<int64_t>(kGrain / work, 1),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t col = i % strips * kSoftmaxColumns;
                     columns(i / strips * n * inner + col, std::min(inner - col, kSoftmaxColumns));
                   }
                 });
  }
};

Tensor with_strides_of(const Tensor& x, const Tensor& like) {
  if (x.strides() == like.strides() && x.dtype() == like.dtype()) return x;
  Tensor copied = empty_strided(like.sizes(), like.strides(), like.dtype());
  copy(x, copied);
  return copied;
}

Tensor cast(const Tensor& x, ScalarType dtype) {
  Tensor y = empty_like(x, dtype);
  copy(x, y);
  return y;
}

bool is_small(ScalarType dtype) {
  return dtype == kHalf || dtype == kBFloat16;
}

}  // namespace

namespace {

constexpr int64_t kPiece = 2048;

// Rows of 16-bit numbers through float32, in blocks that stay in the first-level cache:
// f(in[0], ..., out, rows) for blocks of whole rows. False where a row is too long, or where they
// lie apart.
template <size_t kInputs, class F>
bool run_small_rows(const Layout3& layout, const Tensor (&in)[kInputs], const Tensor& out, F&& f) {
  if (layout.inner != 1 || layout.n > kPiece) return false;
  const BlockFunction widen = cast_function(out.dtype(), kFloat);
  const BlockFunction narrow = cast_function(kFloat, out.dtype());
  constexpr int64_t kSize = 2;  // bytes
  layout.run(
      [&](int64_t first, int64_t rows) {
        float blocks[kInputs][kPiece], result[kPiece];
        const int64_t step = kPiece / layout.n;
        for (int64_t r = 0; r < rows; r += step) {
          const int64_t count = std::min(step, rows - r), n = count * layout.n;
          const int64_t at = (first + r * layout.n) * kSize;
          for (size_t k = 0; k < kInputs; ++k) {
            const void* const from = static_cast<const char*>(in[k].data_ptr()) + at;
            widen(nullptr, &from, blocks[k], n);
          }
          f(blocks, result, count);
          const void* const from = result;
          narrow(nullptr, &from, static_cast<char*>(out.data_ptr()) + at, n);
        }
      },
      [](int64_t, int64_t) {});
  return true;
}

}  // namespace

template <class T>
void softmax_plain(const T* x, T* y, int64_t n, int64_t inner, int64_t cols, bool log) {
  for (int64_t c = 0; c < cols; ++c, ++x, ++y) {
    T max = -std::numeric_limits<T>::infinity();
    for (int64_t i = 0; i < n; ++i) max = std::max(max, x[i * inner]);
    T sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      // The maximum keeps exp() finite; it cancels in the quotient.
      const T e = std::exp(x[i * inner] - max);
      y[i * inner] = e;
      sum += e;
    }
    if (log) {
      const T log_sum = std::log(sum);
      for (int64_t i = 0; i < n; ++i) y[i * inner] = x[i * inner] - max - log_sum;
    } else {
      for (int64_t i = 0; i < n; ++i) y[i * inner] /= sum;
    }
  }
}

template <class T>
void softmax_backward_plain(const T* y, const T* dy, T* dx, int64_t n, int64_t inner, int64_t cols,
                            bool log) {
  for (int64_t c = 0; c < cols; ++c, ++y, ++dy, ++dx) {
    T sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += log ? dy[i * inner] : y[i * inner] * dy[i * inner];
    for (int64_t i = 0; i < n; ++i) {
      dx[i * inner] =
          log ? dy[i * inner] - std::exp(y[i * inner]) * sum : y[i * inner] * (dy[i * inner] - sum);
    }
  }
}

template void softmax_plain(const float*, float*, int64_t, int64_t, int64_t, bool);
template void softmax_plain(const double*, double*, int64_t, int64_t, int64_t, bool);
template void softmax_backward_plain(const float*, const float*, float*, int64_t, int64_t, int64_t,
                                     bool);
template void softmax_backward_plain(const double*, const double*, double*, int64_t, int64_t,
                                     int64_t, bool);

Tensor softmax(const char* op, const Tensor& input, int64_t dim, bool log) {
  if (is_small(input.dtype())) {
    const Tensor y = empty_like(input);
    if (y.numel() == 0) return y;
    const Layout3 layout(y, dim);
    const auto rows = [&](const auto& x, float* to, int64_t count) {
      softmax_rows(x[0], to, count, layout.n, log);
    };
    if (run_small_rows<1>(layout, {with_strides_of(input, y)}, y, rows)) return y;
    return cast(softmax(op, cast(input, kFloat), dim, log), input.dtype());
  }
  Tensor y = empty_like(input);
  if (y.numel() == 0) return y;
  const Tensor x = with_strides_of(input, y);
  const Layout3 layout(y, dim);
  if (x.dtype() == kFloat) {
    const float* const from = x.data_ptr<float>();
    float* const to = y.data_ptr<float>();
    layout.run([&](int64_t first,
                   int64_t rows) { softmax_rows(from + first, to + first, rows, layout.n, log); },
               [&](int64_t first, int64_t cols) {
                 softmax_columns(from + first, to + first, layout.n, layout.inner, cols, log);
               });
    return y;
  }
  dispatch_float_double(op, x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const to = y.data_ptr<T>();
    layout.run(
        [&](int64_t first, int64_t rows) {
          for (int64_t i = first; i < first + rows * layout.n; i += layout.n) {
            softmax_plain(from + i, to + i, layout.n, 1, 1, log);
          }
        },
        [&](int64_t first, int64_t cols) {
          softmax_plain(from + first, to + first, layout.n, layout.inner, cols, log);
        });
  });
  return y;
}

Tensor softmax_backward(const char* op, const Tensor& output, const Tensor& gradient, int64_t dim,
                        bool log) {
  if (is_small(output.dtype())) {
    const Tensor dx = empty_like(output);
    if (dx.numel() == 0) return dx;
    const Layout3 layout(dx, dim);
    const auto rows = [&](const auto& x, float* to, int64_t count) {
      softmax_backward_rows(x[0], x[1], to, count, layout.n, log);
    };
    const Tensor y = with_strides_of(output, dx), dy = with_strides_of(gradient, dx);
    if (run_small_rows<2>(layout, {y, dy}, dx, rows)) return dx;
    return cast(softmax_backward(op, cast(output, kFloat), cast(gradient, kFloat), dim, log),
                output.dtype());
  }
  Tensor result = empty_like(output);
  if (result.numel() == 0) return result;
  const Tensor y_tensor = with_strides_of(output, result);
  const Tensor dy_tensor = with_strides_of(gradient, result);
  const Layout3 layout(result, dim);
  if (result.dtype() == kFloat) {
    const float* const y = y_tensor.data_ptr<float>();
    const float* const dy = dy_tensor.data_ptr<float>();
    float* const dx = result.data_ptr<float>();
    layout.run(
        [&](int64_t first, int64_t rows) {
          softmax_backward_rows(y + first, dy + first, dx + first, rows, layout.n, log);
        },
        [&](int64_t first, int64_t cols) {
          softmax_backward_columns(y + first, dy + first, dx + first, layout.n, layout.inner, cols,
                                   log);
        });
    return result;
  }
  dispatch_float_double(op, result.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const y = y_tensor.data_ptr<T>();
    const T* const dy = dy_tensor.data_ptr<T>();
    T* const dx = result.data_ptr<T>();
    layout.run(
        [&](int64_t first, int64_t rows) {
          for (int64_t i = first; i < first + rows * layout.n; i += layout.n) {
            softmax_backward_plain(y + i, dy + i, dx + i, layout.n, 1, 1, log);
          }
        },
        [&](int64_t first, int64_t cols) {
          softmax_backward_plain(y + first, dy + first, dx + first, layout.n, layout.inner, cols,
                                 log);
        });
  });
  return result;
}

}  // namespace gradus::kernel
