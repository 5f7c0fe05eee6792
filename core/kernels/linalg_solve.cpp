#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/linalg.h"
#include "core/kernels/linalg_batch-inl.h"
#include "core/kernels/matmul.h"
#include "core/kernels/triangle.h"

namespace gradus::kernel {

namespace {

// A block of a row-major matrix.
template <class T>
using View = Eigen::Ref<RowMajorMatrix<T>, 0, Eigen::OuterStride<>>;

// Note [Recursion by halves]
// Factorizations and triangular systems are halved until they are small, so that nearly all work is
// in products. Those of a large matrix go through kernel::matmul_into, which uses all threads and
// the widest instructions there are, the others through Eigen. Which way is taken follows from the
// shape.

// out -= a b, or a b^T where `transposed`; `alone` where no other matrices keep the threads busy.
template <class T>
void subtract_product(View<T> out, View<T> a, View<T> b, bool transposed, bool alone) {
  const double flops = 2.0 * static_cast<double>(out.size()) * static_cast<double>(a.cols());
  constexpr double kWorthThreads = 2e6;
  if (alone && flops >= kWorthThreads) {
    RowMajorMatrix<T> negative = -a;
    const auto tensor_of = [](T* data, int64_t rows, int64_t columns, IntArrayRef strides) {
      return from_blob(data, {rows, columns}, strides, scalar_type_of<T>());
    };
    const int64_t stride = b.outerStride();
    matmul_into(tensor_of(out.data(), out.rows(), out.cols(), {out.outerStride(), 1}),
                tensor_of(negative.data(), a.rows(), a.cols(), {a.cols(), 1}),
                transposed ? tensor_of(b.data(), b.cols(), b.rows(), {1, stride})
                           : tensor_of(b.data(), b.rows(), b.cols(), {stride, 1}),
                /*accumulate=*/true);
  } else if (transposed) {
    out.noalias() -= a * b.transpose();
  } else {
    out.noalias() -= a * b;
  }
}

// x = a^-1 x for one triangle of a.
template <class T>
void solve_triangle(View<T> a, View<T> x, bool upper, bool unit, bool alone) {
  const int64_t n = a.rows(), half = n / 2, rest = n - half;
  constexpr int64_t kSmall = 48;
  if (n > kSmall && upper) {
    solve_triangle<T>(a.bottomRightCorner(rest, rest), x.bottomRows(rest), upper, unit, alone);
    subtract_product<T>(x.topRows(half), a.topRightCorner(half, rest), x.bottomRows(rest),
                        /*transposed=*/false, alone);
    solve_triangle<T>(a.topLeftCorner(half, half), x.topRows(half), upper, unit, alone);
  } else if (n > kSmall) {
    solve_triangle<T>(a.topLeftCorner(half, half), x.topRows(half), upper, unit, alone);
    subtract_product<T>(x.bottomRows(rest), a.bottomLeftCorner(rest, half), x.topRows(half),
                        /*transposed=*/false, alone);
    solve_triangle<T>(a.bottomRightCorner(rest, rest), x.bottomRows(rest), upper, unit, alone);
  } else if (upper && unit) {
    a.template triangularView<Eigen::UnitUpper>().solveInPlace(x);
  } else if (upper) {
    a.template triangularView<Eigen::Upper>().solveInPlace(x);
  } else if (unit) {
    a.template triangularView<Eigen::UnitLower>().solveInPlace(x);
  } else {
    a.template triangularView<Eigen::Lower>().solveInPlace(x);
  }
}

// The LU decomposition of a few columns by the textbook's loop. Pivots count from the first row.
template <class T>
void lu_of_columns(View<T> a, int32_t* pivots, int32_t* info) {
  const int64_t m = a.rows(), n = a.cols();
  for (int64_t j = 0; j < std::min(m, n); ++j) {
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
    const int64_t right = n - j - 1;
    for (int64_t i = j + 1; i < m; ++i) {
      a(i, j) /= a(j, j);
      a.row(i).tail(right) -= a(i, j) * a.row(j).tail(right);
    }
  }
}

template <class T>
void exchange_rows(View<T> x, const int32_t* pivots, int64_t count) {
  for (int64_t j = 0; j < count; ++j) {
    if (pivots[j] != j + 1) x.row(j).swap(x.row(pivots[j] - 1));
  }
}

// S. Toledo, Locality of reference in LU decomposition with partial pivoting, 1997.
template <class T>
void lu_in_place(View<T> a, int32_t* pivots, int32_t* info, bool alone) {
  const int64_t m = a.rows(), n = a.cols(), k = std::min(m, n);
  constexpr int64_t kFewColumns = 8;
  if (n <= kFewColumns) return lu_of_columns<T>(a, pivots, info);
  const int64_t left = n > m ? m : n / 2, right = n - left, below = m - left;
  lu_in_place<T>(a.leftCols(left), pivots, info, alone);
  exchange_rows<T>(a.rightCols(right), pivots, left);
  solve_triangle<T>(a.topLeftCorner(left, left), a.topRightCorner(left, right), /*upper=*/false,
                    /*unit=*/true, alone);
  if (below == 0) return;
  subtract_product<T>(a.bottomRightCorner(below, right), a.bottomLeftCorner(below, left),
                      a.topRightCorner(left, right), /*transposed=*/false, alone);
  int32_t failed = 0;
  lu_in_place<T>(a.bottomRightCorner(below, right), pivots + left, &failed, alone);
  exchange_rows<T>(a.bottomLeftCorner(below, left), pivots + left, k - left);
  for (int64_t j = left; j < k; ++j) pivots[j] += static_cast<int32_t>(left);
  if (*info == 0 && failed != 0) *info = failed + static_cast<int32_t>(left);
}

// x = x l^-T for a lower triangle l.
template <class T>
void solve_from_right(View<T> l, View<T> x, bool alone) {
  const int64_t n = l.rows(), half = n / 2, rest = n - half;
  constexpr int64_t kSmall = 48;
  if (n <= kSmall) {
    l.transpose().template triangularView<Eigen::Upper>().template solveInPlace<Eigen::OnTheRight>(
        x);
    return;
  }
  solve_from_right<T>(l.topLeftCorner(half, half), x.leftCols(half), alone);
  subtract_product<T>(x.rightCols(rest), x.leftCols(half), l.bottomLeftCorner(rest, half),
                      /*transposed=*/true, alone);
  solve_from_right<T>(l.bottomRightCorner(rest, rest), x.rightCols(rest), alone);
}

// The lower triangle of L in place of that of a; what is above it is of no use. Returns the order
// of the first minor that is not positive (NaN is not), or 0.
template <class T>
int32_t cholesky_in_place(View<T> a, bool alone) {
  const int64_t n = a.rows(), half = n / 2, rest = n - half;
  constexpr int64_t kSmall = 24;
  if (n <= kSmall) {
    for (int64_t j = 0; j < n; ++j) {
      const T pivot = a(j, j) - a.row(j).head(j).squaredNorm();
      if (!(pivot > 0)) return static_cast<int32_t>(j + 1);
      a(j, j) = std::sqrt(pivot);
      for (int64_t i = j + 1; i < n; ++i) {
        a(i, j) = (a(i, j) - a.row(i).head(j).dot(a.row(j).head(j))) / a(j, j);
      }
    }
    return 0;
  }
  const int32_t first = cholesky_in_place<T>(a.topLeftCorner(half, half), alone);
  if (first != 0) return first;
  View<T> below = a.bottomLeftCorner(rest, half);
  solve_from_right<T>(a.topLeftCorner(half, half), below, alone);
  subtract_product<T>(a.bottomRightCorner(rest, rest), below, below, /*transposed=*/true, alone);
  const int32_t second = cholesky_in_place<T>(a.bottomRightCorner(rest, rest), alone);
  return second == 0 ? 0 : second + static_cast<int32_t>(half);
}

Tensor copied(const Tensor& x) {
  Tensor y = empty(x.sizes(), x.options());
  copy(x, y);
  return y;
}

// x's matrices transposed, contiguous.
Tensor transposed_copy(const Tensor& x) {
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  std::swap(sizes[sizes.size() - 1], sizes[sizes.size() - 2]);
  std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
  return copied(make_view(x, sizes, strides, x.storage_offset()));
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
  Tensor l = copied(a), info = zeros(batched(a, {}), kInt);
  dispatch_float_double("cholesky", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> batch(l);
    int32_t* const failed = info.data_ptr<int32_t>();
    for_matrices(batch.count(), cube(batch.rows()) / 3, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        failed[i] = cholesky_in_place<T>(batch[i], batch.count() == 1);
      }
    });
  });
  clear_above(l, 0);
  return {l, info};
}

std::tuple<Tensor, Tensor, Tensor> lu_factor(const Tensor& a) {
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  Tensor lu = copied(a), info = zeros(batched(a, {}), kInt);
  Tensor pivots = empty(batched(a, {k}), kInt);
  dispatch_float_double("lu", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> batch(lu);
    int32_t* const exchanged = pivots.data_ptr<int32_t>();
    int32_t* const failed = info.data_ptr<int32_t>();
    for_matrices(batch.count(), cube(k), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        lu_in_place<T>(batch[i], exchanged + i * k, failed + i, batch.count() == 1);
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
  Tensor x = copied(b);
  const int64_t n = lu.size(-1);
  dispatch_float_double("solve", b.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    // a^T = U^T L^T P^T.
    const Tensor kept = transposed ? transposed_copy(lu) : lu;
    const MatrixBatch<T> factors(kept), batch(x);
    const bool alone = batch.count() == 1;
    const int32_t* const all_pivots = pivots.data_ptr<int32_t>();
    for_matrices(batch.count(), 2 * solve_flops(batch), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto a = factors[i];
        auto right = batch[i];
        const int32_t* const exchanged = all_pivots + (factors.count() == 1 ? 0 : i) * n;
        if (transposed) {
          solve_triangle<T>(a, right, /*upper=*/false, /*unit=*/false, alone);
          solve_triangle<T>(a, right, /*upper=*/true, /*unit=*/true, alone);
          for (int64_t j = n - 1; j >= 0; --j) right.row(j).swap(right.row(exchanged[j] - 1));
        } else {
          exchange_rows<T>(right, exchanged, n);
          solve_triangle<T>(a, right, /*upper=*/false, /*unit=*/true, alone);
          solve_triangle<T>(a, right, /*upper=*/true, /*unit=*/false, alone);
        }
      }
    });
  });
  return x;
}

Tensor triangular_solve(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  Tensor x = copied(b);
  dispatch_float_double("solve_triangular", b.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const MatrixBatch<T> factors(a), batch(x);
    for_matrices(batch.count(), solve_flops(batch), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        solve_triangle<T>(factors[i], batch[i], upper, unit, batch.count() == 1);
      }
    });
  });
  return x;
}

}  // namespace gradus::kernel
