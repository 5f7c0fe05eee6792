#pragma once

// Private: the products of one tile, on the thread that calls. matmul.cpp cuts a product into
// tiles.

#include <cstdint>
#include <type_traits>

#include "core/kernels/dispatch.h"

namespace gradus::kernel {

/// A matrix in memory: element (i, j) is data[i * row_stride + j * col_stride].
template <class T>
struct MatrixView {
  T* data;
  int64_t row_stride;
  int64_t col_stride;

  MatrixView at(int64_t i, int64_t j) const {
    return {data + i * row_stride + j * col_stride, row_stride, col_stride};
  }
  MatrixView transposed() const { return {data, col_stride, row_stride}; }
  T& operator()(int64_t i, int64_t j) const { return data[i * row_stride + j * col_stride]; }
};

/// Whether gemm() takes a [rows, cols] operand with these strides: rows or columns lie dense, the
/// others at a distance of at least their length.
bool is_gemm_operand(int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride);

/// c[m, n] = a[m, k] b[k, n], plus bias[n] where given, plus c where `accumulate`; c is row-major
/// with `ldc` elements from row to row. m, n, k >= 1, and is_gemm_operand() holds for a and b. Bias
/// and accumulate exclude each other.
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const float> a, MatrixView<const float> b,
          float* c, int64_t ldc, const float* bias, bool accumulate);
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const double> a, MatrixView<const double> b,
          double* c, int64_t ldc, const double* bias, bool accumulate);
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const BFloat16> a,
          MatrixView<const BFloat16> b, BFloat16* c, int64_t ldc, const BFloat16* bias,
          bool accumulate);
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const Half> a, MatrixView<const Half> b,
          Half* c, int64_t ldc, const Half* bias, bool accumulate);

/// The same by three loops, for any strides: the reference, and what integers use, whose sums wrap
/// around.
template <class T>
void gemm_reference(int64_t m, int64_t n, int64_t k, MatrixView<const T> a, MatrixView<const T> b,
                    T* c, int64_t ldc, const T* bias, bool accumulate) {
  using Sum = std::conditional_t<std::is_integral_v<T>, uint64_t, Accumulator<T>>;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      Sum sum = 0;
      for (int64_t p = 0; p < k; ++p) {
        sum += static_cast<Sum>(a(i, p)) * static_cast<Sum>(b(p, j));
      }
      T& out = c[i * ldc + j];
      if (bias != nullptr) sum += static_cast<Sum>(bias[j]);
      if (accumulate) sum += static_cast<Sum>(out);
      out = static_cast<T>(sum);
    }
  }
}

}  // namespace gradus::kernel
