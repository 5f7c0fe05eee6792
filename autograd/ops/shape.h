#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "autograd/ops/strided.h"
#include "core/tensor.h"

namespace gradus {

// Other shapes over the same elements. All but reshape, flatten, unflatten and ravel, which copy
// where they must, return views: they share storage and version counter with their input, and
// gradients flow through writes to either. Dims may count from the end.

/// `x` with other sizes, one of which may be -1. Where the strides of x forbid a view (as those of
/// a channels-last tensor may) the result is a copy: gradients flow through it, but writing to it
/// in place is an error.
/// @throws Error where the number of elements differs
GRADUS_API Tensor view(const Tensor& x, IntArrayRef sizes);
/// The bytes of `x` as elements of another dtype; the last dim shrinks or grows with the size of an
/// element. Not differentiable.
/// @throws Error where the last dim is not contiguous or does not divide
GRADUS_API Tensor view(const Tensor& x, ScalarType dtype);
/// A view of all of x: its sizes and strides.
GRADUS_API Tensor alias(const Tensor& x);
/// view(x, other.sizes()).
GRADUS_API Tensor view_as(const Tensor& x, const Tensor& other);
/// A view where the strides allow one, else a copy. One size may be -1.
GRADUS_API Tensor reshape(const Tensor& x, IntArrayRef sizes);
GRADUS_API Tensor reshape_as(const Tensor& x, const Tensor& other);
/// The dims start_dim .. end_dim as one.
GRADUS_API Tensor flatten(const Tensor& x, int64_t start_dim = 0, int64_t end_dim = -1);
/// The dim as several of these sizes, one of which may be -1.
GRADUS_API Tensor unflatten(const Tensor& x, int64_t dim, IntArrayRef sizes);
/// As one contiguous dim.
GRADUS_API Tensor ravel(const Tensor& x);

/// The dims in another order: y.size(i) == x.size(dims[i]).
GRADUS_API Tensor permute(const Tensor& x, IntArrayRef dims);
/// Two dims exchanged.
GRADUS_API Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1);
GRADUS_API Tensor swapaxes(const Tensor& x, int64_t axis0, int64_t axis1);
GRADUS_API Tensor swapdims(const Tensor& x, int64_t dim0, int64_t dim1);
/// The dims `source` moved to the places `destination`; the others keep their order.
GRADUS_API Tensor movedim(const Tensor& x, IntArrayRef source, IntArrayRef destination);
GRADUS_API Tensor movedim(const Tensor& x, int64_t source, int64_t destination);
GRADUS_API Tensor moveaxis(const Tensor& x, IntArrayRef source, IntArrayRef destination);
GRADUS_API Tensor moveaxis(const Tensor& x, int64_t source, int64_t destination);
/// The transpose of a matrix; x itself where it has less than two dims. @throws Error for more
GRADUS_API Tensor t(const Tensor& x);
/// The last two dims exchanged.
GRADUS_API Tensor mT(const Tensor& x);
/// The dims in reverse order.
GRADUS_API Tensor numpy_T(const Tensor& x);

/// Without the dims of size 1.
GRADUS_API Tensor squeeze(const Tensor& x);
/// Without those of the dims that have size 1.
GRADUS_API Tensor squeeze(const Tensor& x, IntArrayRef dims);
/// A dim of size 1 before `dim`.
GRADUS_API Tensor unsqueeze(const Tensor& x, int64_t dim);
/// Dims of size 1 repeated to the given sizes without copying; -1 keeps a size, new dims come in
/// front. Elements share memory, so the result must not be written to.
GRADUS_API Tensor expand(const Tensor& x, IntArrayRef sizes, bool implicit = false);
GRADUS_API Tensor expand_as(const Tensor& x, const Tensor& other);
GRADUS_API Tensor broadcast_to(const Tensor& x, IntArrayRef sizes);
/// All of them expanded to the sizes that they broadcast to.
GRADUS_API std::vector<Tensor> broadcast_tensors(TensorList tensors);

/// x[..., index, ...] at `dim`, which goes. @throws IndexError
GRADUS_API Tensor select(const Tensor& x, int64_t dim, int64_t index);
/// `length` indices of `dim` from `start`. @throws IndexError, Error
GRADUS_API Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length);
GRADUS_API Tensor narrow(const Tensor& x, int64_t dim, const Tensor& start, int64_t length);
/// A copy of narrow(x, dim, start, length).
GRADUS_API Tensor narrow_copy(const Tensor& x, int64_t dim, int64_t start, int64_t length);
/// Indices start, start + step, ... below end of `dim`, out-of-range bounds clamped, as Python's
/// x[start:end:step]. @throws ValueError for step < 1
GRADUS_API Tensor slice(const Tensor& x, int64_t dim = 0,
                        std::optional<int64_t> start = std::nullopt,
                        std::optional<int64_t> end = std::nullopt, int64_t step = 1);
/// The windows of `size` indices of `dimension`, `step` apart: y.size(dimension) is their number,
/// their content a new last dim.
GRADUS_API Tensor unfold(const Tensor& x, int64_t dimension, int64_t size, int64_t step);
/// The elements whose indices at dim2 and dim1 differ by `offset`, as a new last dim.
GRADUS_API Tensor diagonal(const Tensor& x, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1);

/// Parts of `split_size` indices of `dim`, the last one possibly smaller. The parts cannot be
/// written to in place where they require grad.
GRADUS_API std::vector<Tensor> split(const Tensor& x, int64_t split_size, int64_t dim = 0);
/// Parts of these sizes, which must sum to that of the dim.
GRADUS_API std::vector<Tensor> split(const Tensor& x, IntArrayRef split_sizes, int64_t dim = 0);
GRADUS_API std::vector<Tensor> split_with_sizes(const Tensor& x, IntArrayRef split_sizes,
                                                int64_t dim = 0);
/// At most `chunks` parts of equal size, the last one possibly smaller.
GRADUS_API std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim = 0);
/// chunk, split and split_with_sizes whose parts are no views in the eyes of autograd: they share
/// memory with x, and may be written to in place, which is differentiated for the part alone. So x
/// must not be used afterwards.
GRADUS_API std::vector<Tensor> unsafe_chunk(const Tensor& x, int64_t chunks, int64_t dim = 0);
GRADUS_API std::vector<Tensor> unsafe_split(const Tensor& x, int64_t split_size, int64_t dim = 0);
GRADUS_API std::vector<Tensor> unsafe_split_with_sizes(const Tensor& x, IntArrayRef split_sizes,
                                                       int64_t dim = 0);
/// x[0], x[1], ... along `dim`.
GRADUS_API std::vector<Tensor> unbind(const Tensor& x, int64_t dim = 0);

/// `sections` parts, the first ones one larger where the size does not divide.
GRADUS_API std::vector<Tensor> tensor_split(const Tensor& x, int64_t sections, int64_t dim = 0);
/// Parts that begin at these indices (and at 0), as Python's slices.
GRADUS_API std::vector<Tensor> tensor_split(const Tensor& x, IntArrayRef indices, int64_t dim = 0);
GRADUS_API std::vector<Tensor> tensor_split(const Tensor& x, const Tensor& indices_or_sections,
                                            int64_t dim = 0);
/// tensor_split along dim 1 (0 of one dim), 0 and 2; `sections` must divide the size.
GRADUS_API std::vector<Tensor> hsplit(const Tensor& x, int64_t sections);
GRADUS_API std::vector<Tensor> hsplit(const Tensor& x, IntArrayRef indices);
GRADUS_API std::vector<Tensor> vsplit(const Tensor& x, int64_t sections);
GRADUS_API std::vector<Tensor> vsplit(const Tensor& x, IntArrayRef indices);
GRADUS_API std::vector<Tensor> dsplit(const Tensor& x, int64_t sections);
GRADUS_API std::vector<Tensor> dsplit(const Tensor& x, IntArrayRef indices);

}  // namespace gradus
