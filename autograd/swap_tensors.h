#pragma once

#include "core/tensor.h"

namespace gradus {

/// Exchanges all that two tensors are (elements, shape, dtype, gradient, history, hooks), so that
/// every handle to the one now shows the other. Graphs that were recorded keep what they saved; a
/// gradient that flows to a leaf goes to the handle that was used, so exchange leaves only where
/// no graph refers to them. Gradients asked for by retain_grad() are no longer kept.
/// @throws Error for an undefined tensor
GRADUS_API void swap_tensors(const Tensor& a, const Tensor& b);

}  // namespace gradus
