#pragma once

// Private: what the functional transforms have in common.

#include <vector>

#include "core/tensor.h"

namespace gradus::autograd {

/// grad() with retain_graph that takes outputs without history, too, and gives undefined tensors
/// where an input has no influence. `grad_outputs` may be empty: ones.
std::vector<Tensor> vjp_or_undefined(const std::vector<Tensor>& outputs,
                                     const std::vector<Tensor>& inputs,
                                     const std::vector<Tensor>& grad_outputs, bool create_graph);

/// Zeros that require grad: u^T J is linear in u, so its derivative by u gives J v.
std::vector<Tensor> seeds_like(const std::vector<Tensor>& tensors);

/// Zeros of the shape of x, but 1 at element `i`.
Tensor unit_like(const Tensor& x, int64_t i);

/// a.sizes() + b.sizes()
DimVector joined_sizes(const Tensor& a, const Tensor& b);

/// Whether the tensors' history leads to a leaf that is none of these.
bool depends_on_others(const std::vector<Tensor>& tensors, const std::vector<Tensor>& leaves);

}  // namespace gradus::autograd
