#include <algorithm>
#include <cmath>

#include "core/kernels/norm.h"

namespace gradus::kernel {

namespace {

template <class T>
void row_moments(const T* x, T shift, int64_t n, T* mean, T* squares) {
  T sum = 0, square_sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i] - shift;
  *mean = sum / static_cast<T>(n);
  for (int64_t i = 0; i < n; ++i) {
    const T deviation = x[i] - shift - *mean;
    square_sum += deviation * deviation;
  }
  *squares = square_sum;
}

// x and y are [rows, n].
template <class T>
void layer_norm(const T* x, const T* w, const T* b, T eps, int64_t rows, int64_t n, T* y, T* mean,
                T* rstd) {
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    T squares;
    row_moments(x, T(0), n, &mean[r], &squares);
    rstd[r] = 1 / std::sqrt(squares / static_cast<T>(n) + eps);
    for (int64_t i = 0; i < n; ++i) {
      const T xhat = (x[i] - mean[r]) * rstd[r];
      y[i] = xhat * (w == nullptr ? T(1) : w[i]) + (b == nullptr ? T(0) : b[i]);
    }
  }
}

// dx = rstd (g - mean(g) - xhat mean(g xhat)), where g = dy w.
template <class T>
void layer_norm_backward(const T* dy, const T* x, const T* mean, const T* rstd, const T* w,
                         int64_t rows, int64_t n, T* dx, T* dw, T* db) {
  for (int64_t r = 0; r < rows; ++r, dy += n, x += n, dx += n) {
    T sum = 0, dot = 0;
    for (int64_t i = 0; i < n; ++i) {
      const T xhat = (x[i] - mean[r]) * rstd[r];
      const T g = dy[i] * (w == nullptr ? T(1) : w[i]);
      sum += g;
      dot += g * xhat;
      if (dw != nullptr) dw[i] += dy[i] * xhat;
      if (db != nullptr) db[i] += dy[i];
    }
    sum /= static_cast<T>(n);
    dot /= static_cast<T>(n);
    for (int64_t i = 0; i < n; ++i) {
      const T xhat = (x[i] - mean[r]) * rstd[r];
      const T g = dy[i] * (w == nullptr ? T(1) : w[i]);
      dx[i] = rstd[r] * (g - sum - xhat * dot);
    }
  }
}

template <class T>
void column_moments(const T* x, const T* shift, int64_t stride, int64_t rows, int64_t cols, T* mean,
                    T* squares) {
  std::fill(mean, mean + cols, T(0));
  std::fill(squares, squares + cols, T(0));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) mean[c] += x[r * stride + c] - shift[c];
  }
  for (int64_t c = 0; c < cols; ++c) mean[c] /= static_cast<T>(rows);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const T deviation = x[r * stride + c] - shift[c] - mean[c];
      squares[c] += deviation * deviation;
    }
  }
}

template <class T>
void row_sums(const T* dy, const T* x, T mean, int64_t n, T* sums) {
  sums[0] = sums[1] = 0;
  for (int64_t i = 0; i < n; ++i) {
    sums[0] += dy[i];
    sums[1] += dy[i] * (x[i] - mean);
  }
}

template <class T>
void column_sums(const T* dy, const T* x, const T* mean, int64_t stride, int64_t rows, int64_t cols,
                 T* sums) {
  std::fill(sums, sums + 2 * cols, T(0));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      sums[c] += dy[r * stride + c];
      sums[cols + c] += dy[r * stride + c] * (x[r * stride + c] - mean[c]);
    }
  }
}

template <class T>
void row_line(const T* x, Line<T> line, int64_t n, T* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - line.shift) * line.a + line.b;
}

template <class T>
void column_lines(const T* x, const Line<const T*>& lines, int64_t rows, int64_t cols, T* y) {
  for (int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    for (int64_t c = 0; c < cols; ++c) y[c] = (x[c] - lines.shift[c]) * lines.a[c] + lines.b[c];
  }
}

template <class T>
void row_gradient(const T* dy, const T* x, Line<T> line, T c, int64_t n, T* dx) {
  for (int64_t i = 0; i < n; ++i) dx[i] = dy[i] * c + ((x[i] - line.shift) * line.a + line.b);
}

template <class T>
void column_gradients(const T* dy, const T* x, const Line<const T*>& lines, const T* factor,
                      int64_t rows, int64_t cols, T* dx) {
  for (int64_t r = 0; r < rows; ++r, dy += cols, x += cols, dx += cols) {
    for (int64_t c = 0; c < cols; ++c) {
      dx[c] = dy[c] * factor[c] + ((x[c] - lines.shift[c]) * lines.a[c] + lines.b[c]);
    }
  }
}

}  // namespace

template <class T>
NormLoops<T> plain_norm_loops() {
  return {&layer_norm<T>,   &layer_norm_backward<T>, &row_moments<T>, &column_moments<T>,
          &row_sums<T>,     &column_sums<T>,         &row_line<T>,    &column_lines<T>,
          &row_gradient<T>, &column_gradients<T>};
}

template NormLoops<float> plain_norm_loops();
template NormLoops<double> plain_norm_loops();

}  // namespace gradus::kernel
