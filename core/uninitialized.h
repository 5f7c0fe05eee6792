#pragma once

#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

// Note [Uninitialized parameters]
// A parameter of a lazy module (nn/modules/lazy.h) has no shape before the first forward. Until
// then it is a tensor of sizes [0] whose storage is marked. What would take it for a trained value
// calls require_initialized: recorded ops, in-place ops, optimizers, files. Materializing it is a
// set_data, so that handles to it stay handles to the parameter.

/// A tensor whose shape and values are not known yet, for set_data() to fill.
/// @throws TypeError unless the dtype is floating-point
GRADUS_API Tensor uninitialized(ScalarType dtype = get_default_dtype());

/// Whether it is one.
GRADUS_API bool is_uninitialized(const Tensor& tensor);

/// @throws ValueError naming `op` where the tensor is uninitialized
GRADUS_API void require_initialized(const char* op, const Tensor& tensor);

}  // namespace gradus
