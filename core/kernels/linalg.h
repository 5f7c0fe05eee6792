#pragma once

#include <cstdint>
#include <tuple>

#include "core/tensor.h"

namespace gradus::kernel {

// Decompositions of batches of matrices, by Eigen. Tensors are contiguous, of float32 or float64,
// [..., rows, columns]; k is the smaller of m and n. Each matrix is decomposed by one thread, the
// batch in parallel. All end on NaN and infinities.
//
// `info` is int32 [...]: 0 where it worked.

/// (L, info): a = L L^T for a [..., n, n], of which the lower triangle is read. info is the order
/// of the first leading minor that is not positive, up to which L is right.
std::tuple<Tensor, Tensor> cholesky(const Tensor& a);

/// (LU, pivots, info): a = P L U with partial pivoting for a [..., m, n]; L, whose diagonal is 1,
/// is below the diagonal, U on and above it. pivots is int32 [..., k]: row i was exchanged with row
/// pivots[i] - 1. info is the first i with U[i-1, i-1] = 0.
std::tuple<Tensor, Tensor, Tensor> lu_factor(const Tensor& a);

/// The matrices P [..., m, m] of pivots [..., k].
Tensor lu_permutation(const Tensor& pivots, int64_t m, ScalarType dtype);

/// x = a^-1 b, or a^-T b where `transposed`, for lu_factor(a) of one matrix or as many as b has.
Tensor lu_solve(const Tensor& lu, const Tensor& pivots, const Tensor& b, bool transposed);

/// x = a^-1 b for a triangular a of one matrix or as many as b has; the other triangle (and the
/// diagonal, taken as 1, where `unit`) is not read.
Tensor triangular_solve(const Tensor& a, const Tensor& b, bool upper, bool unit);

/// (Q, R): a = Q R by Householder reflections. Q is [..., m, k], R [..., k, n]; where `complete`,
/// [..., m, m] and [..., m, n]. Q is undefined unless `want_q`.
std::tuple<Tensor, Tensor> qr(const Tensor& a, bool complete, bool want_q);

/// (a, tau) of LAPACK's geqrf: a holds R on and above its diagonal and below it the reflections,
/// whose factors are tau [..., k].
std::tuple<Tensor, Tensor> householder(const Tensor& a);

/// (x, rank): the least-squares solution of least norm of a x = b by a complete orthogonal
/// decomposition with column pivoting; pivots below rcond times the greatest count as 0. rank is
/// int64 [...].
std::tuple<Tensor, Tensor> least_squares(const Tensor& a, const Tensor& b, double rcond);

/// (U, S, V^T, info): a = U diag(S) V^T, S descending. U is [..., m, k], V^T [..., k, n]; where
/// `full`, both are square; undefined unless `vectors`. info is -1 for a matrix with NaN or
/// infinity, whose results are NaN, 1 where the iteration did not converge.
std::tuple<Tensor, Tensor, Tensor, Tensor> svd(const Tensor& a, bool full, bool vectors);

/// (L, V, info): a = V diag(L) V^T, L ascending, for a symmetric a, of which the lower triangle is
/// read. info as that of svd(). V is undefined unless `vectors`.
std::tuple<Tensor, Tensor, Tensor> eigh(const Tensor& a, bool vectors);

/// sum_i a^i / i! by scaling and squaring; NaN for a matrix with NaN or infinity.
Tensor matrix_exp(const Tensor& a);

}  // namespace gradus::kernel
