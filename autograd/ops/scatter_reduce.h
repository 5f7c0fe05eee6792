#pragma once

#include <cstdint>
#include <string_view>

#include "core/tensor.h"

namespace gradus {

/// x with what `src` sends to each place, as scatter does, combined by `reduce`: "sum", "prod",
/// "mean", "amax" or "amin". Unless include_self, the elements of x at these places do not count.
/// The gradient of a maximum goes to all that equal it, in equal parts.
GRADUS_API Tensor scatter_reduce(const Tensor& x, int64_t dim, const Tensor& index,
                                 const Tensor& src, std::string_view reduce,
                                 bool include_self = true);
GRADUS_API Tensor& scatter_reduce_(Tensor& self, int64_t dim, const Tensor& index,
                                   const Tensor& src, std::string_view reduce,
                                   bool include_self = true);

/// x with the slices of `source` along dim combined into those of x at `index` [n] by `reduce`:
/// "prod", "mean", "amax" or "amin". Unless include_self, those of x do not count. Gradients as
/// those of scatter_reduce.
/// @param source  n along dim, otherwise of the sizes of x
/// @throws ValueError for another reduce, IndexError for an index out of range
GRADUS_API Tensor index_reduce(const Tensor& x, int64_t dim, const Tensor& index,
                               const Tensor& source, std::string_view reduce,
                               bool include_self = true);
GRADUS_API Tensor& index_reduce_(Tensor& self, int64_t dim, const Tensor& index,
                                 const Tensor& source, std::string_view reduce,
                                 bool include_self = true);

/// scatter with what it writes combined with what was there: `reduce` is "add" or "multiply".
/// @throws ValueError for another
GRADUS_API Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src,
                          std::string_view reduce);
GRADUS_API Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value,
                          std::string_view reduce);
GRADUS_API Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src,
                            std::string_view reduce);
GRADUS_API Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value,
                            std::string_view reduce);

}  // namespace gradus
