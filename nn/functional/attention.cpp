#include "nn/functional/attention.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "autograd/ops/attention.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/join.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/random.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"

namespace gradus::nn::functional {

using Options = MultiheadAttentionForwardFuncOptions;

namespace {

constexpr const char* kOp = "multi_head_attention_forward";

// A mask as numbers to add to scores: bool ones hide where they are true.
Tensor as_addend(const char* what, const Tensor& mask, ScalarType dtype) {
  if (!mask.defined()) return mask;
  if (mask.dtype() == kBool || mask.dtype() == kByte) {
    return masked_fill(zeros(mask.sizes(), dtype), mask.to(kBool),
                       -std::numeric_limits<double>::infinity());
  }
  GRADUS_CHECK_TYPE(mask.is_floating_point(),
                    "{}: expected {} of dtype Bool or a floating-point "
                    "dtype, got {}",
                    kOp, what, mask.dtype());
  return mask.to(dtype);
}

// Query, key and value after their projections, [L, B, E] and [S, B, E].
std::vector<Tensor> projected(const Tensor& query, const Tensor& key, const Tensor& value,
                              const Options& o) {
  const Tensor& bias = o.in_proj_bias();
  if (o.use_separate_proj_weight()) {
    std::vector<Tensor> biases(3);
    if (bias.defined()) biases = chunk(bias, 3, 0);
    GRADUS_CHECK(
        o.q_proj_weight().defined() && o.k_proj_weight().defined() && o.v_proj_weight().defined(),
        "{}: use_separate_proj_weight asks for q_proj_weight, k_proj_weight and "
        "v_proj_weight",
        kOp);
    return {linear(query, o.q_proj_weight(), biases[0]), linear(key, o.k_proj_weight(), biases[1]),
            linear(value, o.v_proj_weight(), biases[2])};
  }
  const int64_t e = o.embed_dim_to_check();
  const Tensor& weight = o.in_proj_weight();
  GRADUS_CHECK(weight.defined() && weight.dim() == 2 && weight.size(0) == 3 * e,
               "{}: expected in_proj_weight of {} rows, got {}", kOp, 3 * e,
               weight.defined() ? to_string(weight.sizes()) : "undefined");
  // One product for what shares its input.
  const auto product = [&](const Tensor& x, int64_t first, int64_t count) {
    const Tensor w = count == 3 ? weight : narrow(weight, 0, first * e, count * e);
    const Tensor b = !bias.defined() || count == 3 ? bias : narrow(bias, 0, first * e, count * e);
    return chunk(linear(x, w, b), count, -1);
  };
  if (key.is_same(value)) {
    if (query.is_same(key)) return product(query, 0, 3);
    std::vector<Tensor> both = product(key, 1, 2);
    return {product(query, 0, 1)[0], both[0], both[1]};
  }
  return {product(query, 0, 1)[0], product(key, 1, 1)[0], product(value, 2, 1)[0]};
}

// [L, B, E] as [B, heads, L, E / heads].
Tensor split_heads(const Tensor& x, int64_t heads) {
  return permute(reshape(x, {x.size(0), x.size(1), heads, -1}), {1, 2, 0, 3});
}

// A static key or value, [B * heads, S, E / heads], as [B, heads, S, E / heads].
Tensor as_heads(const char* what, const Tensor& x, int64_t batch, int64_t heads, int64_t head_dim) {
  GRADUS_CHECK(x.dim() == 3 && x.size(0) == batch * heads && x.size(2) == head_dim,
               "{}: expected {} of shape [{}, S, {}], got {}", kOp, what, batch * heads, head_dim,
               x.sizes());
  return reshape(x, {batch, heads, x.size(1), head_dim});
}

// x with one more column: zero, which hides nothing.
Tensor with_column(const Tensor& x) {
  if (!x.defined()) return x;
  DimVector sizes = to_dims(x.sizes());
  sizes.back() = 1;
  return cat({x, zeros(sizes, x.options())}, -1);
}

// The sum of both masks, broadcast to [B, heads, L, S]; undefined where there is none.
Tensor joined_mask(Tensor mask, const Tensor& padding, int64_t batch, int64_t heads) {
  if (mask.defined() && mask.dim() == 3) {
    mask = reshape(mask, {batch, heads, mask.size(1), mask.size(2)});
  }
  if (!padding.defined()) return mask;
  const Tensor hidden = reshape(padding, {batch, 1, 1, padding.size(1)});
  return mask.defined() ? mask + hidden : hidden;
}

}  // namespace

Options::MultiheadAttentionForwardFuncOptions(int64_t embed_dim_to_check, int64_t num_heads,
                                              Tensor in_proj_weight, Tensor in_proj_bias,
                                              Tensor bias_k, Tensor bias_v, bool add_zero_attn,
                                              double dropout_p, Tensor out_proj_weight,
                                              Tensor out_proj_bias)
    : embed_dim_to_check_(embed_dim_to_check),
      num_heads_(num_heads),
      in_proj_weight_(std::move(in_proj_weight)),
      in_proj_bias_(std::move(in_proj_bias)),
      bias_k_(std::move(bias_k)),
      bias_v_(std::move(bias_v)),
      add_zero_attn_(add_zero_attn),
      dropout_p_(dropout_p),
      out_proj_weight_(std::move(out_proj_weight)),
      out_proj_bias_(std::move(out_proj_bias)) {}

std::tuple<Tensor, Tensor> multi_head_attention_forward(const Tensor& query, const Tensor& key,
                                                        const Tensor& value, const Options& o) {
  GRADUS_CHECK(query.defined() && key.defined() && value.defined(),
               "{}: query, key or value is undefined", kOp);
  GRADUS_CHECK((query.dim() == 3 || query.dim() == 2) && key.dim() == query.dim() &&
                   value.dim() == query.dim(),
               "{}: expected query, key and value of 3 dims, or 2 without a batch, got {}, {} and "
               "{}",
               kOp, query.sizes(), key.sizes(), value.sizes());
  if (query.dim() == 2) {
    const bool one = key.is_same(value), all_one = one && query.is_same(key);
    const Tensor q = unsqueeze(query, 1), k = all_one ? q : unsqueeze(key, 1),
                 v = one ? k : unsqueeze(value, 1);
    Options with_batch = o;
    if (o.key_padding_mask().defined()) {
      with_batch.key_padding_mask(unsqueeze(o.key_padding_mask(), 0));
    }
    auto [y, weights] = multi_head_attention_forward(q, k, v, with_batch);
    return {squeeze(y, 1), weights.defined() ? squeeze(weights, 0) : weights};
  }
  const int64_t length = query.size(0), batch = query.size(1), e = o.embed_dim_to_check();
  const int64_t heads = o.num_heads();
  GRADUS_CHECK(query.size(2) == e, "{}: was expecting embedding dimension of {}, got query {}", kOp,
               e, query.sizes());
  GRADUS_CHECK_VALUE(heads > 0 && e % heads == 0, "{}: embed_dim {} not divisible by num_heads {}",
                     kOp, e, heads);
  GRADUS_CHECK(key.size(0) == value.size(0) && key.size(1) == batch && value.size(1) == batch,
               "{}: key {} and value {} do not fit each other or the query {}", kOp, key.sizes(),
               value.sizes(), query.sizes());
  const int64_t head_dim = e / heads;
  Tensor mask = as_addend("attn_mask", o.attn_mask(), query.dtype());
  Tensor padding = as_addend("key_padding_mask", o.key_padding_mask(), query.dtype());

  std::vector<Tensor> qkv = projected(query, key, value, o);
  if (o.bias_k().defined() || o.bias_v().defined()) {
    GRADUS_CHECK(o.bias_k().defined() && o.bias_v().defined() && !o.static_k().defined() &&
                     !o.static_v().defined(),
                 "{}: bias_k and bias_v come together, and not with static_k or static_v", kOp);
    qkv[1] = cat({qkv[1], expand(o.bias_k(), {1, batch, e})}, 0);
    qkv[2] = cat({qkv[2], expand(o.bias_v(), {1, batch, e})}, 0);
    mask = with_column(mask);
    padding = with_column(padding);
  }
  Tensor q = split_heads(qkv[0], heads);
  Tensor k = o.static_k().defined() ? as_heads("static_k", o.static_k(), batch, heads, head_dim)
                                    : split_heads(qkv[1], heads);
  Tensor v = o.static_v().defined() ? as_heads("static_v", o.static_v(), batch, heads, head_dim)
                                    : split_heads(qkv[2], heads);
  if (o.add_zero_attn()) {
    const Tensor zero = zeros({batch, heads, 1, head_dim}, k.options());
    k = cat({k, zero}, 2);
    v = cat({v, zero}, 2);
    mask = with_column(mask);
    padding = with_column(padding);
  }
  const int64_t keys = k.size(2);
  if (mask.defined()) {
    const DimVector flat{length, keys}, each{batch * heads, length, keys};
    GRADUS_CHECK(mask.sizes() == IntArrayRef(flat) || mask.sizes() == IntArrayRef(each),
                 "{}: expected attn_mask of shape {} or {}, got {}", kOp, IntArrayRef(flat),
                 IntArrayRef(each), o.attn_mask().sizes());
  }
  if (padding.defined()) {
    GRADUS_CHECK(padding.sizes() == IntArrayRef(DimVector{batch, keys}),
                 "{}: expected key_padding_mask of shape [{}, {}], got {}", kOp, batch, key.size(0),
                 o.key_padding_mask().sizes());
  }
  mask = joined_mask(mask, padding, batch, heads);
  const double dropout_p = o.training() ? o.dropout_p() : 0.0;

  Tensor y, weights;
  if (o.need_weights()) {
    Tensor scores = matmul(mul(q, 1 / std::sqrt(static_cast<double>(head_dim))), mT(k));
    if (mask.defined()) scores = scores + mask;
    weights = softmax(scores, -1);
    if (dropout_p > 0) weights = dropout(weights, dropout_p, /*train=*/true);
    y = matmul(weights, v);
    if (o.average_attn_weights()) weights = mean(weights, 1);
  } else {
    y = gradus::scaled_dot_product_attention(q, k, v, mask, dropout_p);
  }
  y = reshape(permute(y, {2, 0, 1, 3}), {length, batch, e});
  return {linear(y, o.out_proj_weight(), o.out_proj_bias()), weights};
}

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& attn_mask, double dropout_p, bool is_causal,
                                    std::optional<double> scale, bool enable_gqa) {
  return gradus::scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal,
                                              scale, enable_gqa);
}

}  // namespace gradus::nn::functional
