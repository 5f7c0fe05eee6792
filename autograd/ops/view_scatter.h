#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

// A copy of x in which a view of it shows `src`. All throw Error where src has another shape than
// the view, and what the view throws.

/// The view is x.select(dim, index).
GRADUS_API Tensor select_scatter(const Tensor& x, const Tensor& src, int64_t dim, int64_t index);
/// The view is x.slice(dim, start, end, step).
GRADUS_API Tensor slice_scatter(const Tensor& x, const Tensor& src, int64_t dim = 0,
                                std::optional<int64_t> start = std::nullopt,
                                std::optional<int64_t> end = std::nullopt, int64_t step = 1);
/// The view is x.diagonal(offset, dim1, dim2).
GRADUS_API Tensor diagonal_scatter(const Tensor& x, const Tensor& src, int64_t offset = 0,
                                   int64_t dim1 = 0, int64_t dim2 = 1);

}  // namespace gradus
