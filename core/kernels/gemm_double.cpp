// oneDNN has no float64; Eigen's product runs on the calling thread.
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

#include "core/kernels/gemm.h"

namespace gradus::kernel {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic>;  // column-major
using Stride = Eigen::OuterStride<>;
using Input = Eigen::Map<const Matrix, 0, Stride>;
using Output = Eigen::Map<Matrix, 0, Stride>;

// Calls f with the transpose of the [rows, cols] view x.
template <class F>
void with_transposed(MatrixView<const double> x, int64_t rows, int64_t cols, F&& f) {
  if (x.col_stride == 1 || cols == 1) {
    f(Input(x.data, cols, rows, Stride(x.row_stride)));
  } else {
    f(Input(x.data, rows, cols, Stride(x.col_stride)).transpose());
  }
}

}  // namespace

void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const double> a, MatrixView<const double> b,
          double* c, int64_t ldc, const double* bias, bool accumulate) {
  // Row-major c is column-major c^T = b^T a^T.
  Output ct(c, n, m, Stride(ldc));
  if (bias != nullptr) {
    ct.colwise() = Eigen::Map<const Eigen::VectorXd>(bias, n);
  } else if (!accumulate) {
    ct.setZero();
  }
  with_transposed(b, k, n, [&](const auto& bt) {
    with_transposed(a, m, k, [&](const auto& at) { ct.noalias() += bt * at; });
  });
}

}  // namespace gradus::kernel
