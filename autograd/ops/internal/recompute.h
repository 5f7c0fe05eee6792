#pragma once

#include <vector>

#include "autograd/node.h"
#include "core/parallel.h"

namespace gradus {

/// The gradients of an op with a fused backward, differentiable: what a closure returns where its
/// gradient is recorded. `composed` computes the op's outputs from its inputs by ops alone; its own
/// tape gives the gradients.
/// @param inputs  with the history they had; undefined ones stay so
/// @param dys     gradients of the outputs, undefined where none came
Grads recompute_gradients(
    FunctionRef<std::vector<Tensor>(const std::vector<Tensor>& inputs)> composed,
    const std::vector<Tensor>& inputs, const Grads& dys, const Needs& needs);

}  // namespace gradus
