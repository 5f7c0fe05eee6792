#include <string_view>

#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

enum class Interpolation : int8_t { Linear, Lower, Higher, Midpoint, Nearest };

Interpolation interpolation_of(const char* op, std::string_view name) {
  if (name == "linear") return Interpolation::Linear;
  if (name == "lower") return Interpolation::Lower;
  if (name == "higher") return Interpolation::Higher;
  if (name == "midpoint") return Interpolation::Midpoint;
  GRADUS_CHECK_VALUE(name == "nearest",
                     "{}: interpolation must be one of linear, lower, higher, midpoint or nearest, "
                     "got {}",
                     op, name);
  return Interpolation::Nearest;
}

void check_arguments(const char* op, const Tensor& x, const Tensor& q) {
  check_defined(op, x);
  GRADUS_CHECK_TYPE(x.dtype() == kFloat || x.dtype() == kDouble,
                    "{}: expected an input of dtype Float or Double, got {}", op, x.dtype());
  require_dense(op, "q", q);
  GRADUS_CHECK(q.dim() <= 1, "{}: q must have at most one dim, got shape {}", op, q.sizes());
  GRADUS_CHECK_TYPE(q.dtype() == x.dtype(), "{}: q must have the dtype of the input, {}, got {}",
                    op, x.dtype(), q.dtype());
  GRADUS_CHECK(x.numel() > 0, "{}: expected an input with elements, got shape {}", op, x.sizes());
  const Tensor in_range = logical_and(ge(q.detach(), 0), le(q.detach(), 1));
  GRADUS_CHECK_VALUE(all(in_range).item<bool>(), "{}: q must be in the range [0, 1]", op);
}

// The elements to be ranked as the last dim, sorted. Where `keepdim`, dim stays as 1.
Tensor sorted_last(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  if (!dim) return std::get<0>(sort(reshape(x, {-1})));
  if (x.dim() == 0) return reshape(x, {1});
  const Tensor rows =
      keepdim ? transpose(unsqueeze(x, -1), *dim, -1) : movedim(x, *dim, int64_t{-1});
  return std::get<0>(sort(rows));
}

Tensor quantile_of(const char* op, const Tensor& x, const Tensor& q, std::optional<int64_t> dim,
                   bool keepdim, std::string_view interpolation, bool ignore_nan) {
  if (autocast::is_on())
    return autocast::in_float32(quantile_of, op, x, q, dim, keepdim, interpolation, ignore_nan);
  const Interpolation between = interpolation_of(op, interpolation);
  check_arguments(op, x, q);
  if (dim) dim = wrap_dim(op, *dim, x.dim());

  const Tensor sorted = sorted_last(x, dim, keepdim);
  const Tensor is_nan = isnan(sorted.detach());
  // In double, as PyTorch: a float32 does not tell the ranks of many elements apart.
  const Tensor parts = reshape(q, {-1}).to(kDouble);
  Tensor ranks;  // [..., Q]
  if (ignore_nan) {
    const Tensor last = sub(sum(logical_not(is_nan), -1, /*keepdim=*/true), 1);
    ranks = clamp_min(mul(parts, last), 0);
  } else {
    // NaN is last in order.
    const int64_t last = sorted.size(-1) - 1;
    ranks = masked_fill(mul(parts, last), any(is_nan, -1, /*keepdim=*/true), last);
  }
  if (between == Interpolation::Lower) ranks = floor(ranks);
  if (between == Interpolation::Higher) ranks = ceil(ranks);
  if (between == Interpolation::Nearest) ranks = round(ranks);
  const Tensor below = ranks.detach().to(kLong);
  Tensor y = gather(sorted, -1, below);
  if (between == Interpolation::Linear || between == Interpolation::Midpoint) {
    const Tensor above = gather(sorted, -1, ceil(ranks.detach()).to(kLong));
    const Tensor weight =
        between == Interpolation::Linear ? sub(ranks, below) : full_like(ranks.detach(), 0.5);
    y = lerp(y, above, weight.to(x.dtype()));
  }
  y = q.dim() == 0 ? squeeze(y, -1) : movedim(y, int64_t{-1}, int64_t{0});
  if (keepdim && !dim) {
    DimVector sizes(static_cast<size_t>(x.dim()), 1);
    if (q.dim() == 1) sizes.insert(0, q.numel());
    y = reshape(y, sizes);
  }
  if (dim && x.dim() == 0 && q.dim() == 0) y = reshape(y, {});
  return y;
}

Tensor as_tensor(const char* op, const Tensor& x, double q) {
  check_defined(op, x);
  GRADUS_CHECK_VALUE(q >= 0 && q <= 1, "{}: q must be in the range [0, 1], got {}", op, q);
  return scalar_tensor(q, x.is_floating_point() ? x.dtype() : kFloat);
}

}  // namespace

Tensor quantile(const Tensor& x, const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  const OpScope scope("quantile");
  return quantile_of("quantile", x, q, dim, keepdim, interpolation, /*ignore_nan=*/false);
}

Tensor quantile(const Tensor& x, double q, std::optional<int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  const OpScope scope("quantile");
  return quantile(x, as_tensor("quantile", x, q), dim, keepdim, interpolation);
}

Tensor& quantile_out(Tensor& out, const Tensor& x, const Tensor& q, std::optional<int64_t> dim,
                     bool keepdim, std::string_view interpolation) {
  return compute_out("quantile_out", {x, q}, out,
                     [&] { return quantile(x, q, dim, keepdim, interpolation); });
}

Tensor nanquantile(const Tensor& x, const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  const OpScope scope("nanquantile");
  return quantile_of("nanquantile", x, q, dim, keepdim, interpolation, /*ignore_nan=*/true);
}

Tensor nanquantile(const Tensor& x, double q, std::optional<int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  const OpScope scope("nanquantile");
  return nanquantile(x, as_tensor("nanquantile", x, q), dim, keepdim, interpolation);
}

Tensor& nanquantile_out(Tensor& out, const Tensor& x, const Tensor& q, std::optional<int64_t> dim,
                        bool keepdim, std::string_view interpolation) {
  return compute_out("nanquantile_out", {x, q}, out,
                     [&] { return nanquantile(x, q, dim, keepdim, interpolation); });
}

// --- methods of Tensor

Tensor Tensor::quantile(const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                        std::string_view interpolation) const {
  return gradus::quantile(*this, q, dim, keepdim, interpolation);
}
Tensor Tensor::quantile(double q, std::optional<int64_t> dim, bool keepdim,
                        std::string_view interpolation) const {
  return gradus::quantile(*this, q, dim, keepdim, interpolation);
}
Tensor Tensor::nanquantile(const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                           std::string_view interpolation) const {
  return gradus::nanquantile(*this, q, dim, keepdim, interpolation);
}
Tensor Tensor::nanquantile(double q, std::optional<int64_t> dim, bool keepdim,
                           std::string_view interpolation) const {
  return gradus::nanquantile(*this, q, dim, keepdim, interpolation);
}

}  // namespace gradus
