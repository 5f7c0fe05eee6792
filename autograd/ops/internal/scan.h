#pragma once

#include "core/tensor.h"

namespace gradus {

/// cumsum and cumprod along a wrapped dim, from the last element where `reverse`; differentiable.
Tensor scan_sum(const char* op, const Tensor& x, int64_t dim, bool reverse);
Tensor scan_prod(const char* op, const Tensor& x, int64_t dim, bool reverse);

}  // namespace gradus
