#pragma once

#include "core/tensor.h"

namespace gradus {

/// a + b where one of them, or both, is row-sparse: rows behind rows, or dense. Differentiable.
Tensor add_sparse(const Tensor& a, const Tensor& b);
/// The same into `a`, without recording; false where the sum is of another layout than a.
bool add_sparse_(const Tensor& a, const Tensor& b);

/// A copy of a row-sparse x with values of dtype. Differentiable.
Tensor copied_sparse(const Tensor& x, ScalarType dtype);
/// Drops all rows of a row-sparse x.
Tensor& zero_sparse_(Tensor& x);

}  // namespace gradus
