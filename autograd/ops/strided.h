#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

/// A view of the storage of `x` with any sizes, strides and offset (default: that of x); the
/// strides count elements. Differentiable also where elements of the view share memory: their
/// gradients are summed.
/// @throws ValueError for negative sizes, strides or offset; Error where the view reaches beyond
/// the storage
GRADUS_API Tensor as_strided(const Tensor& x, IntArrayRef sizes, IntArrayRef strides,
                             std::optional<int64_t> storage_offset = std::nullopt);

/// A copy of `x`, in memory as x is, where as_strided(copy, sizes, strides, storage_offset) holds
/// `src`.
/// @throws Error unless src has these sizes and the dtype of x, and they lie in the storage of x
GRADUS_API Tensor as_strided_scatter(const Tensor& x, const Tensor& src, IntArrayRef sizes,
                                     IntArrayRef strides,
                                     std::optional<int64_t> storage_offset = std::nullopt);

/// The elements of `x` with these strides (those of dims of size 1 aside) and offset 0: x itself
/// where it has them, else a copy in a storage of its own.
GRADUS_API Tensor restride(const Tensor& x, IntArrayRef strides);

}  // namespace gradus
