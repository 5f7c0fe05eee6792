#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include "core/kernels/dispatch.h"
#include "core/kernels/linalg.h"
#include "core/kernels/linalg_batch-inl.h"

namespace gradus::kernel {

namespace {

constexpr int32_t kNotFinite = -1;
constexpr int32_t kNotConverged = 1;

template <class T>
using Vector = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>;

Tensor identities(const Tensor& a, int64_t rows, int64_t columns) {
  return eye(rows, columns, a.options()).expand(batched(a, {rows, columns})).contiguous();
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor> svd(const Tensor& a, bool full, bool vectors) {
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  Tensor s = empty(batched(a, {k}), a.options()), info = zeros(batched(a, {}), kInt), u, vt;
  if (vectors) {
    u = identities(a, m, full ? m : k);
    vt = identities(a, full ? n : k, n);
  }
  if (a.numel() == 0) return {u, s, vt, info};
  dispatch_float_double("svd", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
    const MatrixBatch<T> src(a), left(vectors ? u : a), right(vectors ? vt : a);
    T* const all_values = s.data_ptr<T>();
    int32_t* const failed = info.data_ptr<int32_t>();
    const unsigned options = !vectors ? 0
                             : full   ? Eigen::ComputeFullU | Eigen::ComputeFullV
                                      : Eigen::ComputeThinU | Eigen::ComputeThinV;
    const double flops = 20.0 * static_cast<double>(m) * static_cast<double>(n * k);
    for_matrices(src.count(), flops, [&](int64_t begin, int64_t end) {
      Eigen::BDCSVD<ColumnMatrix<T>> decomposition(m, n, options);
      for (int64_t i = begin; i < end; ++i) {
        Vector<T> values(all_values + i * k, k);
        const bool finite = src[i].array().isFinite().all();
        if (finite) decomposition.compute(src[i]);
        if (!finite || decomposition.info() != Eigen::Success) {
          failed[i] = finite ? kNotConverged : kNotFinite;
          values.setConstant(kNan);
          if (vectors) left[i].setConstant(kNan);
          if (vectors) right[i].setConstant(kNan);
          continue;
        }
        values = decomposition.singularValues();
        if (vectors) left[i] = decomposition.matrixU();
        if (vectors) right[i] = decomposition.matrixV().transpose();
      }
    });
  });
  return {u, s, vt, info};
}

std::tuple<Tensor, Tensor, Tensor> eigh(const Tensor& a, bool vectors) {
  const int64_t n = a.size(-1);
  Tensor l = empty(batched(a, {n}), a.options()), info = zeros(batched(a, {}), kInt), v;
  if (vectors) v = empty(a.sizes(), a.options());
  if (a.numel() == 0) return {l, v, info};
  dispatch_float_double("eigh", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
    const MatrixBatch<T> src(a), eigenvectors(vectors ? v : a);
    T* const all_values = l.data_ptr<T>();
    int32_t* const failed = info.data_ptr<int32_t>();
    const double flops = (vectors ? 9.0 : 1.5) * std::pow(static_cast<double>(n), 3);
    for_matrices(src.count(), flops, [&](int64_t begin, int64_t end) {
      Eigen::SelfAdjointEigenSolver<ColumnMatrix<T>> solver(n);
      ColumnMatrix<T> lower(n, n);
      for (int64_t i = begin; i < end; ++i) {
        lower.setZero();
        lower.template triangularView<Eigen::Lower>() = src[i];
        Vector<T> values(all_values + i * n, n);
        const bool finite = lower.array().isFinite().all();
        if (finite) {
          solver.compute(lower, vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
        }
        if (!finite || solver.info() != Eigen::Success) {
          failed[i] = finite ? kNotConverged : kNotFinite;
          values.setConstant(kNan);
          if (vectors) eigenvectors[i].setConstant(kNan);
          continue;
        }
        values = solver.eigenvalues();
        if (vectors) eigenvectors[i] = solver.eigenvectors();
      }
    });
  });
  return {l, v, info};
}

}  // namespace gradus::kernel
