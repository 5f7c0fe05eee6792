#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace gradus {

/// The tensors one after another along `dim`; other sizes must agree. The dtype is the one that
/// they promote to; a tensor of shape [0] fits everything.
GRADUS_API Tensor cat(TensorList tensors, int64_t dim = 0);
GRADUS_API Tensor concat(TensorList tensors, int64_t dim = 0);
/// The tensors, all of the same shape, along a new dim.
GRADUS_API Tensor stack(TensorList tensors, int64_t dim = 0);

/// Along the second dim, or the first of tensors with one dim.
GRADUS_API Tensor hstack(TensorList tensors);
/// Along the first dim; tensors with one dim are rows.
GRADUS_API Tensor vstack(TensorList tensors);
GRADUS_API Tensor row_stack(TensorList tensors);
/// Along the third dim; see atleast_3d.
GRADUS_API Tensor dstack(TensorList tensors);
/// Tensors with one dim as columns, matrices as they are, next to each other.
GRADUS_API Tensor column_stack(TensorList tensors);
/// The matrices along the diagonal of one that is zero elsewhere; tensors with one dim are rows.
GRADUS_API Tensor block_diag(TensorList tensors);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& cat_out(Tensor& out, TensorList tensors, int64_t dim = 0);
GRADUS_API Tensor& stack_out(Tensor& out, TensorList tensors, int64_t dim = 0);
GRADUS_API Tensor& hstack_out(Tensor& out, TensorList tensors);
GRADUS_API Tensor& vstack_out(Tensor& out, TensorList tensors);
GRADUS_API Tensor& dstack_out(Tensor& out, TensorList tensors);
GRADUS_API Tensor& column_stack_out(Tensor& out, TensorList tensors);

}  // namespace gradus
