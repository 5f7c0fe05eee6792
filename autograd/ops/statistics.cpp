#include <cmath>
#include <limits>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "core/factory.h"
#include "core/kernels/reduce.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// --- variance

// dy has size 1 in dims, or is 0-d.
Tensor var_backward(const Tensor& dy, const Tensor& x, IntArrayRef dims, double correction) {
  const Tensor deviation = x - mean(x, dims, /*keepdim=*/true);
  const double freedom = reduced_count(x.sizes(), dims) - correction;
  if (freedom > 0) return dy * deviation * (2 / freedom);
  // As PyTorch: 2 / 0 is infinite, and infinity times a deviation of 0 is NaN.
  return dy * full_like(x, kInfinity).masked_fill(deviation.detach().eq(0), NAN);
}

// (var, mean) or (std, mean) with their one node.
std::tuple<Tensor, Tensor> var_and_mean(const char* op, const Tensor& x, IntArrayRef dim,
                                        const Scalar& correction, bool keepdim, bool root) {
  const OpScope scope(op);
  check_defined(op, x);
  check_floating(op, x);
  const DimVector dims = wrap_dims(op, dim, x.dim());
  const double c = correction.toDouble();
  auto [var, mean] = kernel::var_mean(op, x, dims, c, keepdim);
  Tensor spread = std::move(var);
  if (root) {
    NoGradGuard no_grad;
    spread = spread.sqrt();
  }
  record_all(op, {x}, {spread, mean},
             [x = Saved(x), spread = root ? Saved(spread) : Saved(), dims, keepdim, c, root](
                 const Grads& dys, const Needs&) -> Grads {
               const Tensor data = x.get();
               const IntArrayRef sizes = data.sizes();
               Tensor dx;
               if (dys[0].defined()) {
                 Tensor dvar = dys[0];
                 if (root) {
                   const Tensor std = spread.get();
                   // Infinity, so that the quotient and its derivatives are 0 where std is.
                   dvar = dvar / (std.masked_fill(std.detach().eq(0), kInfinity) * 2);
                 }
                 dx = var_backward(with_reduced_dims(dvar, dims, keepdim, sizes), data, dims, c);
               }
               if (dys[1].defined()) {
                 const Tensor dmean =
                     expand_reduced(dys[1] / reduced_count(sizes, dims), dims, keepdim, sizes);
                 dx = dx.defined() ? dx + dmean : dmean;
               }
               return {dx};
             });
  return {std::move(spread), std::move(mean)};
}

}  // namespace

Tensor var(const Tensor& x, IntArrayRef dim, const std::optional<Scalar>& correction,
           bool keepdim) {
  return std::get<0>(var_and_mean("var", x, dim, correction.value_or(1), keepdim, /*root=*/false));
}

Tensor std(const Tensor& x, IntArrayRef dim, const std::optional<Scalar>& correction,
           bool keepdim) {
  return std::get<0>(var_and_mean("std", x, dim, correction.value_or(1), keepdim, /*root=*/true));
}

std::tuple<Tensor, Tensor> var_mean(const Tensor& x, IntArrayRef dim,
                                    const std::optional<Scalar>& correction, bool keepdim) {
  return var_and_mean("var_mean", x, dim, correction.value_or(1), keepdim, /*root=*/false);
}

std::tuple<Tensor, Tensor> std_mean(const Tensor& x, IntArrayRef dim,
                                    const std::optional<Scalar>& correction, bool keepdim) {
  return var_and_mean("std_mean", x, dim, correction.value_or(1), keepdim, /*root=*/true);
}

// --- norms

namespace {

// dy and y have size 1 in dims, or are 0-d. Zeros are replaced where they would give an infinite
// factor: 0 times that is NaN.
Tensor norm_backward(const Tensor& dy, const Tensor& x, const Tensor& y, double p,
                     IntArrayRef dims) {
  if (p == 0) return zeros_like(x);
  if (p == 1) return x.sign() * dy;
  if (p == kInfinity || p == -kInfinity) {
    const Tensor greatest = x.detach().abs().eq(y.detach());
    const Tensor share = dy / sum(greatest, dims, /*keepdim=*/true);
    return x.sign() * share * greatest;
  }
  const Tensor safe_y = y.masked_fill(y.detach().eq(0), 1);
  if (p == 2) return x * (dy / safe_y);
  // |x|^(p-1) sign(x) y^(1-p).
  Tensor abs = x.abs();
  if (p < 2) abs = abs.masked_fill(x.detach().eq(0), 1);
  return x.sign() * abs.pow(p - 1) * (dy * safe_y.pow(1 - p));
}

Tensor vector_norm(const char* op, const Tensor& x, double p, IntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  const OpScope scope(op);
  check_defined(op, x);
  if (dtype && *dtype != x.dtype()) {
    return vector_norm(op, x.to(*dtype), p, dim, keepdim, std::nullopt);
  }
  check_floating(op, x);
  const DimVector dims = wrap_dims(op, dim, x.dim());
  GRADUS_CHECK((p >= 0 && p != kInfinity) || reduced_count(x.sizes(), dims) != 0,
               "{}: cannot compute the norm of order {} of no elements (input {}), which has no "
               "identity",
               op, p, x.sizes());
  Tensor y = kernel::norm(op, x, p, dims, keepdim);
  return record(op, {x}, y,
                [x = Saved(x), y = Saved(y), p, dims, keepdim](const Tensor& dy) -> Grads {
                  const Tensor data = x.get();
                  const IntArrayRef sizes = data.sizes();
                  return {norm_backward(with_reduced_dims(dy, dims, keepdim, sizes), data,
                                        with_reduced_dims(y.get(), dims, keepdim, sizes), p, dims)};
                });
}

}  // namespace

Tensor norm(const Tensor& x, const Scalar& p) {
  return vector_norm("norm", x, p.toDouble(), IntArrayRef(), /*keepdim=*/false, std::nullopt);
}

Tensor norm(const Tensor& x, std::optional<Scalar> p, ScalarType dtype) {
  return norm(x, p, IntArrayRef(), /*keepdim=*/false, dtype);
}

Tensor norm(const Tensor& x, std::optional<Scalar> p, IntArrayRef dim, bool keepdim,
            std::optional<ScalarType> dtype) {
  return vector_norm("norm", x, p ? p->toDouble() : 2, dim, keepdim, dtype);
}

Tensor linalg_vector_norm(const Tensor& x, const Scalar& ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  require_tensors("linalg_vector_norm", x);
  GRADUS_CHECK_TYPE(x.is_floating_point(),
                    "linalg_vector_norm: expected a floating-point input, got {}", x.dtype());
  return vector_norm("linalg_vector_norm", x, ord.toDouble(), dim, keepdim, dtype);
}

// --- logsumexp

Tensor logsumexp(const Tensor& input, IntArrayRef dim, bool keepdim) {
  const OpScope scope("logsumexp");
  check_defined("logsumexp", input);
  // As PyTorch: the result of integers has the default dtype.
  const Tensor x = input.is_floating_point() ? input : input.to(get_default_dtype());
  const DimVector dims = wrap_dims("logsumexp", dim, x.dim());
  Tensor y = kernel::logsumexp("logsumexp", x, dims, keepdim);
  return record("logsumexp", {x}, y,
                [x = Saved(x), y = Saved(y), dims, keepdim](const Tensor& dy) -> Grads {
                  const Tensor data = x.get();
                  const IntArrayRef sizes = data.sizes();
                  const Tensor top = with_reduced_dims(y.get(), dims, keepdim, sizes);
                  const Tensor finite = top.masked_fill(top.detach().eq(-kInfinity), 0);
                  return {with_reduced_dims(dy, dims, keepdim, sizes) * (data - finite).exp()};
                });
}

// --- methods

Tensor Tensor::var(IntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) const {
  return gradus::var(*this, dim, correction, keepdim);
}
Tensor Tensor::std(IntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) const {
  return gradus::std(*this, dim, correction, keepdim);
}
Tensor Tensor::norm(const Scalar& p) const {
  return gradus::norm(*this, p);
}
Tensor Tensor::norm(std::optional<Scalar> p, ScalarType dtype) const {
  return gradus::norm(*this, p, dtype);
}
Tensor Tensor::norm(std::optional<Scalar> p, IntArrayRef dim, bool keepdim) const {
  return gradus::norm(*this, p, dim, keepdim);
}
Tensor Tensor::norm(std::optional<Scalar> p, IntArrayRef dim, bool keepdim,
                    ScalarType dtype) const {
  return gradus::norm(*this, p, dim, keepdim, dtype);
}
Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim) const {
  return gradus::logsumexp(*this, dim, keepdim);
}

}  // namespace gradus
