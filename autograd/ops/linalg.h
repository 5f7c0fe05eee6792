#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "autograd/ops/matmul.h"
#include "core/factory.h"
#include "core/tensor.h"

namespace gradus {

// Linear algebra of batches of matrices: the last two dims are a matrix, those before the batch,
// which broadcasts where an op takes two. m and n are rows and columns, k the smaller of both.
// Where float32 or float64 is needed another dtype is a TypeError; a matrix that is not square
// where it should be, or tensors of too few dims, an Error. Each `linalg_x` is also `linalg::x`.
//
// Only where decompositions are unique do values equal PyTorch's bit pattern for bit pattern: the
// signs of singular vectors and eigenvectors are not.

// --- factors of a square matrix: linalg_solve.cpp

/// L with A = L L^T (U with A = U^T U where `upper`) of a symmetric positive-definite A, of which
/// only that triangle is read. The gradient is symmetric.
/// @throws Error naming the batch element and the leading minor that is not positive
GRADUS_API Tensor linalg_cholesky(const Tensor& A, bool upper = false);
/// (L, info): the same without the error; info is int32, 0 or the order of that minor.
/// @throws Error as linalg_cholesky where check_errors
GRADUS_API std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& A, bool upper = false,
                                                         bool check_errors = false);
GRADUS_API Tensor cholesky(const Tensor& A, bool upper = false);
/// (L L^T)^-1, or (U^T U)^-1 where `upper`.
GRADUS_API Tensor cholesky_inverse(const Tensor& L, bool upper = false);
/// (L L^T)^-1 B, or (U^T U)^-1 B where `upper`.
GRADUS_API Tensor cholesky_solve(const Tensor& B, const Tensor& L, bool upper = false);

/// A^-1. @throws Error naming the batch element that is singular
GRADUS_API Tensor linalg_inv(const Tensor& A);
/// (A^-1, info): info is int32, 0 or the first i with U_ii = 0 in the LU decomposition.
/// @throws Error as linalg_inv where check_errors
GRADUS_API std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors = false);
GRADUS_API Tensor inverse(const Tensor& A);

/// X with A X = B, or X A = B unless `left`. B is a batch of vectors where it has one dim, or A's
/// sizes without the last; else of matrices.
/// @throws Error naming the batch element that is singular
GRADUS_API Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left = true);
/// (X, info): the same; info is int32, 0 or the first i with U_ii = 0 in the LU decomposition, for
/// which X is not finite. @throws Error as linalg_solve where check_errors
GRADUS_API std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B,
                                                      bool left = true, bool check_errors = false);
/// X with A X = B (X A = B unless `left`) for a triangular A, of which the other triangle is not
/// read, nor the diagonal, taken as 1, where `unitriangular`. Zeros on it give infinity and NaN.
GRADUS_API Tensor linalg_solve_triangular(const Tensor& A, const Tensor& B, bool upper,
                                          bool left = true, bool unitriangular = false);

/// The determinant; 1 for 0x0. The gradient is that of the adjugate also where A is singular.
GRADUS_API Tensor linalg_det(const Tensor& A);
GRADUS_API Tensor det(const Tensor& A);
/// (sign, log |det A|): 0 and -infinity for a singular A.
GRADUS_API std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A);
GRADUS_API std::tuple<Tensor, Tensor> slogdet(const Tensor& A);
/// log det A: -infinity where it is 0, NaN where it is negative.
GRADUS_API Tensor logdet(const Tensor& A);

/// (P, L, U) with A = P L U and partial pivoting: P is [..., m, m], L [..., m, k] with 1 on its
/// diagonal, U [..., k, n]. @throws NotImplementedError unless `pivot`
GRADUS_API std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot = true);
/// (LU, pivots): both factors in one matrix, L without its diagonal; row i was exchanged with row
/// pivots[i] - 1 (int32). @throws Error where U has a zero on its diagonal
GRADUS_API std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot = true);
/// (LU, pivots, info): the same; info, int32, is 0 or the first i with U_ii = 0.
/// @throws Error as linalg_lu_factor where check_errors
GRADUS_API std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A,
                                                                  bool pivot = true,
                                                                  bool check_errors = false);
/// (P, L, U) of linalg_lu from (LU, pivots) of linalg_lu_factor: empty what is not asked for.
/// @throws TypeError for pivots of another dtype than Int, IndexError for such out of range
GRADUS_API std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU, const Tensor& pivots,
                                                        bool unpack_data = true,
                                                        bool unpack_pivots = true);
/// X with A X = B (X A = B unless `left`; A^T for A where `adjoint`) for (LU, pivots) of A.
GRADUS_API Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B,
                                  bool left = true, bool adjoint = false);

/// linalg_lu_solve with the right side first.
GRADUS_API Tensor lu_solve(const Tensor& B, const Tensor& LU, const Tensor& pivots);
/// (linalg_solve_triangular(A, B), a copy of A): A^T for A where `transpose`.
GRADUS_API std::tuple<Tensor, Tensor> triangular_solve(const Tensor& B, const Tensor& A,
                                                       bool upper = true, bool transpose = false,
                                                       bool unitriangular = false);

// --- orthogonal factors: linalg_decompose.cpp

/// (Q, R) with A = Q R, Q^T Q = 1, R upper triangular. mode "reduced": Q is [..., m, k], R [..., k,
/// n]; "complete": [..., m, m] and [..., m, n]; "r": Q is empty and nothing is differentiable.
/// The gradient is NaN where the first k columns of A depend on each other.
/// @throws ValueError for another mode; in backward, Error for "r", and for "complete" if m > n
GRADUS_API std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string_view mode = "reduced");
/// linalg_qr, complete unless `some`.
GRADUS_API std::tuple<Tensor, Tensor> qr(const Tensor& A, bool some = true);

/// (U, S, V^T) with A = U diag(S) V^T, S descending. U is [..., m, k], V^T [..., k, n]; with
/// full_matrices, both are square, and gradients of the columns (rows) beyond k are ignored. The
/// gradient through U and V is finite only for distinct singular values, and right only for
/// functions that do not depend on the signs of their columns.
/// @throws Error for NaN and infinity, ValueError for a driver: there is a choice on GPUs only
GRADUS_API std::tuple<Tensor, Tensor, Tensor> linalg_svd(
    const Tensor& A, bool full_matrices = true,
    std::optional<std::string_view> driver = std::nullopt);
/// S alone: NaN for a matrix with NaN or infinity, unless A requires grad.
GRADUS_API Tensor linalg_svdvals(const Tensor& A,
                                 std::optional<std::string_view> driver = std::nullopt);
/// (U, S, V): V is not transposed. Without compute_uv U and V are zeros.
GRADUS_API std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A, bool some = true,
                                                  bool compute_uv = true);

/// (L, V) with A = V diag(L) V^T, L ascending, for a symmetric A, of which the lower ("L") or upper
/// ("U") triangle is read. NaN for a matrix with NaN or infinity. For gradients as linalg_svd; they
/// are those of a symmetric A.
/// @throws ValueError for another UPLO
GRADUS_API std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& A, std::string_view UPLO = "L");
/// L alone.
GRADUS_API Tensor linalg_eigvalsh(const Tensor& A, std::string_view UPLO = "L");

/// The first n columns of H_1 ... H_p, H_i = 1 - tau_i v_i v_i^T, for v_i the i-th column of A
/// below the diagonal, with 1 on it. A is [..., m, n], m >= n, tau [..., p], p <= n.
GRADUS_API Tensor linalg_householder_product(const Tensor& A, const Tensor& tau);
/// (a, tau) with A = Q R, as LAPACK has it: R on and above the diagonal of a, below it the
/// reflections whose product linalg_householder_product(a, tau) is Q. Not differentiable.
GRADUS_API std::tuple<Tensor, Tensor> geqrf(const Tensor& A);
/// Q C, Q^T C where `transpose`, C Q (C Q^T) unless `left`: Q, [m, m], is the product of all
/// reflections in A [..., m, n] and tau [..., p], as those of linalg_householder_product.
GRADUS_API Tensor ormqr(const Tensor& A, const Tensor& tau, const Tensor& C, bool left = true,
                        bool transpose = false);

// --- least squares and rank: linalg_rank.cpp

/// (solution, residuals, rank, singular_values) of min |A X - B|. B is as linalg_solve's; the
/// solution is [..., n, c] of least norm. residuals, |A X - B|^2 of each column, is empty unless m
/// > n and (for other drivers than "gelsy", which never has them) A has full rank. driver "gelsy"
/// (complete orthogonal decomposition, the default), "gels" (A must have full rank), "gelsd" and
/// "gelss" (singular values). Singular values up to rcond (default: eps max(m, n)) times the
/// greatest count as 0.
/// @throws ValueError for another driver, Error for NaN and infinity
GRADUS_API std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(
    const Tensor& A, const Tensor& B, std::optional<double> rcond = std::nullopt,
    std::optional<std::string_view> driver = std::nullopt);

/// The Moore-Penrose inverse [..., n, m]: singular values up to max(atol, rtol max S) count as 0.
/// rtol is by default eps max(m, n), or 0 where atol is given. `hermitian`: A is symmetric, its
/// lower triangle is read. The gradient assumes that the rank is constant.
GRADUS_API Tensor linalg_pinv(const Tensor& A, std::optional<double> atol = std::nullopt,
                              std::optional<double> rtol = std::nullopt, bool hermitian = false);
/// The same with rcond as rtol.
template <class Bool = bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor linalg_pinv(const Tensor& A, double rcond, Bool hermitian = false) {
  return linalg_pinv(A, std::optional<double>(), std::optional<double>(rcond), hermitian);
}
/// Tolerances of each matrix, which broadcast with the batch; undefined where none is given.
struct Tolerances {
  Tensor atol, rtol;
};
GRADUS_API Tensor linalg_pinv(const Tensor& A, const Tolerances& tolerances, bool hermitian);
/// Tensors, and optional ones.
template <class T>
inline constexpr bool kIsTensor =
    std::is_same_v<T, Tensor> || std::is_same_v<T, std::optional<Tensor>>;
/// With such. Templates, so that nullopt stays a number that is not given.
template <class T, class = std::enable_if_t<kIsTensor<T>>>
Tensor linalg_pinv(const Tensor& A, const T& atol, const Tensor& rtol, bool hermitian = false) {
  return linalg_pinv(A, Tolerances{atol, rtol}, hermitian);
}
template <class T, class Bool = bool,
          class = std::enable_if_t<std::is_same_v<T, Tensor> && std::is_same_v<Bool, bool>>>
Tensor linalg_pinv(const Tensor& A, const T& rcond, Bool hermitian = false) {
  return linalg_pinv(A, Tolerances{{}, rcond}, hermitian);
}
GRADUS_API Tensor pinverse(const Tensor& A, double rcond = 1e-15);
/// How many singular values are greater than max(atol, rtol max S), int64; tolerances as
/// linalg_pinv.
GRADUS_API Tensor linalg_matrix_rank(const Tensor& A, std::optional<double> atol = std::nullopt,
                                     std::optional<double> rtol = std::nullopt,
                                     bool hermitian = false);
/// The same with tol as atol.
template <class Bool = bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor linalg_matrix_rank(const Tensor& A, double tol, Bool hermitian = false) {
  return linalg_matrix_rank(A, std::optional<double>(tol), std::optional<double>(0), hermitian);
}

/// The same with tolerances of each matrix, as those of linalg_pinv; tol is atol, without rtol.
GRADUS_API Tensor linalg_matrix_rank(const Tensor& A, const Tolerances& tolerances, bool hermitian);
template <class T, class = std::enable_if_t<kIsTensor<T>>>
Tensor linalg_matrix_rank(const Tensor& A, const T& atol, const Tensor& rtol,
                          bool hermitian = false) {
  return linalg_matrix_rank(A, Tolerances{atol, rtol}, hermitian);
}
template <class T, class Bool = bool,
          class = std::enable_if_t<std::is_same_v<T, Tensor> && std::is_same_v<Bool, bool>>>
Tensor linalg_matrix_rank(const Tensor& A, const T& tol, Bool hermitian = false) {
  return linalg_matrix_rank(A, Tolerances{tol, tol.defined() ? zeros_like(tol) : tol}, hermitian);
}

// --- norms: linalg_norm.cpp

/// The norm of matrices in the dims `dim`: "fro" sqrt(sum a^2), "nuc" the sum of the singular
/// values.
/// @throws ValueError for another order
GRADUS_API Tensor linalg_matrix_norm(const Tensor& A, std::string_view ord = "fro",
                                     IntArrayRef dim = {-2, -1}, bool keepdim = false,
                                     std::optional<ScalarType> dtype = std::nullopt);
/// ord 2 and -2: the greatest and least singular value; 1 and -1: the greatest and least sum of |a|
/// over a column; infinity and -infinity: over a row. @throws ValueError for another order
GRADUS_API Tensor linalg_matrix_norm(const Tensor& A, const Scalar& ord, IntArrayRef dim = {-2, -1},
                                     bool keepdim = false,
                                     std::optional<ScalarType> dtype = std::nullopt);
/// The norm of a vector (one dim, or all without ord and dim) or of a matrix (two dims).
GRADUS_API Tensor linalg_norm(const Tensor& A, std::optional<Scalar> ord = std::nullopt,
                              IntArrayRef dim = {}, bool keepdim = false,
                              std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor linalg_norm(const Tensor& A, std::string_view ord, IntArrayRef dim = {},
                              bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);
/// The norm of a vector or a matrix, sqrt(sum a^2), over up to two dims; over all without dims.
GRADUS_API Tensor frobenius_norm(const Tensor& A, IntArrayRef dim, bool keepdim = false);
/// The sums of the singular values of the matrices in the last two dims, or in two others.
GRADUS_API Tensor nuclear_norm(const Tensor& A, bool keepdim = false);
GRADUS_API Tensor nuclear_norm(const Tensor& A, IntArrayRef dim, bool keepdim = false);
/// The condition number |A| |A^-1| in a matrix norm, by default the greatest over the least
/// singular value. Infinity for a singular A, 0 for an empty one. @throws ValueError for another
/// order
GRADUS_API Tensor linalg_cond(const Tensor& A, std::optional<Scalar> p = std::nullopt);
GRADUS_API Tensor linalg_cond(const Tensor& A, std::string_view p);

// --- functions and products of matrices: linalg_product.cpp

/// A^n by repeated squaring: the identity for n = 0, powers of the inverse for n < 0.
GRADUS_API Tensor linalg_matrix_power(const Tensor& A, int64_t n);
GRADUS_API Tensor matrix_power(const Tensor& A, int64_t n);
/// sum_i A^i / i!, by scaling and squaring; NaN for a matrix with NaN or infinity.
GRADUS_API Tensor linalg_matrix_exp(const Tensor& A);
GRADUS_API Tensor matrix_exp(const Tensor& A);
/// The product of two or more matrices in the order that takes the fewest multiplications. The
/// first may be a row, the last a column, given as vectors.
GRADUS_API Tensor linalg_multi_dot(TensorList tensors);
/// The same for matrices, of which there may be one.
GRADUS_API Tensor chain_matmul(TensorList matrices);
/// sum x y over dim, the others broadcast.
GRADUS_API Tensor linalg_vecdot(const Tensor& x, const Tensor& y, int64_t dim = -1);
/// diagonal() of the last two dims.
GRADUS_API Tensor linalg_diagonal(const Tensor& A, int64_t offset = 0, int64_t dim1 = -2,
                                  int64_t dim2 = -1);
/// The vector product along `dim`, of size 3; the other dims broadcast, of one number.
GRADUS_API Tensor linalg_cross(const Tensor& a, const Tensor& b, int64_t dim = -1);
/// The same; without dim, along the first of size 3.
GRADUS_API Tensor cross(const Tensor& a, const Tensor& b,
                        std::optional<int64_t> dim = std::nullopt);
/// y[..., i, j] = x[..., i]^j for j < N (default: the size of the last dim of x). Integers give
/// int64.
/// @throws ValueError for N <= 1
GRADUS_API Tensor linalg_vander(const Tensor& x, std::optional<int64_t> N = std::nullopt);
/// The inverse of A as a map from its dims beyond `ind` to the first `ind`.
/// @throws ValueError for ind < 1, Error where the products of both sizes differ
GRADUS_API Tensor linalg_tensorinv(const Tensor& A, int64_t ind = 2);
/// X with tensordot(A, X, X.dim()) = B; the `dims` of A are moved to its end first.
GRADUS_API Tensor linalg_tensorsolve(const Tensor& A, const Tensor& B, IntArrayRef dims = {});

/// PyTorch's torch.linalg. See the functions of the same name with linalg_ before it.
namespace linalg {

using gradus::matmul;

inline Tensor cholesky(const Tensor& A, bool upper = false) {
  return linalg_cholesky(A, upper);
}
inline std::tuple<Tensor, Tensor> cholesky_ex(const Tensor& A, bool upper = false,
                                              bool check_errors = false) {
  return linalg_cholesky_ex(A, upper, check_errors);
}
inline Tensor inv(const Tensor& A) {
  return linalg_inv(A);
}
inline std::tuple<Tensor, Tensor> inv_ex(const Tensor& A, bool check_errors = false) {
  return linalg_inv_ex(A, check_errors);
}
inline Tensor solve(const Tensor& A, const Tensor& B, bool left = true) {
  return linalg_solve(A, B, left);
}
inline std::tuple<Tensor, Tensor> solve_ex(const Tensor& A, const Tensor& B, bool left = true,
                                           bool check_errors = false) {
  return linalg_solve_ex(A, B, left, check_errors);
}
inline Tensor solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left = true,
                               bool unitriangular = false) {
  return linalg_solve_triangular(A, B, upper, left, unitriangular);
}
inline Tensor det(const Tensor& A) {
  return linalg_det(A);
}
inline std::tuple<Tensor, Tensor> slogdet(const Tensor& A) {
  return linalg_slogdet(A);
}
inline std::tuple<Tensor, Tensor, Tensor> lu(const Tensor& A, bool pivot = true) {
  return linalg_lu(A, pivot);
}
inline std::tuple<Tensor, Tensor> lu_factor(const Tensor& A, bool pivot = true) {
  return linalg_lu_factor(A, pivot);
}
inline std::tuple<Tensor, Tensor, Tensor> lu_factor_ex(const Tensor& A, bool pivot = true,
                                                       bool check_errors = false) {
  return linalg_lu_factor_ex(A, pivot, check_errors);
}
inline Tensor lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left = true,
                       bool adjoint = false) {
  return linalg_lu_solve(LU, pivots, B, left, adjoint);
}
inline std::tuple<Tensor, Tensor> qr(const Tensor& A, std::string_view mode = "reduced") {
  return linalg_qr(A, mode);
}
inline std::tuple<Tensor, Tensor, Tensor> svd(
    const Tensor& A, bool full_matrices = true,
    std::optional<std::string_view> driver = std::nullopt) {
  return linalg_svd(A, full_matrices, driver);
}
inline Tensor svdvals(const Tensor& A, std::optional<std::string_view> driver = std::nullopt) {
  return linalg_svdvals(A, driver);
}
inline std::tuple<Tensor, Tensor> eigh(const Tensor& A, std::string_view UPLO = "L") {
  return linalg_eigh(A, UPLO);
}
inline Tensor eigvalsh(const Tensor& A, std::string_view UPLO = "L") {
  return linalg_eigvalsh(A, UPLO);
}
inline Tensor householder_product(const Tensor& A, const Tensor& tau) {
  return linalg_householder_product(A, tau);
}
inline std::tuple<Tensor, Tensor, Tensor, Tensor> lstsq(
    const Tensor& A, const Tensor& B, std::optional<double> rcond = std::nullopt,
    std::optional<std::string_view> driver = std::nullopt) {
  return linalg_lstsq(A, B, rcond, driver);
}
inline Tensor pinv(const Tensor& A, std::optional<double> atol = std::nullopt,
                   std::optional<double> rtol = std::nullopt, bool hermitian = false) {
  return linalg_pinv(A, atol, rtol, hermitian);
}
template <class Bool = bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor pinv(const Tensor& A, double rcond, Bool hermitian = false) {
  return linalg_pinv(A, rcond, hermitian);
}
inline Tensor matrix_rank(const Tensor& A, std::optional<double> atol = std::nullopt,
                          std::optional<double> rtol = std::nullopt, bool hermitian = false) {
  return linalg_matrix_rank(A, atol, rtol, hermitian);
}
template <class Bool = bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor matrix_rank(const Tensor& A, double tol, Bool hermitian = false) {
  return linalg_matrix_rank(A, tol, hermitian);
}
inline Tensor matrix_norm(const Tensor& A, std::string_view ord = "fro", IntArrayRef dim = {-2, -1},
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
  return linalg_matrix_norm(A, ord, dim, keepdim, dtype);
}
inline Tensor matrix_norm(const Tensor& A, const Scalar& ord, IntArrayRef dim = {-2, -1},
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
  return linalg_matrix_norm(A, ord, dim, keepdim, dtype);
}
inline Tensor norm(const Tensor& A, std::optional<Scalar> ord = std::nullopt, IntArrayRef dim = {},
                   bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
  return linalg_norm(A, ord, dim, keepdim, dtype);
}
inline Tensor norm(const Tensor& A, std::string_view ord, IntArrayRef dim = {},
                   bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
  return linalg_norm(A, ord, dim, keepdim, dtype);
}
inline Tensor cond(const Tensor& A, std::optional<Scalar> p = std::nullopt) {
  return linalg_cond(A, p);
}
inline Tensor cond(const Tensor& A, std::string_view p) {
  return linalg_cond(A, p);
}
inline Tensor matrix_power(const Tensor& A, int64_t n) {
  return linalg_matrix_power(A, n);
}
inline Tensor matrix_exp(const Tensor& A) {
  return linalg_matrix_exp(A);
}
inline Tensor multi_dot(TensorList tensors) {
  return linalg_multi_dot(tensors);
}
inline Tensor vecdot(const Tensor& x, const Tensor& y, int64_t dim = -1) {
  return linalg_vecdot(x, y, dim);
}
inline Tensor diagonal(const Tensor& A, int64_t offset = 0, int64_t dim1 = -2, int64_t dim2 = -1) {
  return linalg_diagonal(A, offset, dim1, dim2);
}
inline Tensor cross(const Tensor& a, const Tensor& b, int64_t dim = -1) {
  return linalg_cross(a, b, dim);
}
inline Tensor vander(const Tensor& x, std::optional<int64_t> N = std::nullopt) {
  return linalg_vander(x, N);
}
inline Tensor tensorinv(const Tensor& A, int64_t ind = 2) {
  return linalg_tensorinv(A, ind);
}
inline Tensor tensorsolve(const Tensor& A, const Tensor& B, IntArrayRef dims = {}) {
  return linalg_tensorsolve(A, B, dims);
}

}  // namespace linalg
}  // namespace gradus
