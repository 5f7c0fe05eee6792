#pragma once

#include "core/array_ref.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

/// A row-sparse tensor y of shape `size`: y[indices[0][i]] += values[i] from zero, kept as indices
/// and values. Such is the gradient of embedding(..., sparse = true); optim::SGD, Adagrad and
/// SparseAdam take it. `to_dense()`, `coalesce()`, `indices()`, `values()` and their like are
/// methods; `clone`, `to(dtype)`, `zero_` and the sums of backward know it; every other op throws
/// NotImplementedError. Differentiable by values.
/// @param indices  integers [1, n], in [0, size[0]), which may repeat
/// @param values   [n, size[1], size[2], ...]
/// @param size     at least one dim
/// @throws IndexError for an index out of range, Error for shapes that do not fit,
/// NotImplementedError for indices of more than one dim of the tensor
GRADUS_API Tensor sparse_coo_tensor(const Tensor& indices, const Tensor& values, IntArrayRef size);

}  // namespace gradus
