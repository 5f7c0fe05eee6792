#pragma once

#include "core/tensor.h"

namespace gradus {

/// `index` as int64, checked against x and, where it is not null, src, as gather and scatter need
/// it. @throws IndexError, Error naming op
Tensor checked_elements(const char* op, const Tensor& x, int64_t dim, const Tensor& index,
                        const Tensor* src);

/// The part of src, which may be larger, that lies where index has elements.
Tensor fitting_part(const Tensor& src, const Tensor& index);

}  // namespace gradus
