#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// Writes value, cast to dst's dtype, to every element of dst.
void fill(const Tensor& dst, const Scalar& value);

}  // namespace gradus::kernel
