#pragma once

#include "core/tensor.h"

namespace gradus {

// Products of matrices. Both operands have one dtype, any but bool; any strides, so a transposed
// operand costs nothing.

/// y = x W^T + b: x is [..., in], weight [out, in] or [in], bias [out] or undefined; y is [...,
/// out].
/// @throws Error where the sizes do not match
GRADUS_API Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});

/// [m, k] x [k, n] -> [m, n]. @throws Error for other ranks or inner dims that differ
GRADUS_API Tensor mm(const Tensor& a, const Tensor& b);
/// [batch, m, k] x [batch, k, n] -> [batch, m, n].
GRADUS_API Tensor bmm(const Tensor& a, const Tensor& b);
/// The product of the last two dims, leading dims broadcast: [..., m, k] x [..., k, n] -> [..., m,
/// n]. A vector on the left is a row, on the right a column, whose dim the result does not have;
/// two vectors give their dot product.
/// @throws Error for 0-d operands, inner dims that differ or leading dims that do not broadcast
GRADUS_API Tensor matmul(const Tensor& a, const Tensor& b);
/// [m, k] x [k] -> [m].
GRADUS_API Tensor mv(const Tensor& a, const Tensor& vec);
/// sum_i a_i b_i of two vectors of one length.
GRADUS_API Tensor dot(const Tensor& a, const Tensor& b);
GRADUS_API Tensor vdot(const Tensor& a, const Tensor& b);
/// y_ij = a_i b_j of two vectors.
GRADUS_API Tensor outer(const Tensor& a, const Tensor& b);
GRADUS_API Tensor ger(const Tensor& a, const Tensor& b);
/// beta input + alpha (mat1 mat2), input broadcast; with beta = 0 input is ignored, NaN and all.
GRADUS_API Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2,
                        const Scalar& beta = 1, const Scalar& alpha = 1);
/// beta input + alpha (mat vec).
GRADUS_API Tensor addmv(const Tensor& input, const Tensor& mat, const Tensor& vec,
                        const Scalar& beta = 1, const Scalar& alpha = 1);
/// beta input + alpha (batch1 batch2), for each matrix of the batch.
GRADUS_API Tensor baddbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2,
                          const Scalar& beta = 1, const Scalar& alpha = 1);
/// beta input + alpha sum_i (batch1_i batch2_i), the products of the batch summed.
GRADUS_API Tensor addbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2,
                         const Scalar& beta = 1, const Scalar& alpha = 1);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& mm_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& bmm_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& matmul_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& dot_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& vdot_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& outer_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& ger_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& mv_out(Tensor& out, const Tensor& a, const Tensor& vec);
GRADUS_API Tensor& addmm_out(Tensor& out, const Tensor& input, const Tensor& mat1,
                             const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1);
GRADUS_API Tensor& addmv_out(Tensor& out, const Tensor& input, const Tensor& mat, const Tensor& vec,
                             const Scalar& beta = 1, const Scalar& alpha = 1);
GRADUS_API Tensor& baddbmm_out(Tensor& out, const Tensor& input, const Tensor& batch1,
                               const Tensor& batch2, const Scalar& beta = 1,
                               const Scalar& alpha = 1);

}  // namespace gradus
