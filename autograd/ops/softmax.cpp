#include "autograd/ops/softmax.h"

#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "core/kernels/softmax.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// dx = y (dy - sum y dy).
Tensor softmax_backward(const Tensor& y, const Tensor& dy, int64_t dim) {
  const OpScope scope("softmax_backward");
  Tensor dx = kernel::softmax_backward("softmax", y, dy, dim, /*log=*/false);
  return record("softmax_backward", {y, dy}, std::move(dx),
                [y = Saved(y), dy = Saved(dy), dim](const Tensor& g, const Needs& needs) -> Grads {
                  const Tensor p = y.get();
                  Tensor d_y, d_dy;
                  if (needs[0]) {
                    const Tensor dp = dy.get();
                    d_y = g * (dp - (p * dp).sum(dim, /*keepdim=*/true)) -
                          dp * (g * p).sum(dim, /*keepdim=*/true);
                  }
                  if (needs[1]) d_dy = softmax_backward(p, g, dim);
                  return {d_y, d_dy};
                });
}

// dx = dy - e^y sum dy.
Tensor log_softmax_backward(const Tensor& y, const Tensor& dy, int64_t dim) {
  const OpScope scope("log_softmax_backward");
  Tensor dx = kernel::softmax_backward("log_softmax", y, dy, dim, /*log=*/true);
  return record("log_softmax_backward", {y, dy}, std::move(dx),
                [y = Saved(y), dy = Saved(dy), dim](const Tensor& g, const Needs& needs) -> Grads {
                  const Tensor p = y.get().exp();
                  Tensor d_y, d_dy;
                  if (needs[0]) d_y = -(g * p * dy.get().sum(dim, /*keepdim=*/true));
                  if (needs[1]) d_dy = g - (g * p).sum(dim, /*keepdim=*/true);
                  return {d_y, d_dy};
                });
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  const OpScope scope("softmax");
  check_defined("softmax", x);
  if (dtype && *dtype != x.dtype()) return softmax(x.to(*dtype), dim);
  check_floating("softmax", x);
  dim = wrap_dim("softmax", dim, x.dim());
  Tensor y = kernel::softmax("softmax", x, dim, /*log=*/false);
  return record("softmax", {x}, y, [y = Saved(y), dim](const Tensor& dy) -> Grads {
    return {softmax_backward(y.get(), dy, dim)};
  });
}

Tensor log_softmax(const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  const OpScope scope("log_softmax");
  check_defined("log_softmax", x);
  if (dtype && *dtype != x.dtype()) return log_softmax(x.to(*dtype), dim);
  check_floating("log_softmax", x);
  dim = wrap_dim("log_softmax", dim, x.dim());
  Tensor y = kernel::softmax("log_softmax", x, dim, /*log=*/true);
  return record("log_softmax", {x}, y, [y = Saved(y), dim](const Tensor& dy) -> Grads {
    return {log_softmax_backward(y.get(), dy, dim)};
  });
}

Tensor Tensor::softmax(int64_t dim, std::optional<ScalarType> dtype) const {
  return gradus::softmax(*this, dim, dtype);
}
Tensor Tensor::log_softmax(int64_t dim, std::optional<ScalarType> dtype) const {
  return gradus::log_softmax(*this, dim, dtype);
}

}  // namespace gradus
