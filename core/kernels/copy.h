#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// Writes src, broadcast to dst's sizes and cast to its dtype, to dst. They may share memory.
/// @throws Error where src does not broadcast to dst
void copy(const Tensor& src, const Tensor& dst);

}  // namespace gradus::kernel
