#pragma once

#include <optional>
#include <vector>

#include "core/tensor.h"

namespace gradus::autograd {

/// Adds the gradients of sum_i <grad_tensors_i, tensors_i> to the grad() of the leaves they depend
/// on.
/// @param tensors       roots; each has one element or a defined gradient in grad_tensors
/// @param grad_tensors  dL/d(tensors); empty, or one for each, undefined where it is 1; brought to
/// the root's dtype, and summed to its shape where it is that of the root broadcast
/// @param retain_graph  keep what was saved; default: create_graph
/// @param create_graph  record the backward itself, for higher derivatives
/// @param inputs        only accumulate into these (leaves, or tensors that retain_grad)
/// @throws Error where a root does not require grad, a gradient has another shape, or the graph was
/// freed
GRADUS_API void backward(TensorList tensors, TensorList grad_tensors = {},
                         std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
                         TensorList inputs = {});

/// The gradients of sum_i <grad_outputs_i, outputs_i> with respect to the inputs, which are not
/// accumulated anywhere.
/// @param allow_unused  an input that the outputs do not depend on gives an undefined tensor
/// instead of an error
GRADUS_API std::vector<Tensor> grad(TensorList outputs, TensorList inputs,
                                    TensorList grad_outputs = {},
                                    std::optional<bool> retain_graph = std::nullopt,
                                    bool create_graph = false, bool allow_unused = false);

}  // namespace gradus::autograd
