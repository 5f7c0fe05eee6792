#include "core/kernels/optimizer_matrix.h"

#include <Eigen/Dense>

#include "core/error.h"
#include "core/factory.h"

namespace gradus::kernel {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class T>
Matrix read(const Tensor& a) {
  using Typed = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const Typed>(a.data_ptr<T>(), a.size(0), a.size(1)).template cast<double>();
}

Matrix to_matrix(const Tensor& a) {
  const Tensor rows = a.contiguous();
  return rows.dtype() == kDouble ? read<double>(rows) : read<float>(rows);
}

template <class T>
void write(const Matrix& m, Tensor& a) {
  using Typed = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<Typed>(a.data_ptr<T>(), m.rows(), m.cols()) = m.cast<T>();
}

Tensor to_tensor(const Matrix& m, ScalarType dtype) {
  Tensor a = empty({m.rows(), m.cols()}, dtype);
  dtype == kDouble ? write<double>(m, a) : write<float>(m, a);
  return a;
}

Eigen::SelfAdjointEigenSolver<Matrix> decompose(const char* owner, const Tensor& a) {
  const Matrix m = to_matrix(a);
  // Eigen would search forever for the eigenvalues of NaN.
  GRADUS_CHECK_VALUE(m.allFinite(), "{}: the statistics of the gradient are not finite", owner);
  Eigen::SelfAdjointEigenSolver<Matrix> solver(m);
  GRADUS_CHECK(solver.info() == Eigen::Success, "{}: no eigenvalues were found", owner);
  return solver;
}

}  // namespace

Tensor symmetric_power(const char* owner, const Tensor& a, double power, double floor) {
  const auto solver = decompose(owner, a);
  const Eigen::VectorXd powers = (solver.eigenvalues().array().max(0.0) + floor).pow(power);
  const Matrix& Q = solver.eigenvectors();
  return to_tensor(Q * powers.asDiagonal() * Q.transpose(), a.dtype());
}

Tensor symmetric_eigenvectors(const char* owner, const Tensor& a) {
  // Eigen's eigenvalues rise.
  return to_tensor(decompose(owner, a).eigenvectors().rowwise().reverse(), a.dtype());
}

Tensor orthogonal_factor(const char* owner, const Tensor& a) {
  const Matrix m = to_matrix(a);
  GRADUS_CHECK_VALUE(m.allFinite(), "{}: the statistics of the gradient are not finite", owner);
  const Eigen::HouseholderQR<Matrix> qr(m);
  Matrix Q = qr.householderQ();
  for (Eigen::Index i = 0; i < Q.cols(); ++i) {
    if (qr.matrixQR()(i, i) < 0) Q.col(i) = -Q.col(i);
  }
  return to_tensor(Q, a.dtype());
}

}  // namespace gradus::kernel
