#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// Checks that the dtype can hold the value (truncated, for an integer dtype); infinity and NaN go
/// into any floating-point one.
/// @throws ValueError naming op
void check_fits(const char* op, const Scalar& value, ScalarType dtype);

/// Writes value, cast to dst's dtype, to every element of dst.
/// @throws ValueError for a value that does not fit
void fill(const Tensor& dst, const Scalar& value);

}  // namespace gradus::kernel
