#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>

#include "core/kernels/dispatch.h"
#include "core/kernels/linalg.h"
#include "core/kernels/linalg_batch.h"

namespace gradus::kernel {

namespace {

// The order of the first leading minor that is not positive, by the textbook's loop; n where
// rounding hides it.
template <class T>
int32_t failing_minor(ColumnMatrix<T> a) {
  const int64_t n = a.rows();
  for (int64_t j = 0; j < n; ++j) {
    const T pivot = a(j, j) - a.row(j).head(j).squaredNorm();
    if (!(pivot > 0)) return static_cast<int32_t>(j + 1);
    a(j, j) = std::sqrt(pivot);
    for (int64_t i = j + 1; i < n; ++i) {
      a(i, j) = (a(i, j) - a.row(i).head(j).dot(a.row(j).head(j))) / a(j, j);
    }
  }
  return static_cast<int32_t>(n);
}

// Columns [begin, end) of a, of which those before are done, in place.
template <class Matrix>
void lu_panel(Matrix& a, int64_t begin, int64_t end, int32_t* pivots, int32_t* info) {
  const int64_t m = a.rows();
  for (int64_t j = begin; j < end; ++j) {
    int64_t pivot = j;
    for (int64_t i = j + 1; i < m; ++i) {
      if (std::abs(a(i, j)) > std::abs(a(pivot, j))) pivot = i;
    }
    pivots[j] = static_cast<int32_t>(pivot + 1);
    if (a(pivot, j) == 0) {
      if (*info == 0) *info = static_cast<int32_t>(j + 1);
      continue;
    }
    if (pivot != j) a.row(pivot).swap(a.row(j));
    const int64_t below = m - j - 1, right = end - j - 1;
    if (below == 0) continue;
    a.col(j).tail(below) /= a(j, j);
    for (int64_t i = j + 1; i < m && right > 0; ++i) {
      a.row(i).segment(j + 1, right) -= a(i, j) * a.row(j).segment(j + 1, right);
    }
  }
}

template <class Matrix>
void lu_in_place(Matrix& a, int32_t* pivots, int32_t* info) {
  const int64_t m = a.rows(), n = a.cols(), k = std::min(m, n);
  constexpr int64_t kPanel = 32;
  for (int64_t begin = 0; begin < k; begin += kPanel) {
    const int64_t end = std::min(k, begin + kPanel), width = end - begin;
    lu_panel(a, begin, end, pivots, info);
    const int64_t right = n - end, below = m - end;
    if (right == 0) continue;
    auto top = a.block(begin, end, width, right);
    a.block(begin, begin, width, width)
        .template triangularView<Eigen::UnitLower>()
        .solveInPlace(top);
    if (below == 0) continue;
    a.block(end, end, below, right).noalias() -= a.block(end, begin, below, width) * top;
  }
}

// x = a^-1 x for one triangle of a.
template <class Matrix, class Right>
void solve_triangle(const Matrix& a, Right&& x, bool upper, bool unit) {
  if (upper && unit) {
    a.template triangularView<Eigen::UnitUpper>().solveInPlace(x);
  } else if (upper) {
    a.template triangularView<Eigen::Upper>().solveInPlace(x);
  } else if (unit) {
    a.template triangularView<Eigen::UnitLower>().solveInPlace(x);
  } else {
    a.template triangularView<Eigen::Lower>().solveInPlace(x);
  }
}

template <class T>
double solve_flops(const MatrixBatch<T>& b) {
  return static_cast<double>(b.rows()) * static_cast<double>(b.rows()) *
         static_cast<double>(b.columns());
}

double cube(int64_t n) {
  return std::pow(static_cast<double>(n), 3);
}

}  // namespace

std::tuple<Tensor, Tensor> cholesky(const Tensor& a) {
  Tensor l = zeros(a.sizes(), a.options()), info = zeros(batched(a, {}), kInt);
  dispatch_float_double("cholesky", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> src(a), dst(l);
    int32_t* const failed = info.data_ptr<int32_t>();
    for_matrices(src.count(), cube(src.rows()) / 3, [&](int64_t begin, int64_t end) {
      Eigen::LLT<ColumnMatrix<T>> llt;
      for (int64_t i = begin; i < end; ++i) {
        llt.compute(src[i]);
        dst[i].template triangularView<Eigen::Lower>() = llt.matrixLLT();
        // LLT goes on over NaN.
        if (llt.info() != Eigen::Success || !llt.matrixLLT().diagonal().array().isFinite().all()) {
          failed[i] = failing_minor<T>(src[i]);
        }
      }
    });
  });
  return {l, info};
}

std::tuple<Tensor, Tensor, Tensor> lu_factor(const Tensor& a) {
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  Tensor lu = a.clone(MemoryFormat::Contiguous), info = zeros(batched(a, {}), kInt);
  Tensor pivots = empty(batched(a, {k}), kInt);
  dispatch_float_double("lu", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> batch(lu);
    int32_t* const exchanged = pivots.data_ptr<int32_t>();
    int32_t* const failed = info.data_ptr<int32_t>();
    for_matrices(batch.count(), cube(k), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        auto matrix = batch[i];
        lu_in_place(matrix, exchanged + i * k, failed + i);
      }
    });
  });
  return {lu, pivots, info};
}

Tensor lu_permutation(const Tensor& pivots, int64_t m, ScalarType dtype) {
  const int64_t k = pivots.size(-1);
  DimVector sizes = to_dims(pivots.sizes());
  sizes.back() = m;
  sizes.push_back(m);
  Tensor p = zeros(sizes, dtype);
  if (p.numel() == 0) return p;
  dispatch_float_double("lu", dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> batch(p);
    std::vector<int64_t> order(static_cast<size_t>(m));
    for (int64_t i = 0; i < batch.count(); ++i) {
      std::iota(order.begin(), order.end(), 0);
      const int32_t* const exchanged = pivots.data_ptr<int32_t>() + i * k;
      for (int64_t j = 0; j < k; ++j) std::swap(order[j], order[exchanged[j] - 1]);
      auto matrix = batch[i];
      for (int64_t j = 0; j < m; ++j) matrix(order[j], j) = 1;
    }
  });
  return p;
}

Tensor lu_solve(const Tensor& lu, const Tensor& pivots, const Tensor& b, bool transposed) {
  Tensor x = b.clone(MemoryFormat::Contiguous);
  const int64_t n = lu.size(-1);
  dispatch_float_double("solve", b.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> factors(lu), batch(x);
    const int32_t* const all_pivots = pivots.data_ptr<int32_t>();
    for_matrices(batch.count(), 2 * solve_flops(batch), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto a = factors[i];
        auto right = batch[i];
        const int32_t* const exchanged = all_pivots + (factors.count() == 1 ? 0 : i) * n;
        if (transposed) {
          solve_triangle(a.transpose(), right, /*upper=*/false, /*unit=*/false);
          solve_triangle(a.transpose(), right, /*upper=*/true, /*unit=*/true);
          for (int64_t j = n - 1; j >= 0; --j) right.row(j).swap(right.row(exchanged[j] - 1));
        } else {
          for (int64_t j = 0; j < n; ++j) right.row(j).swap(right.row(exchanged[j] - 1));
          solve_triangle(a, right, /*upper=*/false, /*unit=*/true);
          solve_triangle(a, right, /*upper=*/true, /*unit=*/false);
        }
      }
    });
  });
  return x;
}

Tensor triangular_solve(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  Tensor x = b.clone(MemoryFormat::Contiguous);
  dispatch_float_double("solve_triangular", b.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> factors(a), batch(x);
    for_matrices(batch.count(), solve_flops(batch), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        auto right = batch[i];
        solve_triangle(factors[i], right, upper, unit);
      }
    });
  });
  return x;
}

}  // namespace gradus::kernel
