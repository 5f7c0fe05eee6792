#pragma once

#include <cstdint>
#include <utility>

#include "core/tensor.h"

namespace gradus::kernel {

// Running results along dim besides sums and products (core/kernels/reduce.h). Results are
// row-major.

/// (the greatest, or least where not `max`, of the elements so far; the last index that has it).
/// NaN stays.
std::pair<Tensor, Tensor> cumulative_extremum(const char* op, bool max, const Tensor& x,
                                              int64_t dim);

/// log (e^x_0 + ... + e^x_i), without overflow. x is of floating point.
Tensor logcumsumexp(const char* op, const Tensor& x, int64_t dim);

/// a_i = sum over k <= i of v_k e^(y_k - y_i), or where `reverse` over k >= i of v_k e^(y_i - y_k),
/// for y that ascends along dim and has the shape and dtype of v: no exponent is positive.
Tensor decayed_cumsum(const char* op, const Tensor& v, const Tensor& y, int64_t dim, bool reverse);

}  // namespace gradus::kernel
