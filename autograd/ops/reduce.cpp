#include "autograd/ops/reduce.h"

#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/internal/scan.h"
#include "autograd/ops/join.h"
#include "core/factory.h"
#include "core/kernels/reduce.h"
#include "core/kernels/reduce_plan.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

// --- what all reductions share

Tensor with_reduced_dims(const Tensor& y, IntArrayRef dims, bool keepdim, IntArrayRef sizes) {
  if (keepdim || sizes.empty()) return y;
  return y.view(kernel::reduced_sizes(sizes, dims, /*keepdim=*/true));
}

Tensor expand_reduced(const Tensor& y, IntArrayRef dims, bool keepdim, IntArrayRef sizes) {
  return with_reduced_dims(y, dims, keepdim, sizes).expand(sizes);
}

double reduced_count(IntArrayRef sizes, IntArrayRef dims) {
  double count = 1;
  for (int64_t dim : dims) {
    if (!sizes.empty()) count *= static_cast<double>(sizes[static_cast<size_t>(dim)]);
  }
  return count;
}

// --- sums

Tensor sum(const Tensor& x, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  const OpScope scope("sum");
  check_defined("sum", x);
  if (dtype && *dtype != x.dtype()) return as_dtype(sum(x.to(*dtype), dim, keepdim), dtype);
  const DimVector dims = wrap_dims("sum", dim, x.dim());
  Tensor y = kernel::sum("sum", x, dims, keepdim);
  if (dtype && *dtype != y.dtype()) return y.to(*dtype);  // narrow integers
  return record("sum", {x}, std::move(y),
                [dims, keepdim, sizes = to_dims(x.sizes())](const Tensor& dy) -> Grads {
                  return {expand_reduced(dy, dims, keepdim, sizes)};
                });
}

Tensor sum(const Tensor& x, std::optional<ScalarType> dtype) {
  return sum(x, IntArrayRef(), /*keepdim=*/false, dtype);
}

Tensor nansum(const Tensor& x, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  const OpScope scope("nansum");
  check_defined("nansum", x);
  GRADUS_CHECK_TYPE(!dtype || is_floating_point(*dtype) || !x.is_floating_point(),
                    "nansum: {} cannot be summed as {}, which has no NaN", x.dtype(), *dtype);
  if (dtype && *dtype != x.dtype()) return as_dtype(nansum(x.to(*dtype), dim, keepdim), dtype);
  const DimVector dims = wrap_dims("nansum", dim, x.dim());
  Tensor y = kernel::nansum("nansum", x, dims, keepdim);
  if (dtype && *dtype != y.dtype()) return y.to(*dtype);
  return record(
      "nansum", {x}, std::move(y), [x = Saved(x), dims, keepdim](const Tensor& dy) -> Grads {
        const Tensor data = x.get();
        return {expand_reduced(dy, dims, keepdim, data.sizes()).masked_fill(data.isnan(), 0)};
      });
}

Tensor sum_to_size(const Tensor& x, IntArrayRef sizes) {
  const OpScope scope("sum_to_size");
  check_defined("sum_to_size", x);
  if (x.sizes() == sizes) return x;
  GRADUS_CHECK(is_expandable_to(sizes, x.sizes()),
               "sum_to_size: size {} is not expandable to size {}", sizes, x.sizes());
  const size_t added = x.sizes().size() - sizes.size();
  DimVector dims;
  for (size_t i = 0; i < x.sizes().size(); ++i) {
    if (i < added || (sizes[i - added] == 1 && x.sizes()[i] != 1)) {
      dims.push_back(static_cast<int64_t>(i));
    }
  }
  Tensor y = kernel::sum("sum_to_size", x, dims, /*keepdim=*/true);
  y = make_view(y, to_dims(sizes), contiguous_strides(sizes), y.storage_offset());
  return record(
      "sum_to_size", {x}, std::move(y),
      [sizes = to_dims(x.sizes())](const Tensor& dy) -> Grads { return {dy.expand(sizes)}; });
}

Tensor mean(const Tensor& x, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  const OpScope scope("mean");
  check_defined("mean", x);
  if (dtype && *dtype != x.dtype()) return mean(x.to(*dtype), dim, keepdim);
  check_floating("mean", x);
  const DimVector dims = wrap_dims("mean", dim, x.dim());
  Tensor y = kernel::mean("mean", x, dims, keepdim);
  return record("mean", {x}, std::move(y),
                [dims, keepdim, sizes = to_dims(x.sizes())](const Tensor& dy) -> Grads {
                  return {expand_reduced(dy / reduced_count(sizes, dims), dims, keepdim, sizes)};
                });
}

Tensor mean(const Tensor& x, std::optional<ScalarType> dtype) {
  return mean(x, IntArrayRef(), /*keepdim=*/false, dtype);
}

Tensor nanmean(const Tensor& x, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  check_defined("nanmean", x);
  if (!dtype) check_floating("nanmean", x);
  return named("nanmean", [&] {
    return nansum(x, dim, keepdim, dtype) / sum(x.isnan().logical_not(), dim, keepdim);
  });
}

// --- products

namespace {

// Products of the elements before each one along dim, or after it.
Tensor exclusive_cumprod(const Tensor& x, int64_t dim, bool reverse) {
  const int64_t n = x.size(dim);
  const Tensor one = ones_like(x.narrow(dim, 0, 1));
  const Tensor rest = x.narrow(dim, reverse ? 1 : 0, n - 1);
  return scan_prod("prod", reverse ? cat({rest, one}, dim) : cat({one, rest}, dim), dim, reverse);
}

// dy and y have size 1 in dim.
Tensor prod_backward(const Tensor& dy, const Tensor& x, const Tensor& y, int64_t dim) {
  if (x.numel() == 0) return zeros_like(x);
  if (all(x).item<bool>()) return dy * y / x;
  return dy * exclusive_cumprod(x, dim, /*reverse=*/false) *
         exclusive_cumprod(x, dim, /*reverse=*/true);
}

}  // namespace

Tensor prod(const Tensor& x, int64_t dim, bool keepdim, std::optional<ScalarType> dtype) {
  if (autocast::is_on() && !dtype) {
    return autocast::in_float32([&](const Tensor& wide) { return prod(wide, dim, keepdim); }, x);
  }
  const OpScope scope("prod");
  check_defined("prod", x);
  if (dtype && *dtype != x.dtype()) return as_dtype(prod(x.to(*dtype), dim, keepdim), dtype);
  dim = wrap_dim("prod", dim, x.dim());
  Tensor y = kernel::prod("prod", x, dim, keepdim);
  if (dtype && *dtype != y.dtype()) return y.to(*dtype);
  return record(
      "prod", {x}, y, [x = Saved(x), y = Saved(y), dim, keepdim](const Tensor& dy) -> Grads {
        const Tensor data = x.get();
        if (data.dim() == 0) return {dy};
        return {prod_backward(with_reduced_dims(dy, dim, keepdim, data.sizes()), data,
                              with_reduced_dims(y.get(), dim, keepdim, data.sizes()), dim)};
      });
}

Tensor prod(const Tensor& x, std::optional<ScalarType> dtype) {
  if (autocast::is_on() && !dtype) {
    return autocast::in_float32([](const Tensor& wide) { return prod(wide); }, x);
  }
  const OpScope scope("prod");
  check_defined("prod", x);
  if (dtype && *dtype != x.dtype()) return as_dtype(prod(x.to(*dtype)), dtype);
  Tensor y = kernel::prod("prod", x, wrap_dims("prod", {}, x.dim()), /*keepdim=*/false);
  if (dtype && *dtype != y.dtype()) return y.to(*dtype);
  return record("prod", {x}, y, [x = Saved(x), y = Saved(y)](const Tensor& dy) -> Grads {
    const Tensor data = x.get();
    return {prod_backward(dy, data.reshape(-1), y.get(), 0).reshape(data.sizes())};
  });
}

// --- truth

namespace {

// PyTorch's any and all answer for uint8 in uint8.
Tensor as_truth_of(const Tensor& x, const Tensor& y) {
  return x.dtype() == kByte ? y.to(kByte) : y;
}

}  // namespace

Tensor all(const Tensor& x, IntArrayRef dim, bool keepdim) {
  const OpScope scope("all");
  check_defined("all", x);
  return as_truth_of(x, kernel::all("all", x, wrap_dims("all", dim, x.dim()), keepdim));
}

Tensor all(const Tensor& x) {
  return all(x, IntArrayRef());
}

Tensor any(const Tensor& x, IntArrayRef dim, bool keepdim) {
  const OpScope scope("any");
  check_defined("any", x);
  return as_truth_of(x, kernel::any("any", x, wrap_dims("any", dim, x.dim()), keepdim));
}

Tensor any(const Tensor& x) {
  return any(x, IntArrayRef());
}

Tensor count_nonzero(const Tensor& x, IntArrayRef dim) {
  const OpScope scope("count_nonzero");
  check_defined("count_nonzero", x);
  return kernel::count_nonzero("count_nonzero", x, wrap_dims("count_nonzero", dim, x.dim()));
}

// --- methods

Tensor Tensor::sum(std::optional<ScalarType> dtype) const {
  return gradus::sum(*this, dtype);
}
Tensor Tensor::sum(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return gradus::sum(*this, dim, keepdim, dtype);
}
Tensor Tensor::sum_to_size(IntArrayRef sizes) const {
  return gradus::sum_to_size(*this, sizes);
}
Tensor Tensor::mean(std::optional<ScalarType> dtype) const {
  return gradus::mean(*this, dtype);
}
Tensor Tensor::mean(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return gradus::mean(*this, dim, keepdim, dtype);
}
Tensor Tensor::prod(std::optional<ScalarType> dtype) const {
  return gradus::prod(*this, dtype);
}
Tensor Tensor::prod(int64_t dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return gradus::prod(*this, dim, keepdim, dtype);
}
Tensor Tensor::all() const {
  return gradus::all(*this);
}
Tensor Tensor::all(IntArrayRef dim, bool keepdim) const {
  return gradus::all(*this, dim, keepdim);
}
Tensor Tensor::any() const {
  return gradus::any(*this);
}
Tensor Tensor::any(IntArrayRef dim, bool keepdim) const {
  return gradus::any(*this, dim, keepdim);
}
Tensor Tensor::count_nonzero(IntArrayRef dim) const {
  return gradus::count_nonzero(*this, dim);
}

Tensor Tensor::nansum(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return gradus::nansum(*this, dim, keepdim, dtype);
}

Tensor Tensor::nanmean(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return gradus::nanmean(*this, dim, keepdim, dtype);
}

std::tuple<Tensor, Tensor> Tensor::aminmax(std::optional<int64_t> dim, bool keepdim) const {
  return gradus::aminmax(*this, dim, keepdim);
}

Tensor Tensor::cumprod(int64_t dim, std::optional<ScalarType> dtype) const {
  return gradus::cumprod(*this, dim, dtype);
}

}  // namespace gradus
