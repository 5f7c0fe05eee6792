#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "core/tensor.h"

namespace gradus {

/// Sums, means or maxima of rows of `weight` [V, D], bag by bag: [B, D]; 0 for an empty bag.
///
/// @param indices  [n]; bag b has those from offsets[b] to offsets[b + 1], the last one the rest.
///                 Or [B, n], a bag in each row, without offsets
/// @param offsets  [B], from 0, not descending
/// @param mode     0: sum, 1: mean, 2: max
/// @param per_sample_weights   factor of each index, of their shape; only for sums
/// @param include_last_offset  offsets has one more element, the end of the last bag
/// @param padding_idx          index that counts nothing, -1 the last one; default: none
/// @return (the bags, the bag of each index, the size of each bag without padding, for maxima the
///         row of each element else the sizes again)
/// @param sparse  give weight a row-sparse gradient (see sparse_coo_tensor); not for maxima
/// @throws IndexError for an index outside [0, V) or a padding_idx outside [-V, V), ValueError for
/// offsets that do not fit and sparse maxima, NotImplementedError for sparse with
/// scale_grad_by_freq
GRADUS_API std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(
    const Tensor& weight, const Tensor& indices, const Tensor& offsets,
    bool scale_grad_by_freq = false, int64_t mode = 0, bool sparse = false,
    const Tensor& per_sample_weights = {}, bool include_last_offset = false,
    std::optional<int64_t> padding_idx = std::nullopt);

/// Scales the rows of self that stand in `indices` and whose norm is above max_norm to that norm.
/// @throws ValueError for max_norm or norm_type <= 0
GRADUS_API Tensor& embedding_renorm_(Tensor& self, const Tensor& indices, double max_norm,
                                     double norm_type);

}  // namespace gradus
