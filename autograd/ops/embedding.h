#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// The rows of `weight` [vocabulary, features] at `indices` (any shape): [..., features].
/// @param padding_idx         row that gets no gradient; -1: none
/// @param scale_grad_by_freq  divide the gradient of a row by how often it is looked up
/// @param sparse              give weight a row-sparse gradient: see sparse_coo_tensor
/// @throws IndexError for an index out of range, NotImplementedError for sparse with
/// scale_grad_by_freq
GRADUS_API Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx = -1,
                            bool scale_grad_by_freq = false, bool sparse = false);

/// int64 [..., num_classes]: 1 at x (int64), 0 elsewhere. num_classes -1: one more than the
/// largest.
GRADUS_API Tensor one_hot(const Tensor& x, int64_t num_classes = -1);

}  // namespace gradus
