#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace gradus {

/// The tensors one after another along `dim`; other sizes must agree. The dtype is the one that
/// they promote to; a tensor of shape [0] fits everything.
GRADUS_API Tensor cat(TensorList tensors, int64_t dim = 0);
GRADUS_API Tensor concat(TensorList tensors, int64_t dim = 0);
/// The tensors, all of the same shape, along a new dim.
GRADUS_API Tensor stack(TensorList tensors, int64_t dim = 0);

}  // namespace gradus
