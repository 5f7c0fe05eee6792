#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::functional {

/// Settings of multi_head_attention_forward.
struct GRADUS_API MultiheadAttentionForwardFuncOptions {
  MultiheadAttentionForwardFuncOptions(int64_t embed_dim_to_check, int64_t num_heads,
                                       Tensor in_proj_weight, Tensor in_proj_bias, Tensor bias_k,
                                       Tensor bias_v, bool add_zero_attn, double dropout_p,
                                       Tensor out_proj_weight, Tensor out_proj_bias);
  /// Features of the query.
  GRADUS_ARG(int64_t, embed_dim_to_check);
  /// Heads, which divide embed_dim_to_check.
  GRADUS_ARG(int64_t, num_heads);
  /// The projections of query, key and value, one below the other: [3 E, E].
  GRADUS_ARG(Tensor, in_proj_weight);
  /// Their biases, [3 E], or undefined.
  GRADUS_ARG(Tensor, in_proj_bias);
  /// One more key, [1, 1, E], and value, or undefined.
  GRADUS_ARG(Tensor, bias_k);
  GRADUS_ARG(Tensor, bias_v);
  /// Whether a key and a value of zeros are added.
  GRADUS_ARG(bool, add_zero_attn);
  /// Probability that an attention weight is zeroed in training.
  GRADUS_ARG(double, dropout_p);
  /// The last projection, [E, E], and its bias.
  GRADUS_ARG(Tensor, out_proj_weight);
  GRADUS_ARG(Tensor, out_proj_bias);
  /// Default: true
  GRADUS_ARG(bool, training) = true;
  /// [B, S]: of bool, where true hides a key, or numbers to add to its scores.
  GRADUS_ARG(Tensor, key_padding_mask) = Tensor();
  /// Whether the attention weights are returned. Default: true
  GRADUS_ARG(bool, need_weights) = true;
  /// [L, S] or [B * heads, L, S]: of bool, where true hides a key, or numbers to add to the scores.
  GRADUS_ARG(Tensor, attn_mask) = Tensor();
  /// Whether the three that follow take the place of in_proj_weight. Default: false
  GRADUS_ARG(bool, use_separate_proj_weight) = false;
  GRADUS_ARG(Tensor, q_proj_weight) = Tensor();
  GRADUS_ARG(Tensor, k_proj_weight) = Tensor();
  GRADUS_ARG(Tensor, v_proj_weight) = Tensor();
  /// Projected keys and values, [B * heads, S, E / heads], in the place of computed ones.
  GRADUS_ARG(Tensor, static_k) = Tensor();
  GRADUS_ARG(Tensor, static_v) = Tensor();
  /// Whether the weights are averaged over the heads. Default: true
  GRADUS_ARG(bool, average_attn_weights) = true;
};

/// See MultiheadAttention. (output [L, B, E], weights [B, L, S], [B, heads, L, S], or undefined.)
GRADUS_API std::tuple<Tensor, Tensor> multi_head_attention_forward(
    const Tensor& query, const Tensor& key, const Tensor& value,
    const MultiheadAttentionForwardFuncOptions& options);

/// See gradus::scaled_dot_product_attention.
GRADUS_API Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key,
                                               const Tensor& value, const Tensor& attn_mask = {},
                                               double dropout_p = 0.0, bool is_causal = false,
                                               std::optional<double> scale = std::nullopt,
                                               bool enable_gqa = false);

}  // namespace gradus::nn::functional
