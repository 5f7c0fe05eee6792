#pragma once

#include <optional>

#include "core/tensor.h"

namespace gradus {

/// softmax(scale q k^T + mask) v, for q [..., L, E], k [..., S, E] and v [..., S, V], whose leading
/// dims broadcast: [..., L, V]. The matrix of scores is made and used in blocks and never whole in
/// memory, in backward too. Vaswani et al. 2017; Dao et al. 2022.
/// @param attn_mask   broadcast to [..., L, S]: of bool, where false hides a column from a row, or
/// of the dtype of q, added to the scores. A row that sees nothing gives zeros
/// @param dropout_p   probability that an attention weight is zeroed, also in evaluation; then the
/// weights are kept for backward
/// @param is_causal   row i sees columns 0 .. i; not together with attn_mask
/// @param scale       default: 1 / sqrt(E)
/// @param enable_gqa  k and v have fewer heads (the dim -3), each of which serves several of q
/// @throws Error for shapes that do not fit, TypeError for dtypes, ValueError for dropout_p outside
/// [0, 1]
GRADUS_API Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key,
                                               const Tensor& value, const Tensor& attn_mask = {},
                                               double dropout_p = 0.0, bool is_causal = false,
                                               std::optional<double> scale = std::nullopt,
                                               bool enable_gqa = false);

}  // namespace gradus
