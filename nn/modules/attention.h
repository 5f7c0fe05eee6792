#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/any_module.h"
#include "nn/modules/linear.h"

namespace gradus::nn {

/// Settings of MultiheadAttention.
struct GRADUS_API MultiheadAttentionOptions {
  MultiheadAttentionOptions(int64_t embed_dim, int64_t num_heads)
      : embed_dim_(embed_dim), num_heads_(num_heads) {}
  /// Features of query and output.
  GRADUS_ARG(int64_t, embed_dim);
  /// Heads, which divide embed_dim.
  GRADUS_ARG(int64_t, num_heads);
  /// Probability that an attention weight is zeroed in training. Default: 0
  GRADUS_ARG(double, dropout) = 0.0;
  /// Whether the projections have biases. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// Whether a trained key and value are added. Default: false
  GRADUS_ARG(bool, add_bias_kv) = false;
  /// Whether a key and a value of zeros are added. Default: false
  GRADUS_ARG(bool, add_zero_attn) = false;
  /// Features of the key. Default: embed_dim
  GRADUS_ARG(std::optional<int64_t>, kdim) = std::nullopt;
  /// Features of the value. Default: embed_dim
  GRADUS_ARG(std::optional<int64_t>, vdim) = std::nullopt;
  /// Whether inputs and output are [B, L, E] instead of [L, B, E]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
};

/// Attention of several heads: each has a part of the features of the projected query, key and
/// value, computes softmax(q k^T / sqrt(E / heads)) v, and what all have computed is projected
/// again. Vaswani et al. 2017.
///
/// query is [L, B, E], key [S, B, kdim], value [S, B, vdim], or without B. in_proj_weight [3 E, E]
/// (or, where kdim or vdim differ, q_proj_weight, k_proj_weight and v_proj_weight) starts by
/// Glorot's rule, biases at 0.
class GRADUS_API MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
 public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads);
  /// @throws ValueError unless num_heads divides embed_dim
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& options);
  void reset() override;
  void _reset_parameters();
  /// (output [L, B, E], weights [B, L, S]), the latter [B, heads, L, S] unless averaged, and
  /// undefined unless needed, which is faster.
  /// @param key_padding_mask  [B, S]: true hides a key; or numbers to add
  /// @param attn_mask         [L, S] or [B * heads, L, S]: true hides a key; or numbers to add
  std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                     const Tensor& key_padding_mask = {}, bool need_weights = true,
                                     const Tensor& attn_mask = {},
                                     bool average_attn_weights = true);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({3, AnyValue(Tensor())}, {4, AnyValue(true)},
                                  {5, AnyValue(Tensor())}, {6, AnyValue(true)})

  MultiheadAttentionOptions options;
  bool _qkv_same_embed_dim = true;
  int64_t head_dim = 0;
  Tensor in_proj_weight, in_proj_bias;
  Linear out_proj = nullptr;
  Tensor bias_k, bias_v;
  Tensor q_proj_weight, k_proj_weight, v_proj_weight;
};
GRADUS_MODULE(MultiheadAttention);

}  // namespace gradus::nn
