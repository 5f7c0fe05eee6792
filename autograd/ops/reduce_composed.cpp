// Norms of differences and slices, and integrals: compositions of other reductions.

#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor dist(const Tensor& x, const Tensor& other, const Scalar& p) {
  const OpScope scope("dist");
  require_tensors("dist", x, other);
  broadcast_sizes("dist", x.sizes(), other.sizes());
  GRADUS_CHECK_TYPE(x.is_floating_point() || other.is_floating_point(),
                    "dist: expected floating-point inputs, got {} and {}", x.dtype(),
                    other.dtype());
  return norm(sub(x, other), p);
}

Tensor renorm(const Tensor& x, const Scalar& p, int64_t dim, const Scalar& maxnorm) {
  const OpScope scope("renorm");
  check_defined("renorm", x);
  check_floating("renorm", x);
  GRADUS_CHECK(x.dim() >= 2, "renorm: expected at least 2 dims, got {}", x.sizes());
  GRADUS_CHECK_VALUE(p.toDouble() > 0, "renorm: p must be positive, got {}", p.toDouble());
  GRADUS_CHECK_VALUE(maxnorm.toDouble() >= 0, "renorm: maxnorm must not be negative, got {}",
                     maxnorm.toDouble());
  dim = wrap_dim("renorm", dim, x.dim());
  if (x.numel() == 0) return mul(x, 1);
  DimVector others;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (d != dim) others.push_back(d);
  }
  const Tensor length = norm(x, p, others, /*keepdim=*/true);
  // As PyTorch, which keeps the quotient finite.
  const Tensor scale = div(maxnorm, add(length, 1e-7));
  return mul(x, where(gt(length.detach(), maxnorm), scale, 1));
}

Tensor norm_except_dim(const Tensor& v, int64_t pow, int64_t dim) {
  require_tensors("norm_except_dim", v);
  return named("norm_except_dim", [&] {
    if (dim == -1) return norm(v, pow);
    DimVector others;
    for (int64_t d = 0; d < v.dim(); ++d) {
      if (d != wrap_dim("norm_except_dim", dim, v.dim())) others.push_back(d);
    }
    if (others.empty()) return norm(unsqueeze(v, -1), Scalar(pow), -1);
    return norm(v, Scalar(pow), others, /*keepdim=*/true);
  });
}

Tensor& renorm_out(Tensor& out, const Tensor& x, const Scalar& p, int64_t dim,
                   const Scalar& maxnorm) {
  return compute_out("renorm_out", {x}, out, [&] { return renorm(x, p, dim, maxnorm); });
}

namespace {

int64_t integration_dim(const char* op, const Tensor& y, int64_t dim) {
  check_defined(op, y);
  GRADUS_CHECK_TYPE(y.dtype() != kBool, "{}: y must not be bool", op);
  GRADUS_CHECK_INDEX(y.dim() > 0, "{}: dim {} of a 0-d tensor", op, dim);
  return wrap_dim(op, dim, y.dim());
}

// a_i + a_(i+1) along dim, or the differences a_(i+1) - a_i.
Tensor neighbours(const Tensor& a, int64_t dim, bool difference) {
  const int64_t n = a.size(dim);
  const int64_t count = n > 0 ? n - 1 : 0;
  const Tensor left = narrow(a, dim, 0, count), right = narrow(a, dim, n > 0 ? 1 : 0, count);
  return difference ? sub(right, left) : add(left, right);
}

// The lengths of the intervals, which broadcast to those of y.
Tensor interval_lengths(const char* op, const Tensor& y, const Tensor& x, int64_t dim) {
  require_dense(op, "x", x);
  GRADUS_CHECK(x.dim() > 0, "{}: x must have at least one dim", op);
  Tensor points = x;
  if (x.dim() == 1) {
    DimVector sizes(static_cast<size_t>(y.dim()), 1);
    sizes[dim] = x.numel();
    points = reshape(x, sizes);
  }
  while (points.dim() < y.dim()) points = unsqueeze(points, 0);
  const int64_t at = dim + points.dim() - y.dim();
  GRADUS_CHECK(points.size(at) == y.size(dim),
               "{}: expected {} points in x for dim {} of {}, got shape {}", op, y.size(dim), dim,
               y.sizes(), x.sizes());
  broadcast_sizes(op, points.sizes(), y.sizes());
  return neighbours(points, at, /*difference=*/true);
}

}  // namespace

Tensor trapezoid(const Tensor& y, const Tensor& x, int64_t dim) {
  const OpScope scope("trapezoid");
  dim = integration_dim("trapezoid", y, dim);
  const Tensor dx = interval_lengths("trapezoid", y, x, dim);
  const Tensor areas = mul(dx, neighbours(y, dim, /*difference=*/false));
  return div(sum(areas, dim + areas.dim() - y.dim()), 2);
}

Tensor trapezoid(const Tensor& y, const Scalar& dx, int64_t dim) {
  const OpScope scope("trapezoid");
  dim = integration_dim("trapezoid", y, dim);
  return div(mul(sum(neighbours(y, dim, /*difference=*/false), dim), dx), 2);
}

Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, int64_t dim) {
  const OpScope scope("cumulative_trapezoid");
  dim = integration_dim("cumulative_trapezoid", y, dim);
  const Tensor dx = interval_lengths("cumulative_trapezoid", y, x, dim);
  const Tensor areas = mul(dx, neighbours(y, dim, /*difference=*/false));
  return div(cumsum(areas, dim + areas.dim() - y.dim()), 2);
}

Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx, int64_t dim) {
  const OpScope scope("cumulative_trapezoid");
  dim = integration_dim("cumulative_trapezoid", y, dim);
  return div(mul(cumsum(neighbours(y, dim, /*difference=*/false), dim), dx), 2);
}

// --- methods of Tensor

Tensor Tensor::dist(const Tensor& other, const Scalar& p) const {
  return gradus::dist(*this, other, p);
}
Tensor Tensor::renorm(const Scalar& p, int64_t dim, const Scalar& maxnorm) const {
  return gradus::renorm(*this, p, dim, maxnorm);
}

}  // namespace gradus
