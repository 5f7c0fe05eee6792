#include <cmath>
#include <limits>

#include <Eigen/LU>

#include "core/kernels/dispatch.h"
#include "core/kernels/linalg.h"
#include "core/kernels/linalg_batch-inl.h"

namespace gradus::kernel {

namespace {

// N. J. Higham, The scaling and squaring method for the matrix exponential revisited, 2005: the
// approximant of degree [13/13], which is exact to rounding in float64 for norms up to 5.37.
template <class T>
ColumnMatrix<T> exponential(const ColumnMatrix<T>& a) {
  const T norm = a.cwiseAbs().colwise().sum().maxCoeff();
  if (!std::isfinite(norm)) {
    return ColumnMatrix<T>::Constant(a.rows(), a.cols(), std::numeric_limits<T>::quiet_NaN());
  }
  constexpr double kGreatestNorm = 5.371920351148152;
  int squarings = 0;
  if (norm > kGreatestNorm) std::frexp(static_cast<double>(norm) / kGreatestNorm, &squarings);
  const ColumnMatrix<T> x = a * static_cast<T>(std::ldexp(1.0, -squarings));

  // The coefficients over the first, 13! 2^13 ... : b_i / b_0.
  T b[14];
  b[0] = 1;
  for (int i = 1; i <= 13; ++i) b[i] = b[i - 1] * static_cast<T>((14.0 - i) / (i * (27.0 - i)));
  const ColumnMatrix<T> x2 = x * x, x4 = x2 * x2, x6 = x4 * x2;
  const ColumnMatrix<T> one = ColumnMatrix<T>::Identity(a.rows(), a.cols());
  ColumnMatrix<T> high = b[13] * x6 + b[11] * x4 + b[9] * x2;
  ColumnMatrix<T> low = x6 * high + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one;
  const ColumnMatrix<T> odd = x * low;
  high = b[12] * x6 + b[10] * x4 + b[8] * x2;
  const ColumnMatrix<T> even = x6 * high + b[6] * x6 + b[4] * x4 + b[2] * x2 + one;
  ColumnMatrix<T> y = (even - odd).partialPivLu().solve(even + odd);
  for (int i = 0; i < squarings; ++i) y = (y * y).eval();
  return y;
}

}  // namespace

Tensor matrix_exp(const Tensor& a) {
  Tensor y = empty(a.sizes(), a.options());
  dispatch_float_double("matrix_exp", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> src(a), dst(y);
    const double flops = 20 * std::pow(static_cast<double>(src.rows()), 3);
    for_matrices(src.count(), flops, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) dst[i] = exponential<T>(src[i]);
    });
  });
  return y;
}

}  // namespace gradus::kernel
