#include "autograd/ops/series.h"

#include <algorithm>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/join.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor diff(const Tensor& x, int64_t n, int64_t dim, const Tensor& prepend, const Tensor& append) {
  const OpScope scope("diff");
  require_tensors("diff", x);
  GRADUS_CHECK(x.dim() > 0, "diff: x must have a dim at least");
  GRADUS_CHECK_VALUE(n >= 0, "diff: n must not be negative, got {}", n);
  const int64_t d = wrap_dim("diff", dim, x.dim());
  Tensor y = x;
  if (prepend.defined() || append.defined()) {
    std::vector<Tensor> parts;
    for (const Tensor& part : {prepend, x, append}) {
      if (part.defined()) parts.push_back(part);
    }
    y = named("diff", [&] { return cat(parts, d); });
  }
  if (n == 0) return y.clone();
  const int64_t times = std::min(n, y.sizes()[d]);
  for (int64_t i = 0; i < times; ++i) {
    const int64_t pairs = y.sizes()[d] - 1;
    const Tensor later = y.narrow(d, 1, pairs), earlier = y.narrow(d, 0, pairs);
    y = y.dtype() == kBool ? logical_xor(later, earlier) : later - earlier;
  }
  return times == 0 ? y.clone() : y;
}

namespace {

void check_weights(const char* argument, const Tensor& weights, int64_t observations) {
  GRADUS_CHECK(weights.dim() <= 1, "cov: {} must have one dim, got shape {}", argument,
               weights.sizes());
  GRADUS_CHECK(weights.numel() == observations, "cov: {} {} for {} observations", weights.numel(),
               argument, observations);
  GRADUS_CHECK_VALUE(weights.numel() == 0 || weights.min().item().toDouble() >= 0,
                     "cov: {} must not be negative", argument);
}

}  // namespace

Tensor cov(const Tensor& x, int64_t correction, const Tensor& fweights, const Tensor& aweights) {
  const OpScope scope("cov");
  require_tensors("cov", x);
  GRADUS_CHECK(x.dim() <= 2, "cov: x must have two dims at most, got shape {}", x.sizes());
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "cov: x must not be Bool");
  const Tensor rows = x.dim() < 2 ? x.reshape({1, -1}) : x;
  const int64_t observations = rows.sizes()[1];
  Tensor weights;
  if (fweights.defined()) {
    refuse_sparse("cov", "fweights", fweights);
    GRADUS_CHECK_TYPE(!fweights.is_floating_point() && fweights.dtype() != kBool,
                      "cov: fweights must be integers, got {}", fweights.dtype());
    check_weights("fweights", fweights, observations);
    weights = fweights;
  }
  if (aweights.defined()) {
    refuse_sparse("cov", "aweights", aweights);
    GRADUS_CHECK_TYPE(aweights.is_floating_point(),
                      "cov: aweights must be floating-point numbers, got {}", aweights.dtype());
    check_weights("aweights", aweights, observations);
    weights = fweights.defined() ? fweights * aweights : aweights;
  }
  const ScalarType dtype = x.is_floating_point() ? x.dtype() : get_default_dtype();
  Tensor total = scalar_tensor(observations, dtype);
  if (weights.defined()) {
    weights = weights.reshape({-1});
    total = weights.sum().to(dtype);
    GRADUS_CHECK_VALUE(observations == 0 || total.item().toDouble() != 0,
                       "cov: the weights add up to 0");
  }
  const Tensor sum =
      weights.defined() ? (rows * weights).sum(1, /*keepdim=*/true) : rows.sum(1, /*keepdim=*/true);
  const Tensor deviation = rows - sum / total;
  Tensor freedom = total - correction;
  if (aweights.defined() && correction != 0) {
    freedom = total - (weights * aweights.reshape({-1})).sum() / total * correction;
  }
  // As PyTorch: no less than 0, so that too few observations make infinities and NaN.
  freedom = freedom.clamp_min(0);
  const Tensor weighted = weights.defined() ? deviation * weights : deviation;
  return (matmul(deviation, weighted.t()) / freedom).squeeze();
}

Tensor corrcoef(const Tensor& x) {
  const OpScope scope("corrcoef");
  require_tensors("corrcoef", x);
  GRADUS_CHECK(x.dim() <= 2, "corrcoef: x must have two dims at most, got shape {}", x.sizes());
  const Tensor c = named("corrcoef", [&] { return cov(x); });
  if (c.dim() == 0) return c / c;
  const Tensor deviation = c.diagonal().sqrt();
  return (c / deviation.unsqueeze(1) / deviation.unsqueeze(0)).clamp(-1, 1);
}

Tensor Tensor::diff(int64_t n, int64_t dim, const Tensor& prepend, const Tensor& append) const {
  return gradus::diff(*this, n, dim, prepend, append);
}

Tensor Tensor::cov(int64_t correction, const Tensor& fweights, const Tensor& aweights) const {
  return gradus::cov(*this, correction, fweights, aweights);
}

}  // namespace gradus
