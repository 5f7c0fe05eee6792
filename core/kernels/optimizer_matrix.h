#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

// What second-order optimizers need of symmetric matrices, [n, n] of float or double, row-major. It
// is computed in double on the calling thread; all are checked by their callers to be square. A
// matrix that is not finite is a ValueError that names `owner`.

/// Q diag(max(lambda, 0) + floor)^power Q^T of a = Q diag(lambda) Q^T.
Tensor symmetric_power(const char* owner, const Tensor& a, double power, double floor);

/// The eigenvectors of a symmetric matrix as columns, by falling eigenvalue.
Tensor symmetric_eigenvectors(const char* owner, const Tensor& a);

/// The orthogonal factor of a square matrix a = Q R, with a positive diagonal of R.
Tensor orthogonal_factor(const char* owner, const Tensor& a);

}  // namespace gradus::kernel
