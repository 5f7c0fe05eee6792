#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// dst += src, element by element, where elements of `dst` may share memory, as unfold's windows
/// do: then all that belong there are added. Same sizes and dtype; src may not overlap dst.
void add_overlapping(const Tensor& src, const Tensor& dst);

}  // namespace gradus::kernel
