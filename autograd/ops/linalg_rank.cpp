#include <algorithm>
#include <limits>
#include <utility>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/linalg.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/linalg.h"
#include "core/parallel.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// eps max(m, n): how far singular values are from 0 by rounding.
double default_tolerance(const Tensor& a) {
  const double eps = a.dtype() == kFloat ? std::numeric_limits<float>::epsilon()
                                         : std::numeric_limits<double>::epsilon();
  return eps * static_cast<double>(std::max(a.size(-2), a.size(-1)));
}

struct Tolerance {
  double atol;
  double rtol;
};

Tolerance tolerance_of(const Tensor& a, std::optional<double> atol, std::optional<double> rtol) {
  if (!rtol) rtol = atol.value_or(0) > 0 ? 0 : default_tolerance(a);
  return {atol.value_or(0), *rtol};
}

// Which of the values count as other than 0.
Tensor significant(const Tensor& magnitudes, Tolerance tolerance) {
  if (magnitudes.size(-1) == 0) return magnitudes.to(kBool);
  const Tensor greatest = amax(magnitudes, -1, /*keepdim=*/true);
  return gt(magnitudes, clamp_min(greatest * tolerance.rtol, tolerance.atol));
}

// The same for a tolerance of each matrix: batches broadcast; undefined is 0.
Tensor significant(const Tensor& magnitudes, const Tensor& atol, const Tensor& rtol) {
  if (magnitudes.size(-1) == 0) return magnitudes.to(kBool);
  Tensor least = unsqueeze(rtol, -1) * amax(magnitudes, -1, /*keepdim=*/true);
  if (atol.defined()) least = maximum(least, unsqueeze(atol, -1));
  return gt(magnitudes, least);
}

// The relative tolerance where the user gives tensors: as tolerance_of, matrix by matrix.
Tensor relative_tolerance(const char* op, const Tensor& a, const Tensor& atol, const Tensor& rtol) {
  for (const Tensor& given : {atol, rtol}) {
    if (!given.defined()) continue;
    refuse_sparse(op, "tolerance", given);
    GRADUS_CHECK_TYPE(given.is_floating_point(), "{}: expected a floating-point tolerance, got {}",
                      op, given.dtype());
  }
  if (rtol.defined()) return rtol.detach();
  const Tensor usual = full({}, default_tolerance(a), a.options());
  return atol.defined() ? where(gt(atol.detach(), 0), Scalar(0), usual) : usual;
}

void check_rank_input(const char* op, const Tensor& a, bool hermitian) {
  if (hermitian) {
    check_square(op, "A", a);
  } else {
    check_matrices(op, "A", a);
  }
  check_float_or_double(op, "A", a);
}

// From dP, P = A^+ and A: G. Golub, V. Pereyra, The differentiation of pseudo-inverses, 1973.
//   dA = -P^T dP P^T + (1 - A P) dP^T P P^T + P^T P dP^T (1 - P A)
Tensor pinv_backward(const Tensor& dp, const Tensor& p, const Tensor& a) {
  const Tensor pt = mT(p), dpt = mT(dp);
  const Tensor left = matmul(matmul(dpt, p), pt), right = matmul(pt, matmul(p, dpt));
  return left - matmul(a, matmul(p, left)) + right - matmul(matmul(right, p), a) -
         matmul(pt, matmul(dp, pt));
}

// significant(magnitudes): which of the singular values count.
Tensor pinv_of(const char* op, const Tensor& a, FunctionRef<Tensor(const Tensor&)> significant,
               bool hermitian) {
  const OpScope scope(op);
  Tensor p;
  {
    NoGradGuard no_grad;
    const auto inverted = [&](const Tensor& values, const Tensor& magnitudes) {
      return unsqueeze(where(significant(magnitudes), values.reciprocal(), Scalar(0)), -2);
    };
    if (hermitian) {
      auto [l, v] = eigh_of(op, a);
      p = matmul(v * inverted(l, l.abs()), mT(v));
    } else {
      auto [u, s, vt] = svd_of(op, a, /*full=*/false);
      p = matmul(mT(vt) * inverted(s, s), mT(u));
    }
  }
  return record(op, {a}, p, [a = Saved(a), p = Saved(p)](const Tensor& dp) -> Grads {
    return {pinv_backward(dp, p.get(), a.get())};
  });
}

Tensor pinv_of(const char* op, const Tensor& a, Tolerance tolerance, bool hermitian) {
  return pinv_of(
      op, a, [=](const Tensor& magnitudes) { return significant(magnitudes, tolerance); },
      hermitian);
}

// How many singular values count.
Tensor rank_of(const Tensor& A, FunctionRef<Tensor(const Tensor&)> significant, bool hermitian) {
  const OpScope scope("linalg_matrix_rank");
  const char* const op = "linalg_matrix_rank";
  check_rank_input(op, A, hermitian);
  NoGradGuard no_grad;
  const Tensor values = hermitian ? std::get<0>(eigh_of(op, A)).abs() : svdvals_of(op, A);
  GRADUS_CHECK(!any(isnan(values)).item<bool>(),
               "{}: A has elements that are not finite: its singular values cannot converge", op);
  return sum(significant(values), -1);
}

}  // namespace

Tensor linalg_pinv(const Tensor& A, std::optional<double> atol, std::optional<double> rtol,
                   bool hermitian) {
  if (autocast::is_on()) {
    return autocast::in_float32(
        [&](const Tensor& wide) { return linalg_pinv(wide, atol, rtol, hermitian); }, A);
  }
  check_rank_input("linalg_pinv", A, hermitian);
  return pinv_of("linalg_pinv", A, tolerance_of(A, atol, rtol), hermitian);
}

Tensor pinverse(const Tensor& A, double rcond) {
  if (autocast::is_on()) return autocast::in_float32(pinverse, A, rcond);
  check_rank_input("pinverse", A, /*hermitian=*/false);
  return pinv_of("pinverse", A, {0, rcond}, /*hermitian=*/false);
}

Tensor linalg_matrix_rank(const Tensor& A, std::optional<double> atol, std::optional<double> rtol,
                          bool hermitian) {
  if (autocast::is_on()) {
    return autocast::in_float32(
        [&](const Tensor& wide) { return linalg_matrix_rank(wide, atol, rtol, hermitian); }, A);
  }
  return rank_of(
      A, [&](const Tensor& values) { return significant(values, tolerance_of(A, atol, rtol)); },
      hermitian);
}

Tensor linalg_pinv(const Tensor& A, const Tolerances& tolerances, bool hermitian) {
  if (autocast::is_on()) {
    return autocast::in_float32(
        [&](const Tensor& wide) { return linalg_pinv(wide, tolerances, hermitian); }, A);
  }
  check_rank_input("linalg_pinv", A, hermitian);
  const Tensor& atol = tolerances.atol;
  const Tensor relative = relative_tolerance("linalg_pinv", A, atol, tolerances.rtol);
  return named("linalg_pinv", [&] {
    return pinv_of(
        "linalg_pinv", A, [&](const Tensor& s) { return significant(s, atol, relative); },
        hermitian);
  });
}

Tensor linalg_matrix_rank(const Tensor& A, const Tolerances& tolerances, bool hermitian) {
  if (autocast::is_on()) {
    return autocast::in_float32(
        [&](const Tensor& wide) { return linalg_matrix_rank(wide, tolerances, hermitian); }, A);
  }
  check_rank_input("linalg_matrix_rank", A, hermitian);
  const Tensor& atol = tolerances.atol;
  const Tensor relative = relative_tolerance("linalg_matrix_rank", A, atol, tolerances.rtol);
  return named("linalg_matrix_rank", [&] {
    return rank_of(
        A, [&](const Tensor& s) { return significant(s, atol, relative); }, hermitian);
  });
}

namespace {

struct Solution {
  Tensor x, rank, singular_values;
};

// By singular values, for the drivers that return them.
Solution solve_by_svd(const char* op, const Tensor& a, const Tensor& b, double rcond) {
  auto [u, s, vt] = svd_of(op, a, /*full=*/false);
  const Tensor kept = significant(s, {0, rcond});
  const Tensor inverted = where(kept, s.reciprocal(), Scalar(0));
  return {matmul(mT(vt), unsqueeze(inverted, -1) * matmul(mT(u), b)), sum(kept, -1), s};
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(const Tensor& A, const Tensor& B,
                                                        std::optional<double> rcond,
                                                        std::optional<std::string_view> driver) {
  if (autocast::is_on()) return autocast::in_float32(linalg_lstsq, A, B, rcond, driver);
  const char* const op = "linalg_lstsq";
  const OpScope scope(op);
  check_matrices(op, "A", A);
  require_dense(op, "B", B);
  check_float_or_double(op, "A", A);
  check_same_dtype(op, "A", A, "B", B);
  const std::string_view name = driver.value_or("gelsy");
  GRADUS_CHECK_VALUE(name == "gels" || name == "gelsy" || name == "gelsd" || name == "gelss",
                     "{}: expected driver \"gels\", \"gelsy\", \"gelsd\" or \"gelss\", got \"{}\"",
                     op, name);
  GRADUS_CHECK(B.dim() > 0, "{}: expected B of at least one dim", op);
  const bool is_vector = B.dim() == 1 || B.sizes() == A.sizes().slice(0, A.sizes().size() - 1);
  const Tensor columns = is_vector ? unsqueeze(B, -1) : B;
  const int64_t m = A.size(-2), n = A.size(-1);
  GRADUS_CHECK(columns.size(-2) == m, "{}: A {} and B {} have different numbers of rows", op,
               A.sizes(), B.sizes());
  const DimVector batch = broadcast_sizes(op, batch_sizes(A), batch_sizes(columns));
  const Tensor a = expand_batch(A, batch), b = expand_batch(columns, batch);
  GRADUS_CHECK(all(isfinite(a)).item<bool>(), "{}: A has elements that are not finite", op);

  Solution solution;
  const double tolerance = rcond.value_or(default_tolerance(A));
  {
    NoGradGuard no_grad;
    if (name == "gelsd" || name == "gelss") {
      solution = solve_by_svd(op, a, b, tolerance);
    } else {
      auto [x, rank] = kernel::least_squares(a.contiguous(), b.contiguous(), tolerance);
      solution = {x, rank, empty({0}, A.options())};
    }
  }
  const bool full_rank = all(eq(solution.rank, std::min(m, n))).item<bool>();
  if (name == "gels") {
    GRADUS_CHECK(full_rank, "{}: A {} does not have full rank: use another driver", op, A.sizes());
    solution.rank = empty({0}, kLong);
  }
  // X = A^+ B.
  const Tensor x = record(
      op, {a, b}, solution.x,
      [op, a = Saved(a), b = Saved(b), tolerance](const Tensor& dx, const Needs& needs) -> Grads {
        const Tensor matrix = a.get();
        const Tensor p = pinv_of(op, matrix, {0, tolerance}, /*hermitian=*/false);
        return {needs[0] ? pinv_backward(matmul(dx, mT(b.get())), p, matrix) : Tensor(),
                needs[1] ? matmul(mT(p), dx) : Tensor()};
      });
  Tensor residuals = empty({0}, A.options());
  if (m > n && full_rank && name != "gelsy") residuals = sum(square(matmul(a, x) - b), -2);
  return {is_vector ? squeeze(x, -1) : x, residuals, solution.rank, solution.singular_values};
}

// --- methods of Tensor

}  // namespace gradus
