#include <cmath>
#include <string>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/linalg.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/join.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/linalg.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

// --- checks

void check_matrices(const char* op, const char* argument, const Tensor& a) {
  require_dense(op, argument, a);
  GRADUS_CHECK(a.dim() >= 2, "{}: expected {} of at least 2 dims, got {}", op, argument, a.sizes());
}

void check_square(const char* op, const char* argument, const Tensor& a) {
  check_matrices(op, argument, a);
  GRADUS_CHECK(a.size(-1) == a.size(-2), "{}: expected {} of square matrices, got {}", op, argument,
               a.sizes());
}

void check_float_or_double(const char* op, const char* argument, const Tensor& a) {
  GRADUS_CHECK_TYPE(a.dtype() == kFloat || a.dtype() == kDouble,
                    "{}: expected {} of Float or Double, got {}", op, argument, a.dtype());
}

void check_same_dtype(const char* op, const char* name_a, const Tensor& a, const char* name_b,
                      const Tensor& b) {
  GRADUS_CHECK_TYPE(a.dtype() == b.dtype(), "{}: expected {} and {} of one dtype, got {} and {}",
                    op, name_a, name_b, a.dtype(), b.dtype());
}

Tensor expand_batch(const Tensor& a, IntArrayRef batch) {
  DimVector sizes = to_dims(batch);
  sizes.push_back(a.size(-2));
  sizes.push_back(a.size(-1));
  return IntArrayRef(sizes) == a.sizes() ? a : expand(a, sizes);
}

Tensor identities_like(const Tensor& a, int64_t n) {
  return expand_batch(eye(n, a.options()), batch_sizes(a));
}

Failure first_failure(const Tensor& info) {
  const int32_t* const data = info.data_ptr<int32_t>();
  for (int64_t i = 0; i < info.numel(); ++i) {
    if (data[i] == 0) continue;
    return {info.dim() == 0 ? std::string() : fmt::format(" (batch element {})", i), data[i]};
  }
  return {};
}

// --- Cholesky

namespace {

void check_positive(const char* op, const Tensor& info) {
  const Failure failure = first_failure(info);
  GRADUS_CHECK(failure.info == 0,
               "{}: the matrix{} is not positive-definite: its leading minor of order {} is not "
               "positive",
               op, failure.where, failure.info);
}

// The lower triangle with half its diagonal, made symmetric.
Tensor symmetric_half(const Tensor& x) {
  return (tril(x, -1) + mT(tril(x))) * 0.5;
}

// dA = L^-T phi(L^T dL) L^-1, phi as above: I. Murray, Differentiation of the Cholesky
// decomposition, 2016.
std::tuple<Tensor, Tensor> cholesky_of(const char* op, const Tensor& a, bool upper) {
  const OpScope scope(op);
  if (upper) {
    auto [l, info] = cholesky_of(op, mT(a), /*upper=*/false);
    return {mT(l), info};
  }
  auto [l, info] = kernel::cholesky(a.contiguous());
  Tensor y = record(op, {a}, l, [op, l = Saved(l)](const Tensor& dl) -> Grads {
    const Tensor data = l.get(), transposed = mT(data);
    const Tensor inner = symmetric_half(matmul(transposed, dl));
    const Tensor half = solve_triangular_of(op, transposed, inner, /*upper=*/true, /*left=*/true,
                                            /*unit=*/false);
    return {solve_triangular_of(op, data, half, /*upper=*/false, /*left=*/false, /*unit=*/false)};
  });
  return {y, info};
}

}  // namespace

Tensor linalg_cholesky(const Tensor& A, bool upper) {
  if (autocast::is_on()) return autocast::in_float32(linalg_cholesky, A, upper);
  return std::get<0>(linalg_cholesky_ex(A, upper, /*check_errors=*/true));
}

std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& A, bool upper, bool check_errors) {
  if (autocast::is_on()) return autocast::in_float32(linalg_cholesky_ex, A, upper, check_errors);
  const OpScope scope("linalg_cholesky_ex");
  const char* const op = check_errors ? "linalg_cholesky" : "linalg_cholesky_ex";
  check_square(op, "A", A);
  check_float_or_double(op, "A", A);
  auto [l, info] = cholesky_of(op, A, upper);
  if (check_errors) check_positive(op, info);
  return {l, info};
}

Tensor cholesky(const Tensor& A, bool upper) {
  if (autocast::is_on()) return autocast::in_float32(cholesky, A, upper);
  check_square("cholesky", "A", A);
  check_float_or_double("cholesky", "A", A);
  auto [l, info] = cholesky_of("cholesky", A, upper);
  check_positive("cholesky", info);
  return l;
}

Tensor cholesky_solve(const Tensor& B, const Tensor& L, bool upper) {
  if (autocast::is_on()) return autocast::in_float32(cholesky_solve, B, L, upper);
  const OpScope scope("cholesky_solve");
  const char* const op = "cholesky_solve";
  check_matrices(op, "B", B);
  check_square(op, "L", L);
  check_float_or_double(op, "L", L);
  check_same_dtype(op, "L", L, "B", B);
  GRADUS_CHECK(L.size(-1) == B.size(-2), "{}: L {} does not fit B {}", op, L.sizes(), B.sizes());
  const DimVector batch = broadcast_sizes(op, batch_sizes(L), batch_sizes(B));
  const Tensor l = expand_batch(upper ? mT(L) : L, batch);
  const Tensor y = solve_triangular_of(op, l, expand_batch(B, batch), /*upper=*/false,
                                       /*left=*/true, /*unit=*/false);
  return solve_triangular_of(op, mT(l), y, /*upper=*/true, /*left=*/true, /*unit=*/false);
}

Tensor cholesky_inverse(const Tensor& L, bool upper) {
  if (autocast::is_on()) return autocast::in_float32(cholesky_inverse, L, upper);
  const OpScope scope("cholesky_inverse");
  const char* const op = "cholesky_inverse";
  check_square(op, "L", L);
  check_float_or_double(op, "L", L);
  const Tensor l = upper ? mT(L) : L;
  const Tensor zeros_of_l = eq(diagonal(l.detach(), 0, -2, -1), 0);
  GRADUS_CHECK(!any(zeros_of_l).item<bool>(), "{}: L {} has a zero on its diagonal", op, L.sizes());
  const Tensor inverse = solve_triangular_of(op, l, identities_like(l, l.size(-1)), /*upper=*/false,
                                             /*left=*/true, /*unit=*/false);
  return matmul(mT(inverse), inverse);
}

// --- triangular systems

Tensor solve_triangular_of(const char* op, const Tensor& a, const Tensor& b, bool upper, bool left,
                           bool unit) {
  const OpScope scope(op);
  if (!left) {
    return mT(solve_triangular_of(op, mT(a), mT(b), !upper, /*left=*/true, unit));
  }
  Tensor x = kernel::triangular_solve(a.contiguous(), b.contiguous(), upper, unit);
  // dB = A^-T dX, dA = -dB X^T within the triangle that is read.
  return record(
      op, {a, b}, x,
      [op, a = Saved(a), x = Saved(x), upper, unit](const Tensor& dx, const Needs& needs) -> Grads {
        const Tensor db = solve_triangular_of(op, mT(a.get()), dx, !upper,
                                              /*left=*/true, unit);
        Tensor da;
        if (needs[0]) {
          const Tensor whole = -matmul(db, mT(x.get()));
          da = upper ? triu(whole, unit ? 1 : 0) : tril(whole, unit ? -1 : 0);
        }
        return {da, db};
      });
}

Tensor linalg_solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left,
                               bool unitriangular) {
  if (autocast::is_on())
    return autocast::in_float32(linalg_solve_triangular, A, B, upper, left, unitriangular);
  const OpScope scope("linalg_solve_triangular");
  const char* const op = "linalg_solve_triangular";
  check_square(op, "A", A);
  check_matrices(op, "B", B);
  check_float_or_double(op, "A", A);
  check_same_dtype(op, "A", A, "B", B);
  GRADUS_CHECK(A.size(-1) == B.size(left ? -2 : -1), "{}: A {} does not fit B {} in {} = B", op,
               A.sizes(), B.sizes(), left ? "A X" : "X A");
  const DimVector batch = broadcast_sizes(op, batch_sizes(A), batch_sizes(B));
  const Tensor a = A.dim() == 2 ? A : expand_batch(A, batch);
  return solve_triangular_of(op, a, expand_batch(B, batch), upper, left, unitriangular);
}

// --- systems and inverses by LU

namespace {

void check_not_singular(const char* op, const Tensor& info) {
  const Failure failure = first_failure(info);
  GRADUS_CHECK(failure.info == 0,
               "{}: the matrix{} is singular: U[{}, {}] of its LU decomposition is 0", op,
               failure.where, failure.info - 1, failure.info - 1);
}

// X = A^-1 B, or A^-T B where `transposed`, by the factors of A; so are its gradients.
Tensor solve_factored(const char* op, const Tensor& lu, const Tensor& pivots, const Tensor& a,
                      const Tensor& b, bool transposed) {
  const OpScope scope(op);
  Tensor x = kernel::lu_solve(lu, pivots, b.contiguous(), transposed);
  return record(op, {a, b}, x,
                [op, lu = Saved(lu), pivots = Saved(pivots), a = Saved(a), x = Saved(x),
                 transposed](const Tensor& dx, const Needs& needs) -> Grads {
                  // dB = A^-T dX, dA = -dB X^T, or all of it transposed.
                  const Tensor db =
                      solve_factored(op, lu.get(), pivots.get(), a.get(), dx, !transposed);
                  if (!needs[0]) return {Tensor(), db};
                  return {transposed ? -matmul(x.get(), mT(db)) : -matmul(db, mT(x.get())), db};
                });
}

}  // namespace

namespace {

std::tuple<Tensor, Tensor> solve_with_info(const char* op, const Tensor& a, const Tensor& b,
                                           bool left, bool check_errors) {
  auto [lu, pivots, info] = kernel::lu_factor(a.contiguous());
  if (check_errors) check_not_singular(op, info);
  // X A = B is A^T X^T = B^T.
  if (!left) return {mT(solve_factored(op, lu, pivots, a, mT(b), /*transposed=*/true)), info};
  return {solve_factored(op, lu, pivots, a, b, /*transposed=*/false), info};
}

}  // namespace

Tensor solve_of(const char* op, const Tensor& a, const Tensor& b, bool left) {
  return std::get<0>(solve_with_info(op, a, b, left, /*check_errors=*/true));
}

Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left) {
  if (autocast::is_on()) return autocast::in_float32(linalg_solve, A, B, left);
  return std::get<0>(linalg_solve_ex(A, B, left, /*check_errors=*/true));
}

std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left,
                                           bool check_errors) {
  if (autocast::is_on()) return autocast::in_float32(linalg_solve_ex, A, B, left, check_errors);
  const char* const op = check_errors ? "linalg_solve" : "linalg_solve_ex";
  const OpScope scope(op);
  check_square(op, "A", A);
  require_dense(op, "B", B);
  check_float_or_double(op, "A", A);
  check_same_dtype(op, "A", A, "B", B);
  const bool is_vector = B.dim() == 1 || B.sizes() == A.sizes().slice(0, A.sizes().size() - 1);
  GRADUS_CHECK(B.dim() > 0 && (left || !is_vector),
               "{}: expected B of matrices, got {} (with left = {}, A {})", op, B.sizes(), left,
               A.sizes());
  const Tensor b = is_vector ? unsqueeze(B, -1) : B;
  GRADUS_CHECK(A.size(-1) == b.size(left ? -2 : -1), "{}: A {} does not fit B {} in {} = B", op,
               A.sizes(), B.sizes(), left ? "A X" : "X A");
  const DimVector batch = broadcast_sizes(op, batch_sizes(A), batch_sizes(b));
  const Tensor a = A.dim() == 2 ? A : expand_batch(A, batch);
  auto [x, info] = solve_with_info(op, a, expand_batch(b, batch), left, check_errors);
  return {is_vector ? squeeze(x, -1) : x, info};
}

std::tuple<Tensor, Tensor> inverse_of(const char* op, const Tensor& a) {
  const OpScope scope(op);
  auto [lu, pivots, info] = kernel::lu_factor(a.contiguous());
  const Tensor identity = identities_like(a, a.size(-1)).contiguous();
  Tensor y = kernel::lu_solve(lu, pivots, identity, /*transposed=*/false);
  // dA = -Y^T dY Y^T
  Tensor inverse = record(op, {a}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    const Tensor transposed = mT(y.get());
    return {-matmul(transposed, matmul(dy, transposed))};
  });
  return {inverse, info};
}

Tensor linalg_inv(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(linalg_inv, A);
  return std::get<0>(linalg_inv_ex(A, /*check_errors=*/true));
}

std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors) {
  if (autocast::is_on()) return autocast::in_float32(linalg_inv_ex, A, check_errors);
  const OpScope scope("linalg_inv_ex");
  const char* const op = check_errors ? "linalg_inv" : "linalg_inv_ex";
  check_square(op, "A", A);
  check_float_or_double(op, "A", A);
  auto [y, info] = inverse_of(op, A);
  if (check_errors) check_not_singular(op, info);
  return {y, info};
}

Tensor inverse(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(inverse, A);
  check_square("inverse", "A", A);
  check_float_or_double("inverse", "A", A);
  auto [y, info] = inverse_of("inverse", A);
  check_not_singular("inverse", info);
  return y;
}

// --- determinants

namespace {

// +1 or -1: the determinant of the row exchanges.
Tensor parity(const Tensor& pivots, ScalarType dtype) {
  const int64_t n = pivots.size(-1);
  const Tensor exchanged = sum(ne(pivots, arange(1, n + 1, kInt)), -1);
  return (1 - remainder(exchanged, 2) * 2).to(dtype);
}

Tensor as_matrices(const Tensor& x) {
  return unsqueeze(unsqueeze(x, -1), -1);
}

// d det A / dA for any A, by its singular values: det(U) det(V) U diag(prod_{j != i} s_j) V^T.
Tensor cofactors(const Tensor& a) {
  auto [u, s, vt] = svd_of("linalg_det", a, /*full=*/false);
  const int64_t n = a.size(-1);
  // The i-th row of `others` is s with 1 in place i.
  const Tensor others =
      masked_fill(expand(unsqueeze(s, -2), a.sizes()), eye(n, kDouble).to(kBool), 1);
  // Constant, as far as derivatives are concerned.
  const Tensor sign = linalg_det(u.detach()) * linalg_det(vt.detach());
  return matmul(u * unsqueeze(prod(others, -1) * unsqueeze(sign.round(), -1), -2), vt);
}

Tensor det_of(const char* op, const Tensor& a) {
  const OpScope scope(op);
  auto [lu, pivots, info] = kernel::lu_factor(a.contiguous());
  const Tensor d = prod(diagonal(lu, 0, -2, -1), -1) * parity(pivots, a.dtype());
  return record(op, {a}, d,
                [op, lu = Saved(lu), pivots = Saved(pivots), a = Saved(a),
                 d = Saved(d)](const Tensor& dd) -> Grads {
                  const Tensor matrix = a.get(), value = d.get();
                  if (matrix.numel() == 0) return {zeros_like(matrix)};
                  // det(A) A^-T, where there is an inverse.
                  if (any(eq(value.detach(), 0)).item<bool>()) {
                    return {as_matrices(dd) * cofactors(matrix)};
                  }
                  const Tensor identity = identities_like(matrix, matrix.size(-1));
                  return {as_matrices(dd * value) * solve_factored(op, lu.get(), pivots.get(),
                                                                   matrix, identity,
                                                                   /*transposed=*/true)};
                });
}

std::tuple<Tensor, Tensor> slogdet_of(const char* op, const Tensor& a) {
  const OpScope scope(op);
  auto [lu, pivots, info] = kernel::lu_factor(a.contiguous());
  const Tensor u = diagonal(lu, 0, -2, -1);
  Tensor sign = prod(u.sign(), -1) * parity(pivots, a.dtype());
  Tensor logabsdet = sum(u.abs().log(), -1);
  // dA = A^-T d(log |det A|)
  logabsdet =
      record(op, {a}, logabsdet,
             [op, lu = Saved(lu), pivots = Saved(pivots), a = Saved(a)](const Tensor& dy) -> Grads {
               const Tensor matrix = a.get();
               const Tensor identity = identities_like(matrix, matrix.size(-1));
               return {as_matrices(dy) * solve_factored(op, lu.get(), pivots.get(), matrix,
                                                        identity, /*transposed=*/true)};
             });
  return {sign, logabsdet};
}

void check_det(const char* op, const Tensor& a) {
  check_square(op, "A", a);
  check_float_or_double(op, "A", a);
}

}  // namespace

Tensor linalg_det(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(linalg_det, A);
  check_det("linalg_det", A);
  return det_of("linalg_det", A);
}

Tensor det(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(det, A);
  check_det("det", A);
  return det_of("det", A);
}

std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(linalg_slogdet, A);
  check_det("linalg_slogdet", A);
  return slogdet_of("linalg_slogdet", A);
}

std::tuple<Tensor, Tensor> slogdet(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(slogdet, A);
  check_det("slogdet", A);
  return slogdet_of("slogdet", A);
}

Tensor logdet(const Tensor& A) {
  check_det("logdet", A);
  auto [sign, logabsdet] = slogdet_of("logdet", A);
  return where(lt(sign, 0), Scalar(NAN), logabsdet);
}

// --- LU

namespace {

// (L, U) of LU [..., m, n]; differentiable.
std::tuple<Tensor, Tensor> unpack(const Tensor& lu) {
  const int64_t m = lu.size(-2), n = lu.size(-1), k = std::min(m, n);
  const Tensor l = tril(narrow(lu, -1, 0, k), -1) + eye(m, k, lu.options());
  return {l, triu(narrow(lu, -2, 0, k))};
}

// dA for A = P L U: F. de Hoog et al., The derivative of the LU factorisation, 2011. What lies
// beyond the square part, L2 = Y U^-1 or U2 = L^-1 Y, gives its share to the factors of that part.
Tensor lu_backward(const char* op, const Tensor& dlu, const Tensor& lu, const Tensor& p) {
  const int64_t m = lu.size(-2), n = lu.size(-1), k = std::min(m, n);
  auto [l, u] = unpack(lu);
  const Tensor l1 = narrow(l, -2, 0, k), u1 = narrow(u, -1, 0, k);
  const Tensor square = narrow(narrow(dlu, -2, 0, k), -1, 0, k);
  Tensor dl = tril(square, -1), du = triu(square), dy;
  if (m > n) {
    dy = solve_triangular_of(op, mT(u1), narrow(dlu, -2, k, m - k), /*upper=*/false,
                             /*left=*/false, /*unit=*/false);
    du = du - triu(matmul(mT(narrow(l, -2, k, m - k)), dy));
  } else if (n > m) {
    dy = solve_triangular_of(op, mT(l1), narrow(dlu, -1, k, n - k), /*upper=*/true, /*left=*/true,
                             /*unit=*/true);
    dl = dl - tril(matmul(dy, mT(narrow(u, -1, k, n - k))), -1);
  }
  const Tensor inner = tril(matmul(mT(l1), dl), -1) + triu(matmul(du, mT(u1)));
  const Tensor half = solve_triangular_of(op, mT(l1), inner, /*upper=*/true, /*left=*/true,
                                          /*unit=*/true);
  Tensor da = solve_triangular_of(op, mT(u1), half, /*upper=*/false, /*left=*/false,
                                  /*unit=*/false);
  if (m != n) da = cat({da, dy}, m > n ? -2 : -1);
  return matmul(p, da);
}

// (LU, pivots, info).
std::tuple<Tensor, Tensor, Tensor> lu_of(const char* op, const Tensor& a, bool pivot) {
  const OpScope scope(op);
  check_matrices(op, "A", a);
  check_float_or_double(op, "A", a);
  GRADUS_CHECK_AS(NotImplementedError, pivot, "{}: LU without pivoting is not implemented", op);
  auto [factors, pivots, info] = kernel::lu_factor(a.contiguous());
  Tensor lu = factors;
  record_all(op, {a}, {lu},
             [op, lu = Saved(lu), pivots = Saved(pivots)](const Grads& dys, const Needs&) -> Grads {
               const Tensor data = lu.get();
               const Tensor p = kernel::lu_permutation(pivots.get(), data.size(-2), data.dtype());
               return {lu_backward(op, dys[0], data, p)};
             });
  return {lu, pivots, info};
}

// Row exchanges of LU [..., m, n]: int32 [..., min(m, n)], from 1 to m.
void check_pivots(const char* op, const Tensor& lu, const Tensor& pivots) {
  require_dense(op, "pivots", pivots);
  GRADUS_CHECK_TYPE(pivots.dtype() == kInt, "{}: expected pivots of Int, got {}", op,
                    pivots.dtype());
  DimVector sizes = to_dims(batch_sizes(lu));
  sizes.push_back(std::min(lu.size(-2), lu.size(-1)));
  GRADUS_CHECK(pivots.sizes() == IntArrayRef(sizes), "{}: pivots {} do not fit LU {}", op,
               pivots.sizes(), lu.sizes());
  const int64_t m = lu.size(-2);
  const bool in_range = pivots.numel() == 0 ||
                        (pivots.min().item<int64_t>() >= 1 && pivots.max().item<int64_t>() <= m);
  GRADUS_CHECK_INDEX(in_range, "{}: expected pivots between 1 and {}", op, m);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot) {
  if (autocast::is_on()) return autocast::in_float32(linalg_lu, A, pivot);
  auto [lu, pivots, info] = lu_of("linalg_lu", A, pivot);
  auto [l, u] = unpack(lu);
  return {kernel::lu_permutation(pivots, A.size(-2), A.dtype()), l, u};
}

std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot) {
  if (autocast::is_on()) return autocast::in_float32(linalg_lu_factor, A, pivot);
  auto [lu, pivots, info] = lu_of("linalg_lu_factor", A, pivot);
  check_not_singular("linalg_lu_factor", info);
  return {lu, pivots};
}

std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot,
                                                       bool check_errors) {
  if (autocast::is_on()) return autocast::in_float32(linalg_lu_factor_ex, A, pivot, check_errors);
  auto factors = lu_of("linalg_lu_factor_ex", A, pivot);
  if (check_errors) check_not_singular("linalg_lu_factor_ex", std::get<2>(factors));
  return factors;
}

std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU, const Tensor& pivots,
                                             bool unpack_data, bool unpack_pivots) {
  const OpScope scope("lu_unpack");
  const char* const op = "lu_unpack";
  check_matrices(op, "LU", LU);
  check_float_or_double(op, "LU", LU);
  check_pivots(op, LU, pivots);
  Tensor p = empty({0}, LU.scalar_type()), l = p, u = p;
  if (unpack_pivots) p = kernel::lu_permutation(pivots.contiguous(), LU.size(-2), LU.scalar_type());
  if (unpack_data) std::tie(l, u) = unpack(LU);
  return {p, l, u};
}

Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left,
                       bool adjoint) {
  if (autocast::is_on()) return autocast::in_float32(linalg_lu_solve, LU, pivots, B, left, adjoint);
  const OpScope scope("linalg_lu_solve");
  const char* const op = "linalg_lu_solve";
  check_square(op, "LU", LU);
  check_matrices(op, "B", B);
  check_float_or_double(op, "LU", LU);
  check_same_dtype(op, "LU", LU, "B", B);
  check_pivots(op, LU, pivots);
  GRADUS_CHECK(LU.size(-1) == B.size(left ? -2 : -1), "{}: LU {} does not fit B {}", op, LU.sizes(),
               B.sizes());
  const int64_t n = LU.size(-1);

  const DimVector batch = broadcast_sizes(op, batch_sizes(LU), batch_sizes(B));
  auto [l, u] = unpack(expand_batch(LU, batch));
  const Tensor p = expand_batch(kernel::lu_permutation(pivots.contiguous(), n, LU.dtype()), batch);
  const Tensor b = expand_batch(left ? B : mT(B), batch);
  // X A = B is A^T X^T = B^T.
  const bool transposed = adjoint == left;
  Tensor x;
  if (transposed) {
    const Tensor y = solve_triangular_of(op, mT(u), b, /*upper=*/false, /*left=*/true,
                                         /*unit=*/false);
    x = matmul(p, solve_triangular_of(op, mT(l), y, /*upper=*/true, /*left=*/true, /*unit=*/true));
  } else {
    const Tensor y = solve_triangular_of(op, l, matmul(mT(p), b), /*upper=*/false, /*left=*/true,
                                         /*unit=*/true);
    x = solve_triangular_of(op, u, y, /*upper=*/true, /*left=*/true, /*unit=*/false);
  }
  return left ? x : mT(x);
}

Tensor lu_solve(const Tensor& B, const Tensor& LU, const Tensor& pivots) {
  return named("lu_solve", [&] { return linalg_lu_solve(LU, pivots, B); });
}

std::tuple<Tensor, Tensor> triangular_solve(const Tensor& B, const Tensor& A, bool upper,
                                            bool transpose, bool unitriangular) {
  return named("triangular_solve", [&]() -> std::tuple<Tensor, Tensor> {
    check_square("triangular_solve", "A", A);
    const Tensor a = transpose ? mT(A) : A;
    return {linalg_solve_triangular(a, B, upper != transpose, /*left=*/true, unitriangular),
            A.clone()};
  });
}

// --- methods of Tensor

}  // namespace gradus
