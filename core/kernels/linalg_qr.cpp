#include <cmath>

#include <Eigen/QR>

#include "core/kernels/dispatch.h"
#include "core/kernels/linalg.h"
#include "core/kernels/linalg_batch-inl.h"

namespace gradus::kernel {

namespace {

double flops_of(int64_t m, int64_t n) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) *
         static_cast<double>(std::min(m, n));
}

}  // namespace

std::tuple<Tensor, Tensor> qr(const Tensor& a, bool complete, bool want_q) {
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n), columns = complete ? m : k;
  Tensor r = zeros(batched(a, {columns, n}), a.options()), q;
  if (want_q && a.numel() == 0) {
    // Nothing to reflect: the identity.
    q = eye(m, columns, a.options()).expand(batched(a, {m, columns})).contiguous();
  } else if (want_q) {
    q = empty(batched(a, {m, columns}), a.options());
  }
  if (a.numel() == 0) return {q, r};
  dispatch_float_double("qr", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> src(a), upper(r), orthogonals(want_q ? q : r);
    for_matrices(src.count(), flops_of(m, n), [&](int64_t begin, int64_t end) {
      Eigen::HouseholderQR<ColumnMatrix<T>> decomposition(m, n);
      ColumnMatrix<T> orthogonal;
      for (int64_t i = begin; i < end; ++i) {
        decomposition.compute(src[i]);
        auto top = upper[i].topRows(k);
        top.template triangularView<Eigen::Upper>() = decomposition.matrixQR().topRows(k);
        if (!want_q) continue;
        orthogonal.setIdentity(m, columns);
        orthogonal.applyOnTheLeft(decomposition.householderQ());
        orthogonals[i] = orthogonal;
      }
    });
  });
  return {q, r};
}

std::tuple<Tensor, Tensor> householder(const Tensor& a) {
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  Tensor y = empty(a.sizes(), a.options()), tau = zeros(batched(a, {k}), a.options());
  if (a.numel() == 0) return {y, tau};
  dispatch_float_double("geqrf", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> src(a), dst(y);
    T* const factors = tau.data_ptr<T>();
    for_matrices(src.count(), flops_of(m, n), [&](int64_t begin, int64_t end) {
      Eigen::HouseholderQR<ColumnMatrix<T>> decomposition(m, n);
      for (int64_t i = begin; i < end; ++i) {
        decomposition.compute(src[i]);
        dst[i] = decomposition.matrixQR();
        for (int64_t j = 0; j < k; ++j) factors[i * k + j] = decomposition.hCoeffs()(j);
      }
    });
  });
  return {y, tau};
}

std::tuple<Tensor, Tensor> least_squares(const Tensor& a, const Tensor& b, double rcond) {
  const int64_t m = a.size(-2), n = a.size(-1);
  Tensor x = zeros(batched(a, {n, b.size(-1)}), a.options());
  Tensor rank = zeros(batched(a, {}), kLong);
  if (a.numel() == 0) return {x, rank};
  dispatch_float_double("lstsq", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> left(a), right(b), solution(x);
    int64_t* const ranks = rank.data_ptr<int64_t>();
    const bool any = x.numel() > 0;
    for_matrices(left.count(), 2 * flops_of(m, n), [&](int64_t begin, int64_t end) {
      Eigen::CompleteOrthogonalDecomposition<ColumnMatrix<T>> decomposition(m, n);
      decomposition.setThreshold(static_cast<T>(rcond));
      for (int64_t i = begin; i < end; ++i) {
        decomposition.compute(left[i]);
        ranks[i] = decomposition.rank();
        if (any) solution[i] = decomposition.solve(right[i]);
      }
    });
  });
  return {x, rank};
}

}  // namespace gradus::kernel
