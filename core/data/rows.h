#pragma once

#include <cstddef>
#include <vector>

#include "core/array_ref.h"
#include "core/tensor.h"

namespace gradus::data::detail {

/// Whether the elements can be read row-major through data_ptr and need no gradient.
bool is_plain(const Tensor& x);

/// An uninitialized tensor [count, sizes...].
Tensor empty_rows(size_t count, IntArrayRef sizes, ScalarType dtype);

/// The rows of a contiguous tensor as views; `rows` must be its only owner, so that the views are.
std::vector<Tensor> split_rows(Tensor rows);

/// The tensor whose rows these are, in this order, where nobody else owns its storage; otherwise
/// undefined.
Tensor join_rows(const std::vector<Tensor>& rows);

/// @throws IndexError unless every index is below size
void check_indices(const char* dataset, ArrayRef<size_t> indices, size_t size);

}  // namespace gradus::data::detail
