#pragma once

#include <cstdint>

#include "core/array_ref.h"
#include "core/tensor.h"

namespace gradus::kernel {

// Index ops see a tensor x as blocks: `base` is a view of x at index 0 of the indexed dims, which
// it lacks, and element j of the index list adds offsets[j] elements to its address. The other
// side, `y`, has the sizes of base with the dims of the index list put in at `position`.

/// Row-major places in `sizes` (dims with these strides) of the elements that `indices`, of the
/// same shape each, one for each dim, point at: sum_d index_d * stride_d. int64, contiguous.
/// @throws IndexError naming op for an index outside [-size, size), or [0, size) where negative
/// ones are not `wrapped`; before anything is written
Tensor index_offsets(const char* op, TensorList indices, IntArrayRef sizes, IntArrayRef strides,
                     bool wrapped);

/// The same places under other strides. @param sizes, from  of the indexed dims, outermost first,
/// as in index_offsets, where `from` are those of a row-major tensor
Tensor restride_offsets(const Tensor& offsets, IntArrayRef from, IntArrayRef to);

/// y[..., j, ...] = base[...] at offsets[j]. y is contiguous.
void index_get(const Tensor& base, int64_t position, const Tensor& offsets, const Tensor& y);

/// base[...] at offsets[j] = y[..., j, ...], or += where `add`. y has the dtype of base and is
/// contiguous or has one element expanded. Where indices repeat the last one counts, or all are
/// added in their order.
void index_put(const Tensor& base, int64_t position, const Tensor& offsets, const Tensor& y,
               bool add);

/// y [count, n]: zeros, and y[to[i]] += factors[i] x[from[i]] for each i in order, of rows of x
/// [_, n], which is row-major, float32 or double. `factors` is undefined for ones, or of x's dtype,
/// row-major. from and to are int64, row-major and checked.
Tensor sum_rows(const Tensor& x, const Tensor& from, const Tensor& to, const Tensor& factors,
                int64_t count);

/// [from.numel()]: the sum of products of row from[i] of x and row to[i] of y, which is sum_rows'
/// gradient in factors. Both are [_, n].
Tensor row_dots(const Tensor& x, const Tensor& from, const Tensor& y, const Tensor& to);

/// Whether 0 <= index[i] < size for all of n, with Highway.
bool all_inside_vector(const int64_t* index, int64_t n, int64_t size);
/// y[i] += factor x[i] for n elements, with Highway.
void add_scaled_vector(const float* x, float factor, int64_t n, float* y);
/// The sum of x[i] y[i] for n elements, with Highway.
float dot_vector(const float* x, const float* y, int64_t n);

}  // namespace gradus::kernel
