#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// Writes src, broadcast to dst's sizes and cast to its dtype, to dst. They may share memory.
/// @throws Error where src does not broadcast to dst
void copy(const Tensor& src, const Tensor& dst);

/// Writes parts of y's dtype, one after another along dim, to y, a row of y at a time: so y is
/// written in one stream. False, and nothing is done, where their order of memory or sizes make
/// that no gain.
bool join_rows(TensorList parts, int64_t dim, const Tensor& y);

}  // namespace gradus::kernel
