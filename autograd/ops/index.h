#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "core/indexing.h"
#include "core/tensor.h"

namespace gradus {

// What brackets do in Python. Integers, slices, None and "..." give a view; a tensor of integers or
// bools among the indices makes a copy: `x.index({Slice(), rows})`. Index tensors broadcast; the
// dims of their result stand where they stand if they are next to each other, else in front.
// Negative integers count from the end, in tensors too. A bool tensor selects where it is true.
// @throws IndexError naming op for an index out of range, too many indices, index tensors that do
// not broadcast or are neither integers nor bools

/// x[indices].
GRADUS_API Tensor index(const Tensor& x, ArrayRef<indexing::TensorIndex> indices);
/// A copy of x with x[indices] = values, or += where `accumulate`; values broadcast. Where indices
/// repeat, the last value counts, or all are added, in their order.
GRADUS_API Tensor index_put(const Tensor& x, ArrayRef<indexing::TensorIndex> indices,
                            const Tensor& values, bool accumulate = false);
/// The same in place.
GRADUS_API Tensor& index_put_(Tensor& self, ArrayRef<indexing::TensorIndex> indices,
                              const Tensor& values, bool accumulate = false);

/// The elements of x, seen as one dim, at these places; negative ones count from the end.
GRADUS_API Tensor take(const Tensor& x, const Tensor& index);
/// x with the elements at `index` in the row-major order of x replaced by those of source, or
/// added to them. @throws Error where index and source differ in size; TypeError where x and
/// source differ in dtype
GRADUS_API Tensor put(const Tensor& x, const Tensor& index, const Tensor& source,
                      bool accumulate = false);
GRADUS_API Tensor& put_(Tensor& self, const Tensor& index, const Tensor& source,
                        bool accumulate = false);
/// The elements where `mask` (bool) is true, as one dim; x and mask broadcast.
GRADUS_API Tensor masked_select(const Tensor& x, const Tensor& mask);
/// A copy of x, broadcast with `mask`, with consecutive elements of `source` where mask is true.
/// @throws Error where source has too few
GRADUS_API Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source);
GRADUS_API Tensor& masked_scatter_(Tensor& self, const Tensor& mask, const Tensor& source);

/// The indices of the elements that are not zero, in row-major order: int64 [count, rank].
GRADUS_API Tensor nonzero(const Tensor& x);
/// The first `size` of them, and then rows of fill_value: int64 [size, rank], whatever x holds.
/// @throws ValueError for a negative size
GRADUS_API Tensor nonzero_static(const Tensor& x, int64_t size, int64_t fill_value = -1);
/// The same as nonzero, one tensor for each dim: what index takes.
GRADUS_API std::vector<Tensor> nonzero_numpy(const Tensor& x);
GRADUS_API Tensor argwhere(const Tensor& x);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& take_out(Tensor& out, const Tensor& x, const Tensor& index);
GRADUS_API Tensor& masked_select_out(Tensor& out, const Tensor& x, const Tensor& mask);
GRADUS_API Tensor& nonzero_out(Tensor& out, const Tensor& x);

}  // namespace gradus
