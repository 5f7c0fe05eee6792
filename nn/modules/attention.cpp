#include "nn/modules/attention.h"

#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/shape.h"
#include "nn/functional/attention.h"
#include "nn/init.h"

namespace gradus::nn {

MultiheadAttentionImpl::MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads)
    : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}

MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& options)
    : Cloneable("gradus::nn::MultiheadAttention"), options(options) {
  MultiheadAttentionImpl::reset();
}

void MultiheadAttentionImpl::reset() {
  const int64_t e = options.embed_dim(), heads = options.num_heads();
  const int64_t kdim = options.kdim().value_or(e), vdim = options.vdim().value_or(e);
  GRADUS_CHECK_VALUE(e > 0 && heads > 0 && e % heads == 0,
                     "MultiheadAttention: embed_dim {} must be divisible by num_heads {}", e,
                     heads);
  GRADUS_CHECK_VALUE(kdim > 0 && vdim > 0,
                     "MultiheadAttention: kdim and vdim must be positive, got {} and {}", kdim,
                     vdim);
  checked_numel("MultiheadAttention", {3, e, e});
  _qkv_same_embed_dim = kdim == e && vdim == e;
  head_dim = e / heads;
  if (_qkv_same_embed_dim) {
    in_proj_weight = register_parameter("in_proj_weight", empty({3 * e, e}));
  } else {
    q_proj_weight = register_parameter("q_proj_weight", empty({e, e}));
    k_proj_weight = register_parameter("k_proj_weight", empty({e, kdim}));
    v_proj_weight = register_parameter("v_proj_weight", empty({e, vdim}));
  }
  in_proj_bias = register_parameter("in_proj_bias", options.bias() ? empty({3 * e}) : Tensor());
  out_proj = register_module("out_proj", Linear(LinearOptions(e, e).bias(options.bias())));
  bias_k = register_parameter("bias_k", options.add_bias_kv() ? empty({1, 1, e}) : Tensor());
  bias_v = register_parameter("bias_v", options.add_bias_kv() ? empty({1, 1, e}) : Tensor());
  _reset_parameters();
}

void MultiheadAttentionImpl::_reset_parameters() {
  for (const Tensor& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight}) {
    if (weight.defined()) init::xavier_uniform_(weight);
  }
  if (in_proj_bias.defined()) {
    init::zeros_(in_proj_bias);
    init::zeros_(out_proj->bias);
  }
  if (bias_k.defined()) init::xavier_normal_(bias_k);
  if (bias_v.defined()) init::xavier_normal_(bias_v);
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(
    const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& key_padding_mask,
    bool need_weights, const Tensor& attn_mask, bool average_attn_weights) {
  Tensor q = query, k = key, v = value;
  const bool batch_first = options.batch_first() && query.dim() == 3;
  if (batch_first && key.dim() == 3 && value.dim() == 3) {
    // Inputs that are one stay one.
    q = transpose(query, 0, 1);
    k = key.is_same(query) ? q : transpose(key, 0, 1);
    v = value.is_same(key) ? k : transpose(value, 0, 1);
  }
  auto [y, weights] = functional::multi_head_attention_forward(
      q, k, v,
      functional::MultiheadAttentionForwardFuncOptions(
          options.embed_dim(), options.num_heads(), in_proj_weight, in_proj_bias, bias_k, bias_v,
          options.add_zero_attn(), options.dropout(), out_proj->weight, out_proj->bias)
          .training(is_training())
          .key_padding_mask(key_padding_mask)
          .need_weights(need_weights)
          .attn_mask(attn_mask)
          .use_separate_proj_weight(!_qkv_same_embed_dim)
          .q_proj_weight(q_proj_weight)
          .k_proj_weight(k_proj_weight)
          .v_proj_weight(v_proj_weight)
          .average_attn_weights(average_attn_weights));
  return {batch_first ? transpose(y, 0, 1) : y, weights};
}

}  // namespace gradus::nn
