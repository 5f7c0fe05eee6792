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

constexpr const char* kGradient = "gradient";

// The dims to differentiate along.
DimVector gradient_dims(const Tensor& x, IntArrayRef dim, int64_t edge_order) {
  require_tensors(kGradient, x);
  GRADUS_CHECK_TYPE(x.dtype() != kByte && x.dtype() != kBool, "gradient: not implemented for {}",
                    x.dtype());
  GRADUS_CHECK_VALUE(edge_order == 1 || edge_order == 2,
                     "gradient: edge_order must be 1 or 2, got {}", edge_order);
  const DimVector dims = wrap_dims(kGradient, dim, x.dim());
  for (const int64_t d : dims) {
    const int64_t n = x.dim() == 0 ? 1 : x.size(d);
    GRADUS_CHECK(n > edge_order,
                 "gradient: dim {} has {} elements, expected {} at least (shape {})", d, n,
                 edge_order + 1, x.sizes());
  }
  return dims;
}

// Elements i, i + 1, ... of x along dim, all but the last `rest`.
Tensor from(const Tensor& x, int64_t dim, int64_t i, int64_t rest) {
  return x.narrow(dim, i, x.size(dim) - i - rest);
}

// Neighbours are `h` apart.
Tensor even_gradient(const Tensor& x, int64_t d, const Scalar& h, int64_t edge_order) {
  const auto at = [&](int64_t i) { return x.narrow(d, i < 0 ? x.size(d) + i : i, 1); };
  const double step = h.toDouble();
  const Tensor inner = (from(x, d, 2, 0) - from(x, d, 0, 2)) / (2 * step);
  if (edge_order == 1) return cat({(at(1) - at(0)) / step, inner, (at(-1) - at(-2)) / step}, d);
  const Tensor first = (at(0) * -1.5 + at(1) * 2 - at(2) * 0.5) / step;
  const Tensor last = (at(-1) * 1.5 - at(-2) * 2 + at(-3) * 0.5) / step;
  return cat({first, inner, last}, d);
}

// Neighbours lie at the places `t` [n].
Tensor uneven_gradient(const Tensor& x, int64_t d, const Tensor& t, int64_t edge_order) {
  require_tensors(kGradient, t);
  GRADUS_CHECK(t.dim() == 1 && t.size(0) == x.size(d),
               "gradient: expected coordinates of shape [{}] for dim {}, got {}", x.size(d), d,
               t.sizes());
  DimVector along(static_cast<size_t>(x.dim()), 1);
  along[d] = -1;
  const Tensor h = (from(t, 0, 1, 0) - from(t, 0, 0, 1)).reshape(along);
  const auto at = [&](const Tensor& y, int64_t i) {
    return y.narrow(d, i < 0 ? y.size(d) + i : i, 1);
  };
  // The parabola through three neighbours, h1 and h2 apart, differentiated in the middle.
  const Tensor h1 = from(h, d, 0, 1), h2 = from(h, d, 1, 0), both = h1 + h2;
  const Tensor inner = from(x, d, 2, 0) * (h1 / (h2 * both)) +
                       from(x, d, 1, 1) * ((h2 - h1) / (h1 * h2)) -
                       from(x, d, 0, 2) * (h2 / (h1 * both));
  if (edge_order == 1) {
    return cat({(at(x, 1) - at(x, 0)) / at(h, 0), inner, (at(x, -1) - at(x, -2)) / at(h, -1)}, d);
  }
  // The same parabola at its ends: p is one step from the end, q the next.
  const auto end = [&](const Tensor& x0, const Tensor& x1, const Tensor& x2, const Tensor& p,
                       const Tensor& q) {
    return x1 * ((p + q) / (p * q)) - x0 * ((p * 2 + q) / (p * (p + q))) - x2 * (p / (q * (p + q)));
  };
  const Tensor first = end(at(x, 0), at(x, 1), at(x, 2), at(h, 0), at(h, 1));
  const Tensor last = -end(at(x, -1), at(x, -2), at(x, -3), at(h, -1), at(h, -2));
  return cat({first, inner, last}, d);
}

// along(i, dims[i]) for all i.
template <class Along>
std::vector<Tensor> gradients(const DimVector& dims, size_t spacings, Along along) {
  GRADUS_CHECK(spacings == dims.size(), "gradient: {} spacings were given for {} dims", spacings,
               dims.size());
  return named(kGradient, [&] {
    std::vector<Tensor> ys;
    for (size_t i = 0; i < dims.size(); ++i) ys.push_back(along(i, dims[i]));
    return ys;
  });
}

}  // namespace

std::vector<Tensor> gradient(const Tensor& x, const Scalar& spacing, IntArrayRef dim,
                             int64_t edge_order) {
  const DimVector dims = gradient_dims(x, dim, edge_order);
  return gradients(dims, dims.size(),
                   [&](size_t, int64_t d) { return even_gradient(x, d, spacing, edge_order); });
}

std::vector<Tensor> gradient(const Tensor& x, ArrayRef<Scalar> spacing, IntArrayRef dim,
                             int64_t edge_order) {
  return gradients(gradient_dims(x, dim, edge_order), spacing.size(), [&](size_t i, int64_t d) {
    return even_gradient(x, d, spacing[i], edge_order);
  });
}

std::vector<Tensor> gradient(const Tensor& x, TensorList spacing, IntArrayRef dim,
                             int64_t edge_order) {
  return gradients(gradient_dims(x, dim, edge_order), spacing.size(), [&](size_t i, int64_t d) {
    return uneven_gradient(x, d, spacing[i], edge_order);
  });
}

std::vector<Tensor> gradient(const Tensor& x, IntArrayRef dim, int64_t edge_order) {
  return gradient(x, Scalar(1), dim, edge_order);
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
