#include "autograd/ops/internal/scan.h"

#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/join.h"
#include "autograd/ops/reduce.h"
#include "core/kernels/reduce.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor scan_sum(const char* op, const Tensor& x, int64_t dim, bool reverse) {
  const OpScope scope(op);
  return record(
      op, {x}, kernel::cumsum(op, x, dim, reverse),
      [op, dim, reverse](const Tensor& dy) -> Grads { return {scan_sum(op, dy, dim, !reverse)}; });
}

namespace {

// For any x, in n passes: dx_k = sum_{i >= k} dy_i prod_{j <= i, j != k} x_j.
Tensor scan_prod_backward_with_zeros(const char* op, const Tensor& dy, const Tensor& x, int64_t dim,
                                     bool reverse) {
  const int64_t n = x.size(dim);
  std::vector<Tensor> dx;
  for (int64_t k = 0; k < n; ++k) {
    // In the order of the scan, `before` and `after` are the elements on either side of x_k.
    const Tensor before = reverse ? x.narrow(dim, k + 1, n - k - 1) : x.narrow(dim, 0, k);
    const Tensor after = reverse ? x.narrow(dim, 0, k) : x.narrow(dim, k + 1, n - k - 1);
    const Tensor dy_after = reverse ? dy.narrow(dim, 0, k) : dy.narrow(dim, k + 1, n - k - 1);
    const Tensor rest = sum(dy_after * scan_prod(op, after, dim, reverse), dim, /*keepdim=*/true);
    dx.push_back((dy.narrow(dim, k, 1) + rest) * prod(before, dim, /*keepdim=*/true));
  }
  return cat(dx, dim);
}

}  // namespace

Tensor scan_prod(const char* op, const Tensor& x, int64_t dim, bool reverse) {
  const OpScope scope(op);
  Tensor y = kernel::cumprod(op, x, dim, reverse);
  return record(op, {x}, y,
                [op, x = Saved(x), y = Saved(y), dim, reverse](const Tensor& dy) -> Grads {
                  const Tensor data = x.get();
                  if (data.dim() == 0 || data.numel() == 0) return {dy};
                  if (!all(data).item<bool>()) {
                    return {scan_prod_backward_with_zeros(op, dy, data, dim, reverse)};
                  }
                  return {scan_sum(op, dy * y.get(), dim, !reverse) / data};
                });
}

namespace {

void check_scan_dtype(const char* op, std::optional<ScalarType> dtype) {
  GRADUS_CHECK_TYPE(dtype != kBool, "{}: not implemented for Bool", op);
}

}  // namespace

Tensor cumsum(const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  check_defined("cumsum", x);
  check_scan_dtype("cumsum", dtype);
  dim = wrap_dim("cumsum", dim, x.dim());
  return as_dtype(scan_sum("cumsum", as_dtype(x, dtype), dim, /*reverse=*/false), dtype);
}

Tensor cumprod(const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  check_defined("cumprod", x);
  check_scan_dtype("cumprod", dtype);
  dim = wrap_dim("cumprod", dim, x.dim());
  return as_dtype(scan_prod("cumprod", as_dtype(x, dtype), dim, /*reverse=*/false), dtype);
}

Tensor Tensor::cumsum(int64_t dim, std::optional<ScalarType> dtype) const {
  return gradus::cumsum(*this, dim, dtype);
}

}  // namespace gradus
