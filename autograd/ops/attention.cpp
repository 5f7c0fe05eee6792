#include "autograd/ops/attention.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/recompute.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/random.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/kernels/attention.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::AttentionSetting;

namespace {

constexpr const char* kOp = "scaled_dot_product_attention";
constexpr double kHidden = -std::numeric_limits<double>::infinity();

// By ops: what is differentiated twice, and where there is dropout or a mask to be trained.
Tensor composed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                double dropout_p, const AttentionSetting& setting) {
  Tensor scores = mul(matmul(q, mT(k)), setting.scale);
  if (mask.defined()) scores = scores + mask;
  if (setting.causal) {
    const Tensor visible = tril(ones({q.size(-2), k.size(-2)}, kBool));
    scores = masked_fill(scores, logical_not(visible), kHidden);
  }
  Tensor nothing;  // rows that see nothing
  if (mask.defined()) {
    NoGradGuard no_grad;
    nothing = all(eq(scores, Scalar(kHidden)), -1, /*keepdim=*/true);
    if (!any(nothing).item<bool>()) nothing = Tensor();
  }
  if (nothing.defined()) scores = masked_fill(scores, nothing, 0);
  Tensor p = softmax(scores, -1);
  if (nothing.defined()) p = masked_fill(p, nothing, 0);
  if (dropout_p > 0) p = dropout(p, dropout_p, /*train=*/true);
  return matmul(p, v);
}

// x, or a copy, such that the kernel can walk it: elements of a row side by side, rows apart.
Tensor with_dense_rows(const Tensor& x) {
  const bool dense =
      (x.size(-1) == 1 || x.stride(-1) == 1) && (x.size(-2) == 1 || x.stride(-2) >= x.size(-1));
  return dense && (x.size(-1) > 1 || x.stride(-1) == 1) ? x : x.contiguous();
}

// The mask as numbers to add, without history, expanded without a copy where that is possible.
Tensor expanded_mask(const Tensor& mask, IntArrayRef sizes) {
  if (!mask.defined()) return mask;
  NoGradGuard no_grad;
  Tensor y = mask.detach();
  if (y.dim() == 0 || y.size(-1) != sizes.back()) {
    DimVector row = to_dims(y.sizes());
    if (row.empty()) row.push_back(1);
    row.back() = sizes.back();
    y = expand(y, row);
  }
  if (y.stride(-1) != 1) y = y.contiguous();
  return expand(y, sizes);
}

Tensor fused(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
             const AttentionSetting& setting) {
  const OpScope scope(kOp);
  DimVector score_sizes = to_dims(q.sizes());
  score_sizes.back() = k.size(-2);
  Tensor o, log_sums;
  {
    NoGradGuard no_grad;
    std::tie(o, log_sums) =
        kernel::attention(with_dense_rows(q), with_dense_rows(k), with_dense_rows(v),
                          expanded_mask(mask, score_sizes), setting);
  }
  return record(kOp, {q, k, v}, o,
                [q = Saved(q), k = Saved(k), v = Saved(v), mask = Saved(mask), o = Saved(o),
                 log_sums = Saved(log_sums), setting,
                 score_sizes](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor query = q.get(), key = k.get(), value = v.get(), added = mask.get();
                  if (GradMode::is_enabled()) {
                    return recompute_gradients(
                        [&](const std::vector<Tensor>& x) {
                          return std::vector<Tensor>{composed(x[0], x[1], x[2], added, 0, setting)};
                        },
                        {query, key, value}, {dy}, needs);
                  }
                  kernel::AttentionGradients g = kernel::attention_backward(
                      with_dense_rows(dy), with_dense_rows(query), with_dense_rows(key),
                      with_dense_rows(value), expanded_mask(added, score_sizes), o.get(),
                      log_sums.get(), setting);
                  return {std::move(g.dq), std::move(g.dk), std::move(g.dv)};
                });
}

void check(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, double dropout_p,
           bool is_causal) {
  require_tensors(kOp, q, k, v);
  GRADUS_CHECK_TYPE(q.is_floating_point(), "{}: not implemented for {}", kOp, q.dtype());
  GRADUS_CHECK_TYPE(k.dtype() == q.dtype() && v.dtype() == q.dtype(),
                    "{}: expected query, key and value of one dtype, got {}, {} and {}", kOp,
                    q.dtype(), k.dtype(), v.dtype());
  GRADUS_CHECK(q.dim() >= 2 && k.dim() >= 2 && v.dim() >= 2,
               "{}: expected query, key and value of at least 2 dims, got {}, {} and {}", kOp,
               q.sizes(), k.sizes(), v.sizes());
  GRADUS_CHECK(q.size(-1) == k.size(-1),
               "{}: query {} and key {} differ in their last size ({} vs {})", kOp, q.sizes(),
               k.sizes(), q.size(-1), k.size(-1));
  GRADUS_CHECK(k.size(-2) == v.size(-2), "{}: key {} and value {} differ in length ({} vs {})", kOp,
               k.sizes(), v.sizes(), k.size(-2), v.size(-2));
  GRADUS_CHECK_VALUE(dropout_p >= 0 && dropout_p <= 1,
                     "{}: dropout_p has to be between 0 and 1, got {}", kOp, dropout_p);
  GRADUS_CHECK(!is_causal || !mask.defined(),
               "{}: attn_mask must not be given together with is_causal", kOp);
  GRADUS_CHECK_TYPE(!mask.defined() || mask.dtype() == kBool || mask.dtype() == q.dtype(),
                    "{}: expected attn_mask of dtype Bool or {}, got {}", kOp, q.dtype(),
                    mask.dtype());
}

// Each head of x as often as it takes to make `heads`.
Tensor repeated_heads(const Tensor& x, int64_t heads) {
  GRADUS_CHECK(x.dim() >= 3 && x.size(-3) > 0 && heads % x.size(-3) == 0,
               "{}: {} heads of the query are not a multiple of those of key or value {}", kOp,
               heads, x.sizes());
  return heads == x.size(-3) ? x : repeat_interleave(x, heads / x.size(-3), -3);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& attn_mask, double dropout_p, bool is_causal,
                                    std::optional<double> scale, bool enable_gqa) {
  if (autocast::is_on())
    return autocast::lower_precision(scaled_dot_product_attention, query, key, value, attn_mask,
                                     dropout_p, is_causal, scale, enable_gqa);
  check(query, key, value, attn_mask, dropout_p, is_causal);
  if (query.dtype() == kHalf || query.dtype() == kBFloat16) {
    // Sums and exponentials in float32.
    const Tensor mask =
        attn_mask.defined() && attn_mask.is_floating_point() ? to(attn_mask, kFloat) : attn_mask;
    return to(scaled_dot_product_attention(to(query, kFloat), to(key, kFloat), to(value, kFloat),
                                           mask, dropout_p, is_causal, scale, enable_gqa),
              query.dtype());
  }
  Tensor q = query, k = key, v = value;
  if (enable_gqa) {
    GRADUS_CHECK(q.dim() >= 3, "{}: enable_gqa expects heads in the dim -3, got query {}", kOp,
                 q.sizes());
    k = repeated_heads(k, q.size(-3));
    v = repeated_heads(v, q.size(-3));
  }
  const auto leading = [](const Tensor& x) { return x.sizes().slice(0, x.sizes().size() - 2); };
  const DimVector batch =
      broadcast_sizes(kOp, broadcast_sizes(kOp, leading(q), leading(k)), leading(v));
  const auto with_batch = [&](const Tensor& x) {
    if (leading(x) == IntArrayRef(batch)) return x;
    DimVector sizes = batch;
    sizes.push_back(x.size(-2));
    sizes.push_back(x.size(-1));
    return expand(x, sizes);
  };
  q = with_batch(q);
  k = with_batch(k);
  v = with_batch(v);

  Tensor mask = attn_mask;
  if (mask.defined()) {
    DimVector sizes = batch;
    sizes.push_back(q.size(-2));
    sizes.push_back(k.size(-2));
    GRADUS_CHECK(is_expandable_to(mask.sizes(), sizes),
                 "{}: attn_mask {} does not broadcast to the scores {}", kOp, mask.sizes(),
                 IntArrayRef(sizes));
    if (mask.dtype() == kBool) {
      mask = masked_fill(zeros(mask.sizes(), q.dtype()), logical_not(mask), kHidden);
    }
  }
  AttentionSetting setting;
  setting.scale = scale.value_or(1 / std::sqrt(static_cast<double>(q.size(-1))));
  setting.causal = is_causal;
  const bool empty = q.numel() == 0 || k.numel() == 0 || v.numel() == 0;
  if (dropout_p > 0 || empty || records({mask})) {
    return composed(q, k, v, mask, dropout_p, setting);
  }
  return fused(q, k, v, mask, setting);
}

}  // namespace gradus
