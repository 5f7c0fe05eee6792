#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/tensor.h"

namespace gradus {

// Rows and elements picked by a tensor of integers. Indices do not count from the end: IndexError
// for one outside [0, size). Where indices repeat, writes come in their order, so results do not
// depend on the number of threads. In-place forms end in _.

/// The slices of `dim` at these indices (int64 or int32, one dim).
GRADUS_API Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index);
/// x with alpha * the i-th slice of `source` added to slice index[i] of `dim`.
GRADUS_API Tensor index_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                            const Scalar& alpha = 1);
GRADUS_API Tensor& index_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source,
                              const Scalar& alpha = 1);
/// x with the i-th slice of `source` at slice index[i] of `dim`.
GRADUS_API Tensor index_copy(const Tensor& x, int64_t dim, const Tensor& index,
                             const Tensor& source);
GRADUS_API Tensor& index_copy_(Tensor& self, int64_t dim, const Tensor& index,
                               const Tensor& source);
/// x with `value` in the slices index[i] of `dim`; a tensor must have one element.
GRADUS_API Tensor index_fill(const Tensor& x, int64_t dim, const Tensor& index,
                             const Scalar& value);
GRADUS_API Tensor index_fill(const Tensor& x, int64_t dim, const Tensor& index,
                             const Tensor& value);
GRADUS_API Tensor& index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value);
GRADUS_API Tensor& index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& value);

/// y[i][j][k] = x[i][index[i][j][k]][k] for dim 1, likewise for others. y has the shape of index,
/// which may be smaller than x at the other dims.
GRADUS_API Tensor gather(const Tensor& x, int64_t dim, const Tensor& index,
                         bool sparse_grad = false);
/// gather where x and indices broadcast at the other dims; without dim, of x as one dim.
GRADUS_API Tensor take_along_dim(const Tensor& x, const Tensor& indices,
                                 std::optional<int64_t> dim = std::nullopt);
/// x with y[i][index[i][j][k]][k] = src[i][j][k] for dim 1, likewise for others. index may be
/// smaller than src.
GRADUS_API Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src);
GRADUS_API Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value);
GRADUS_API Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src);
GRADUS_API Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value);
/// The same with +=.
GRADUS_API Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src);
GRADUS_API Tensor& scatter_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& index_select_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index);
GRADUS_API Tensor& gather_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                              bool sparse_grad = false);
GRADUS_API Tensor& take_along_dim_out(Tensor& out, const Tensor& x, const Tensor& indices,
                                      std::optional<int64_t> dim = std::nullopt);
GRADUS_API Tensor& index_add_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                                 const Tensor& source, const Scalar& alpha = 1);
GRADUS_API Tensor& index_copy_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                                  const Tensor& source);
GRADUS_API Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                               const Tensor& src);
GRADUS_API Tensor& scatter_add_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                                   const Tensor& src);

}  // namespace gradus
