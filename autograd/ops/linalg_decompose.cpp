#include <utility>

#include "autograd/node.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/linalg.h"
#include "autograd/ops/join.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/kernels/linalg.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// What is added to a sum that may have no terms yet.
void add_to(Tensor& sum, const Tensor& term) {
  sum = sum.defined() ? sum + term : term;
}

// e_ij = x_j - x_i, 1 on the diagonal.
Tensor gaps(const Tensor& x) {
  return unsqueeze(x, -2) - unsqueeze(x, -1) + eye(x.size(-1), x.options());
}

Tensor columns_times(const Tensor& matrix, const Tensor& factors) {
  return matrix * unsqueeze(factors, -2);
}

void check_converged(const char* op, const Tensor& info) {
  const Failure failure = first_failure(info);
  GRADUS_CHECK(failure.info >= 0,
               "{}: the matrix{} has elements that are not finite: its decomposition cannot "
               "converge",
               op, failure.where);
  GRADUS_CHECK(failure.info == 0, "{}: the iteration for the matrix{} did not converge", op,
               failure.where);
}

// Where only lack of convergence is an error: NaN gives NaN.
void check_converged_or_nan(const char* op, const Tensor& info) {
  const int32_t* const data = info.data_ptr<int32_t>();
  for (int64_t i = 0; i < info.numel(); ++i) {
    GRADUS_CHECK(data[i] <= 0,
                 "{}: the iteration for the matrix (batch element {}) did not "
                 "converge",
                 op, i);
  }
}

// --- QR

// dA = (dQ + Q copyltu(R dR^T - dQ^T Q)) R^-T for m >= n, copyltu(X) the symmetric matrix with X's
// lower triangle: M. Seeger et al., Auto-differentiating linear algebra, 2017. For m < n, A = [X
// Y], R = [U V]: (Q, U) is the decomposition of X, V = Q^T Y.
Tensor qr_backward(const char* op, const Tensor& dq_given, const Tensor& dr_given, const Tensor& q,
                   const Tensor& r, const Tensor& a) {
  const int64_t m = a.size(-2), n = a.size(-1);
  const Tensor dr = dr_given.defined() ? dr_given : zeros_like(r);
  Tensor dq = dq_given.defined() ? dq_given : zeros_like(q);
  Tensor square = r, dsquare = dr, dy;
  if (m < n) {
    const Tensor dv = narrow(dr, -1, m, n - m);
    square = narrow(r, -1, 0, m);
    dsquare = narrow(dr, -1, 0, m);
    dq = dq + matmul(narrow(a, -1, m, n - m), mT(dv));
    dy = matmul(q, dv);
  }
  const Tensor inner = matmul(square, mT(dsquare)) - matmul(mT(dq), q);
  const Tensor symmetric = tril(inner) + mT(tril(inner, -1));
  const Tensor dx = solve_triangular_of(op, mT(square), dq + matmul(q, symmetric), /*upper=*/false,
                                        /*left=*/false, /*unit=*/false);
  return dy.defined() ? cat({dx, dy}, -1) : dx;
}

std::tuple<Tensor, Tensor> qr_of(const char* op, const Tensor& a, bool complete) {
  const OpScope scope(op);
  auto [orthogonal, upper] = kernel::qr(a.contiguous(), complete, /*want_q=*/true);
  Tensor q = orthogonal, r = upper;
  record_all(op, {a}, {q, r},
             [op, a = Saved(a), q = Saved(q), r = Saved(r), complete](const Grads& dys,
                                                                      const Needs&) -> Grads {
               const Tensor matrix = a.get();
               GRADUS_CHECK(!complete || matrix.size(-2) <= matrix.size(-1),
                            "{}: not differentiable in mode \"complete\" for more rows than "
                            "columns (A {})",
                            op, matrix.sizes());
               return {qr_backward(op, dys[0], dys[1], q.get(), r.get(), matrix)};
             });
  return {q, r};
}

}  // namespace

std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string_view mode) {
  if (autocast::is_on()) return autocast::in_float32(linalg_qr, A, mode);
  const char* const op = "linalg_qr";
  const OpScope scope(op);
  check_matrices(op, "A", A);
  check_float_or_double(op, "A", A);
  GRADUS_CHECK_VALUE(mode == "reduced" || mode == "complete" || mode == "r",
                     "{}: expected mode \"reduced\", \"complete\" or \"r\", got \"{}\"", op, mode);
  if (mode != "r") return qr_of(op, A, mode == "complete");
  const Tensor upper = std::get<1>(kernel::qr(A.contiguous(), false, /*want_q=*/false));
  const Tensor r = record(op, {A}, upper, [op](const Tensor&) -> Grads {
    detail::throw_error<Error>(
        "{}: the derivative needs Q, which mode \"r\" does not compute: use \"reduced\"", op);
  });
  return {empty({0}, A.options()), r};
}

std::tuple<Tensor, Tensor> qr(const Tensor& A, bool some) {
  if (autocast::is_on()) return autocast::in_float32(qr, A, some);
  check_matrices("qr", "A", A);
  check_float_or_double("qr", "A", A);
  return qr_of("qr", A, !some);
}

// --- singular values

namespace {

// dA = U (skew(U^T dU) / E S + S skew(V^T dV) / E + diag dS) V^T
//      + (1 - U U^T) dU S^-1 V^T + U S^-1 dV^T (1 - V V^T),
// skew(X) = X - X^T, E_ij = s_j^2 - s_i^2: J. Townsend, Differentiating the singular value
// decomposition, 2016.
Tensor svd_backward(const Tensor& du, const Tensor& ds, const Tensor& dvt, const Tensor& u,
                    const Tensor& s, const Tensor& vt) {
  const int64_t m = u.size(-2), n = vt.size(-1), k = s.size(-1);
  Tensor inner, da;
  if (du.defined() || dvt.defined()) {
    const Tensor e = gaps(s * s);
    if (du.defined()) {
      const Tensor x = matmul(mT(u), du);
      inner = columns_times((x - mT(x)) / e, s);
      if (m > k) {
        const Tensor outside = columns_times(du - matmul(u, x), s.reciprocal());
        da = matmul(outside, vt);
      }
    }
    if (dvt.defined()) {
      const Tensor x = matmul(vt, mT(dvt));
      add_to(inner, (x - mT(x)) / e * unsqueeze(s, -1));
      if (n > k) {
        const Tensor outside = (dvt - matmul(mT(x), vt)) / unsqueeze(s, -1);
        add_to(da, matmul(u, outside));
      }
    }
    if (ds.defined()) add_to(inner, diag_embed(ds));
    add_to(da, matmul(u, matmul(inner, vt)));
    return da;
  }
  return matmul(columns_times(u, ds), vt);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> svd_of(const char* op, const Tensor& a, bool full) {
  const OpScope scope(op);
  auto [left, values, right, info] = kernel::svd(a.contiguous(), full, /*vectors=*/true);
  check_converged(op, info);
  Tensor u = left, s = values, vt = right;
  record_all(op, {a}, {u, s, vt},
             [u = Saved(u), s = Saved(s), vt = Saved(vt)](const Grads& dys, const Needs&) -> Grads {
               // Of square U and V^T only what belongs to singular values.
               const Tensor values = s.get();
               const int64_t k = values.size(-1);
               const auto part = [k](const Tensor& x, int64_t dim) {
                 return !x.defined() || x.size(dim) == k ? x : narrow(x, dim, 0, k);
               };
               return {svd_backward(part(dys[0], -1), dys[1], part(dys[2], -2), part(u.get(), -1),
                                    values, part(vt.get(), -2))};
             });
  return {u, s, vt};
}

namespace {

// cuSOLVER's algorithms have names; here there is one.
void check_no_driver(const char* op, std::optional<std::string_view> driver) {
  GRADUS_CHECK_VALUE(!driver, "{}: driver is for tensors on a GPU only, got {}", op, *driver);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices,
                                              std::optional<std::string_view> driver) {
  if (autocast::is_on()) return autocast::in_float32(linalg_svd, A, full_matrices, driver);
  check_no_driver("linalg_svd", driver);
  check_matrices("linalg_svd", "A", A);
  check_float_or_double("linalg_svd", "A", A);
  return svd_of("linalg_svd", A, full_matrices);
}

Tensor svdvals_of(const char* op, const Tensor& a) {
  if (records({a})) return std::get<1>(svd_of(op, a, /*full=*/false));
  auto [u, s, vt, info] = kernel::svd(a.contiguous(), /*full=*/false, /*vectors=*/false);
  check_converged_or_nan(op, info);
  return s;
}

Tensor linalg_svdvals(const Tensor& A, std::optional<std::string_view> driver) {
  if (autocast::is_on()) return autocast::in_float32(linalg_svdvals, A, driver);
  check_no_driver("linalg_svdvals", driver);
  check_matrices("linalg_svdvals", "A", A);
  check_float_or_double("linalg_svdvals", "A", A);
  return svdvals_of("linalg_svdvals", A);
}

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A, bool some, bool compute_uv) {
  if (autocast::is_on()) return autocast::in_float32(svd, A, some, compute_uv);
  const OpScope scope("svd");
  const char* const op = "svd";
  check_matrices(op, "A", A);
  check_float_or_double(op, "A", A);
  if (compute_uv) {
    auto [u, s, vt] = svd_of(op, A, !some);
    return {u, s, mT(vt)};
  }
  const Tensor s = svdvals_of(op, A);
  const auto square = [&](int64_t n) { return zeros_like(identities_like(A.detach(), n)); };
  return {square(A.size(-2)), s, square(A.size(-1))};
}

// --- eigenvalues

// dA = V (diag dL + skew(V^T dV) / 2E) V^T, E_ij = l_j - l_i, skew(X) = X - X^T: M. Giles, An
// extended collection of matrix derivative results, 2008, made symmetric.
std::tuple<Tensor, Tensor> eigh_of(const char* op, const Tensor& a) {
  const OpScope scope(op);
  auto [values, vectors, info] = kernel::eigh(a.contiguous(), /*vectors=*/true);
  check_converged_or_nan(op, info);
  Tensor l = values, v = vectors;
  record_all(op, {a}, {l, v},
             [l = Saved(l), v = Saved(v)](const Grads& dys, const Needs&) -> Grads {
               const Tensor basis = v.get();
               if (!dys[1].defined()) return {matmul(columns_times(basis, dys[0]), mT(basis))};
               const Tensor x = matmul(mT(basis), dys[1]);
               Tensor inner = (x - mT(x)) * 0.5 / gaps(l.get());
               if (dys[0].defined()) inner = inner + diag_embed(dys[0]);
               return {matmul(basis, matmul(inner, mT(basis)))};
             });
  return {l, v};
}

namespace {

// A with the triangle that UPLO names as its lower one.
Tensor with_lower(const char* op, const Tensor& a, std::string_view uplo) {
  check_square(op, "A", a);
  check_float_or_double(op, "A", a);
  const bool upper = uplo == "U" || uplo == "u";
  GRADUS_CHECK_VALUE(upper || uplo == "L" || uplo == "l",
                     "{}: expected UPLO \"L\" or \"U\", got \"{}\"", op, uplo);
  return upper ? mT(a) : a;
}

}  // namespace

std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& A, std::string_view UPLO) {
  if (autocast::is_on()) return autocast::in_float32(linalg_eigh, A, UPLO);
  return eigh_of("linalg_eigh", with_lower("linalg_eigh", A, UPLO));
}

Tensor linalg_eigvalsh(const Tensor& A, std::string_view UPLO) {
  if (autocast::is_on()) return autocast::in_float32(linalg_eigvalsh, A, UPLO);
  const OpScope scope("linalg_eigvalsh");
  const char* const op = "linalg_eigvalsh";
  const Tensor a = with_lower(op, A, UPLO);
  if (records({a})) return std::get<0>(eigh_of(op, a));
  auto [l, v, info] = kernel::eigh(a.contiguous(), /*vectors=*/false);
  check_converged_or_nan(op, info);
  return l;
}

// --- reflections

Tensor linalg_householder_product(const Tensor& A, const Tensor& tau) {
  if (autocast::is_on()) return autocast::in_float32(linalg_householder_product, A, tau);
  const OpScope scope("linalg_householder_product");
  const char* const op = "linalg_householder_product";
  check_matrices(op, "A", A);
  require_dense(op, "tau", tau);
  check_float_or_double(op, "A", A);
  check_same_dtype(op, "A", A, "tau", tau);
  const int64_t m = A.size(-2), n = A.size(-1);
  GRADUS_CHECK(m >= n, "{}: expected A of at least as many rows as columns, got {}", op, A.sizes());
  GRADUS_CHECK(tau.dim() == A.dim() - 1 && tau.size(-1) <= n &&
                   batch_sizes(A) == tau.sizes().slice(0, tau.sizes().size() - 1),
               "{}: tau {} does not fit A {}", op, tau.sizes(), A.sizes());
  const Tensor v = tril(A, -1) + eye(m, n, A.options());
  Tensor q = expand_batch(eye(m, n, A.options()), batch_sizes(A));
  // Each reflection as a rank-one update, the last one first.
  for (int64_t i = tau.size(-1) - 1; i >= 0; --i) {
    const Tensor column = narrow(v, -1, i, 1), factor = unsqueeze(narrow(tau, -1, i, 1), -1);
    q = q - matmul(factor * column, matmul(mT(column), q));
  }
  return q.contiguous();
}

std::tuple<Tensor, Tensor> geqrf(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(geqrf, A);
  const OpScope scope("geqrf");
  check_matrices("geqrf", "A", A);
  check_float_or_double("geqrf", "A", A);
  auto [a, tau] = kernel::householder(A.contiguous());
  record_all("geqrf", {A}, {a, tau}, [](const Grads&, const Needs&) -> Grads {
    throw NotImplementedError("geqrf: not differentiable; linalg_qr is");
  });
  return {a, tau};
}

Tensor ormqr(const Tensor& A, const Tensor& tau, const Tensor& C, bool left, bool transpose) {
  if (autocast::is_on()) return autocast::in_float32(ormqr, A, tau, C, left, transpose);
  const OpScope scope("ormqr");
  const char* const op = "ormqr";
  check_matrices(op, "A", A);
  require_dense(op, "tau", tau);
  check_matrices(op, "C", C);
  check_float_or_double(op, "A", A);
  check_same_dtype(op, "A", A, "tau", tau);
  check_same_dtype(op, "A", A, "C", C);
  const int64_t m = A.size(-2), p = tau.dim() == 0 ? 0 : tau.size(-1);
  GRADUS_CHECK(tau.dim() == A.dim() - 1 && p <= std::min(m, A.size(-1)) &&
                   batch_sizes(A) == tau.sizes().slice(0, tau.sizes().size() - 1),
               "{}: tau {} does not fit A {}", op, tau.sizes(), A.sizes());
  GRADUS_CHECK(C.size(left ? -2 : -1) == m && batch_sizes(C) == batch_sizes(A),
               "{}: C {} does not fit A {}", op, C.sizes(), A.sizes());
  // Q C reflects by the last one first, Q^T C and C Q by the first one.
  const Tensor v = tril(narrow(A, -1, 0, p), -1) + eye(m, p, A.options());
  Tensor y = C;
  for (int64_t step = 0; step < p; ++step) {
    const int64_t i = left == transpose ? step : p - 1 - step;
    const Tensor column = narrow(v, -1, i, 1), factor = unsqueeze(narrow(tau, -1, i, 1), -1);
    y = left ? y - matmul(factor * column, matmul(mT(column), y))
             : y - matmul(matmul(y, column), mT(factor * column));
  }
  return p == 0 ? C.clone() : y.contiguous();
}

}  // namespace gradus
