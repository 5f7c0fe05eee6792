// The out= forms in autograd/ops/out_forms.h: linear algebra.

#include "autograd/ops/aliases.h"
#include "autograd/ops/einsum.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/out_forms.h"

namespace gradus {

Tensor& addbmm_out(Tensor& out, const Tensor& input, const Tensor& batch1, const Tensor& batch2,
                   const Scalar& beta, const Scalar& alpha) {
  return compute_out("addbmm_out", {input, batch1, batch2}, out,
                     [&] { return addbmm(input, batch1, batch2, beta, alpha); });
}

Tensor& chain_matmul_out(Tensor& out, TensorList matrices) {
  return compute_out("chain_matmul_out", matrices, out, [&] { return chain_matmul(matrices); });
}

Tensor& cholesky_out(Tensor& out, const Tensor& A, bool upper) {
  return compute_out("cholesky_out", {A}, out, [&] { return cholesky(A, upper); });
}

Tensor& cholesky_inverse_out(Tensor& out, const Tensor& L, bool upper) {
  return compute_out("cholesky_inverse_out", {L}, out, [&] { return cholesky_inverse(L, upper); });
}

Tensor& cholesky_solve_out(Tensor& out, const Tensor& B, const Tensor& L, bool upper) {
  return compute_out("cholesky_solve_out", {B, L}, out,
                     [&] { return cholesky_solve(B, L, upper); });
}

Tensor& cross_out(Tensor& out, const Tensor& a, const Tensor& b, std::optional<int64_t> dim) {
  return compute_out("cross_out", {a, b}, out, [&] { return cross(a, b, dim); });
}

Tensor& frobenius_norm_out(Tensor& out, const Tensor& A, IntArrayRef dim, bool keepdim) {
  return compute_out("frobenius_norm_out", {A}, out,
                     [&] { return frobenius_norm(A, dim, keepdim); });
}

Tensor& inverse_out(Tensor& out, const Tensor& A) {
  return compute_out("inverse_out", {A}, out, [&] { return inverse(A); });
}

Tensor& kron_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("kron_out", {a, b}, out, [&] { return kron(a, b); });
}

Tensor& linalg_cholesky_out(Tensor& out, const Tensor& A, bool upper) {
  return compute_out("linalg_cholesky_out", {A}, out, [&] { return linalg_cholesky(A, upper); });
}

std::tuple<Tensor&, Tensor&> linalg_cholesky_ex_out(Tensor& L, Tensor& info, const Tensor& A,
                                                    bool upper, bool check_errors) {
  return compute_out("linalg_cholesky_ex_out", {A}, std::tie(L, info),
                     [&] { return linalg_cholesky_ex(A, upper, check_errors); });
}

Tensor& linalg_cond_out(Tensor& out, const Tensor& A, std::optional<Scalar> p) {
  return compute_out("linalg_cond_out", {A}, out, [&] { return linalg_cond(A, p); });
}

Tensor& linalg_cond_out(Tensor& out, const Tensor& A, std::string_view p) {
  return compute_out("linalg_cond_out", {A}, out, [&] { return linalg_cond(A, p); });
}

Tensor& linalg_cross_out(Tensor& out, const Tensor& a, const Tensor& b, int64_t dim) {
  return compute_out("linalg_cross_out", {a, b}, out, [&] { return linalg_cross(a, b, dim); });
}

Tensor& linalg_det_out(Tensor& out, const Tensor& A) {
  return compute_out("linalg_det_out", {A}, out, [&] { return linalg_det(A); });
}

std::tuple<Tensor&, Tensor&> linalg_eigh_out(Tensor& eigenvalues, Tensor& eigenvectors,
                                             const Tensor& A, std::string_view UPLO) {
  return compute_out("linalg_eigh_out", {A}, std::tie(eigenvalues, eigenvectors),
                     [&] { return linalg_eigh(A, UPLO); });
}

Tensor& linalg_eigvalsh_out(Tensor& out, const Tensor& A, std::string_view UPLO) {
  return compute_out("linalg_eigvalsh_out", {A}, out, [&] { return linalg_eigvalsh(A, UPLO); });
}

Tensor& linalg_householder_product_out(Tensor& out, const Tensor& A, const Tensor& tau) {
  return compute_out("linalg_householder_product_out", {A, tau}, out,
                     [&] { return linalg_householder_product(A, tau); });
}

Tensor& linalg_inv_out(Tensor& out, const Tensor& A) {
  return compute_out("linalg_inv_out", {A}, out, [&] { return linalg_inv(A); });
}

std::tuple<Tensor&, Tensor&> linalg_inv_ex_out(Tensor& inverse, Tensor& info, const Tensor& A,
                                               bool check_errors) {
  return compute_out("linalg_inv_ex_out", {A}, std::tie(inverse, info),
                     [&] { return linalg_inv_ex(A, check_errors); });
}

std::tuple<Tensor&, Tensor&, Tensor&, Tensor&> linalg_lstsq_out(
    Tensor& solution, Tensor& residuals, Tensor& rank, Tensor& singular_values, const Tensor& A,
    const Tensor& B, std::optional<double> rcond, std::optional<std::string_view> driver) {
  return compute_out("linalg_lstsq_out", {A, B},
                     std::tie(solution, residuals, rank, singular_values),
                     [&] { return linalg_lstsq(A, B, rcond, driver); });
}

std::tuple<Tensor&, Tensor&, Tensor&> linalg_lu_out(Tensor& P, Tensor& L, Tensor& U,
                                                    const Tensor& A, bool pivot) {
  return compute_out("linalg_lu_out", {A}, std::tie(P, L, U), [&] { return linalg_lu(A, pivot); });
}

std::tuple<Tensor&, Tensor&> linalg_lu_factor_out(Tensor& LU, Tensor& pivots, const Tensor& A,
                                                  bool pivot) {
  return compute_out("linalg_lu_factor_out", {A}, std::tie(LU, pivots),
                     [&] { return linalg_lu_factor(A, pivot); });
}

Tensor& linalg_lu_solve_out(Tensor& out, const Tensor& LU, const Tensor& pivots, const Tensor& B,
                            bool left, bool adjoint) {
  return compute_out("linalg_lu_solve_out", {LU, pivots, B}, out,
                     [&] { return linalg_lu_solve(LU, pivots, B, left, adjoint); });
}

Tensor& linalg_matmul_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("linalg_matmul_out", {a, b}, out, [&] { return linalg_matmul(a, b); });
}

Tensor& linalg_matrix_norm_out(Tensor& out, const Tensor& A, const Scalar& ord, IntArrayRef dim,
                               bool keepdim, std::optional<ScalarType> dtype) {
  return compute_out("linalg_matrix_norm_out", {A}, out,
                     [&] { return linalg_matrix_norm(A, ord, dim, keepdim, dtype); });
}

Tensor& linalg_matrix_norm_out(Tensor& out, const Tensor& A, std::string_view ord, IntArrayRef dim,
                               bool keepdim, std::optional<ScalarType> dtype) {
  return compute_out("linalg_matrix_norm_out", {A}, out,
                     [&] { return linalg_matrix_norm(A, ord, dim, keepdim, dtype); });
}

Tensor& linalg_matrix_power_out(Tensor& out, const Tensor& A, int64_t n) {
  return compute_out("linalg_matrix_power_out", {A}, out,
                     [&] { return linalg_matrix_power(A, n); });
}

Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A, std::optional<double> atol,
                               std::optional<double> rtol, bool hermitian) {
  return compute_out("linalg_matrix_rank_out", {A}, out,
                     [&] { return linalg_matrix_rank(A, atol, rtol, hermitian); });
}

Tensor& linalg_multi_dot_out(Tensor& out, TensorList tensors) {
  return compute_out("linalg_multi_dot_out", tensors, out,
                     [&] { return linalg_multi_dot(tensors); });
}

Tensor& linalg_norm_out(Tensor& out, const Tensor& A, std::optional<Scalar> ord, IntArrayRef dim,
                        bool keepdim, std::optional<ScalarType> dtype) {
  return compute_out("linalg_norm_out", {A}, out,
                     [&] { return linalg_norm(A, ord, dim, keepdim, dtype); });
}

Tensor& linalg_norm_out(Tensor& out, const Tensor& A, std::string_view ord, IntArrayRef dim,
                        bool keepdim, std::optional<ScalarType> dtype) {
  return compute_out("linalg_norm_out", {A}, out,
                     [&] { return linalg_norm(A, ord, dim, keepdim, dtype); });
}

Tensor& linalg_pinv_out(Tensor& out, const Tensor& A, std::optional<double> atol,
                        std::optional<double> rtol, bool hermitian) {
  return compute_out("linalg_pinv_out", {A}, out,
                     [&] { return linalg_pinv(A, atol, rtol, hermitian); });
}

std::tuple<Tensor&, Tensor&> linalg_qr_out(Tensor& Q, Tensor& R, const Tensor& A,
                                           std::string_view mode) {
  return compute_out("linalg_qr_out", {A}, std::tie(Q, R), [&] { return linalg_qr(A, mode); });
}

std::tuple<Tensor&, Tensor&> linalg_slogdet_out(Tensor& sign, Tensor& logabsdet, const Tensor& A) {
  return compute_out("linalg_slogdet_out", {A}, std::tie(sign, logabsdet),
                     [&] { return linalg_slogdet(A); });
}

Tensor& linalg_solve_out(Tensor& out, const Tensor& A, const Tensor& B, bool left) {
  return compute_out("linalg_solve_out", {A, B}, out, [&] { return linalg_solve(A, B, left); });
}

Tensor& linalg_solve_triangular_out(Tensor& out, const Tensor& A, const Tensor& B, bool upper,
                                    bool left, bool unitriangular) {
  return compute_out("linalg_solve_triangular_out", {A, B}, out,
                     [&] { return linalg_solve_triangular(A, B, upper, left, unitriangular); });
}

std::tuple<Tensor&, Tensor&, Tensor&> linalg_svd_out(Tensor& U, Tensor& S, Tensor& Vh,
                                                     const Tensor& A, bool full_matrices,
                                                     std::optional<std::string_view> driver) {
  return compute_out("linalg_svd_out", {A}, std::tie(U, S, Vh),
                     [&] { return linalg_svd(A, full_matrices, driver); });
}

Tensor& linalg_svdvals_out(Tensor& out, const Tensor& A, std::optional<std::string_view> driver) {
  return compute_out("linalg_svdvals_out", {A}, out, [&] { return linalg_svdvals(A, driver); });
}

std::tuple<Tensor&, Tensor&> linalg_solve_ex_out(Tensor& result, Tensor& info, const Tensor& A,
                                                 const Tensor& B, bool left, bool check_errors) {
  return compute_out("linalg_solve_ex_out", {A, B}, std::tie(result, info),
                     [&] { return linalg_solve_ex(A, B, left, check_errors); });
}

std::tuple<Tensor&, Tensor&> geqrf_out(Tensor& a, Tensor& tau, const Tensor& A) {
  return compute_out("geqrf_out", {A}, std::tie(a, tau), [&] { return geqrf(A); });
}

Tensor& orgqr_out(Tensor& out, const Tensor& A, const Tensor& tau) {
  return compute_out("orgqr_out", {A, tau}, out, [&] { return orgqr(A, tau); });
}

Tensor& ormqr_out(Tensor& out, const Tensor& A, const Tensor& tau, const Tensor& C, bool left,
                  bool transpose) {
  return compute_out("ormqr_out", {A, tau, C}, out,
                     [&] { return ormqr(A, tau, C, left, transpose); });
}

Tensor& linalg_tensorinv_out(Tensor& out, const Tensor& A, int64_t ind) {
  return compute_out("linalg_tensorinv_out", {A}, out, [&] { return linalg_tensorinv(A, ind); });
}

Tensor& linalg_tensorsolve_out(Tensor& out, const Tensor& A, const Tensor& B, IntArrayRef dims) {
  return compute_out("linalg_tensorsolve_out", {A, B}, out,
                     [&] { return linalg_tensorsolve(A, B, dims); });
}

Tensor& linalg_vecdot_out(Tensor& out, const Tensor& x, const Tensor& y, int64_t dim) {
  return compute_out("linalg_vecdot_out", {x, y}, out, [&] { return linalg_vecdot(x, y, dim); });
}

Tensor& linear_out(Tensor& out, const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return compute_out("linear_out", {input, weight, bias}, out,
                     [&] { return linear(input, weight, bias); });
}

Tensor& lu_solve_out(Tensor& out, const Tensor& B, const Tensor& LU, const Tensor& pivots) {
  return compute_out("lu_solve_out", {B, LU, pivots}, out, [&] { return lu_solve(B, LU, pivots); });
}

Tensor& matrix_power_out(Tensor& out, const Tensor& A, int64_t n) {
  return compute_out("matrix_power_out", {A}, out, [&] { return matrix_power(A, n); });
}

std::tuple<Tensor&, Tensor&, Tensor&> linalg_lu_factor_ex_out(Tensor& LU, Tensor& pivots,
                                                              Tensor& info, const Tensor& A,
                                                              bool pivot, bool check_errors) {
  return compute_out("linalg_lu_factor_ex_out", {A}, std::tie(LU, pivots, info),
                     [&] { return linalg_lu_factor_ex(A, pivot, check_errors); });
}

std::tuple<Tensor&, Tensor&, Tensor&> lu_unpack_out(Tensor& P, Tensor& L, Tensor& U,
                                                    const Tensor& LU, const Tensor& pivots,
                                                    bool unpack_data, bool unpack_pivots) {
  return compute_out("lu_unpack_out", {LU, pivots}, std::tie(P, L, U),
                     [&] { return lu_unpack(LU, pivots, unpack_data, unpack_pivots); });
}

Tensor& nuclear_norm_out(Tensor& out, const Tensor& A, bool keepdim) {
  return compute_out("nuclear_norm_out", {A}, out, [&] { return nuclear_norm(A, keepdim); });
}

Tensor& nuclear_norm_out(Tensor& out, const Tensor& A, IntArrayRef dim, bool keepdim) {
  return compute_out("nuclear_norm_out", {A}, out, [&] { return nuclear_norm(A, dim, keepdim); });
}

std::tuple<Tensor&, Tensor&> triangular_solve_out(Tensor& X, Tensor& M, const Tensor& B,
                                                  const Tensor& A, bool upper, bool transpose,
                                                  bool unitriangular) {
  return compute_out("triangular_solve_out", {B, A}, std::tie(X, M),
                     [&] { return triangular_solve(B, A, upper, transpose, unitriangular); });
}

std::tuple<Tensor&, Tensor&> qr_out(Tensor& Q, Tensor& R, const Tensor& A, bool some) {
  return compute_out("qr_out", {A}, std::tie(Q, R), [&] { return qr(A, some); });
}

std::tuple<Tensor&, Tensor&> slogdet_out(Tensor& sign, Tensor& logabsdet, const Tensor& A) {
  return compute_out("slogdet_out", {A}, std::tie(sign, logabsdet), [&] { return slogdet(A); });
}

std::tuple<Tensor&, Tensor&, Tensor&> svd_out(Tensor& U, Tensor& S, Tensor& V, const Tensor& A,
                                              bool some, bool compute_uv) {
  return compute_out("svd_out", {A}, std::tie(U, S, V), [&] { return svd(A, some, compute_uv); });
}

Tensor& tensordot_out(Tensor& out, const Tensor& a, const Tensor& b, IntArrayRef dims_a,
                      IntArrayRef dims_b) {
  return compute_out("tensordot_out", {a, b}, out, [&] { return tensordot(a, b, dims_a, dims_b); });
}

Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A, const Tolerances& tolerances,
                               bool hermitian) {
  return compute_out("linalg_matrix_rank_out", {A, tolerances.atol, tolerances.rtol}, out,
                     [&] { return linalg_matrix_rank(A, tolerances, hermitian); });
}

Tensor& linalg_pinv_out(Tensor& out, const Tensor& A, const Tolerances& tolerances,
                        bool hermitian) {
  return compute_out("linalg_pinv_out", {A, tolerances.atol, tolerances.rtol}, out,
                     [&] { return linalg_pinv(A, tolerances, hermitian); });
}

}  // namespace gradus
