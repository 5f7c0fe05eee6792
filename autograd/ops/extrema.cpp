#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "core/factory.h"
#include "core/kernels/reduce.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor share_among_equals(const Tensor& dy, const Tensor& x, const Tensor& y, IntArrayRef dims) {
  Tensor equal = x.detach().eq(y.detach());
  if (y.isnan().any().item<bool>()) equal = equal.logical_or(x.isnan().logical_and(y.isnan()));
  return (dy / sum(equal, dims, /*keepdim=*/true)).mul(equal);
}

namespace {

Tensor extremum(const char* op, bool max, const Tensor& x, IntArrayRef dim, bool keepdim) {
  const OpScope scope(op);
  check_defined(op, x);
  const DimVector dims = wrap_dims(op, dim, x.dim());
  check_has_elements(op, x, dims);
  Tensor y = (max ? kernel::amax : kernel::amin)(op, x, dims, keepdim);
  return record(op, {x}, y, [x = Saved(x), y = Saved(y), dims, keepdim](const Tensor& dy) -> Grads {
    const Tensor data = x.get();
    const IntArrayRef sizes = data.sizes();
    return {share_among_equals(with_reduced_dims(dy, dims, keepdim, sizes), data,
                               with_reduced_dims(y.get(), dims, keepdim, sizes), dims)};
  });
}

std::tuple<Tensor, Tensor> extremum_with_index(const char* op, bool max, const Tensor& x,
                                               int64_t dim, bool keepdim) {
  const OpScope scope(op);
  check_defined(op, x);
  dim = wrap_dim(op, dim, x.dim());
  check_has_elements(op, x, dim);
  auto [values, indices] =
      (max ? kernel::max_with_index : kernel::min_with_index)(op, x, dim, keepdim);
  record_all(op, {x}, {values, indices},
             [indices = Saved(indices), dim, keepdim, sizes = to_dims(x.sizes())](
                 const Grads& dys, const Needs&) -> Grads {
               const Tensor& dy = dys[0];
               if (!dy.defined()) return {Tensor()};
               if (sizes.empty()) return {dy};
               return {zeros(sizes, dy.options())
                           .scatter(dim, with_reduced_dims(indices.get(), dim, keepdim, sizes),
                                    with_reduced_dims(dy, dim, keepdim, sizes))};
             });
  return {std::move(values), std::move(indices)};
}

Tensor arg_extremum(const char* op, bool max, const Tensor& x, std::optional<int64_t> dim,
                    bool keepdim) {
  check_defined(op, x);
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "{}: not implemented for {}", op, x.dtype());
  const auto kernel = max ? kernel::max_with_index : kernel::min_with_index;
  if (dim) {
    const int64_t wrapped = wrap_dim(op, *dim, x.dim());
    check_has_elements(op, x, wrapped);
    return kernel(op, x, wrapped, keepdim).second;
  }
  GRADUS_CHECK_INDEX(x.numel() != 0, "{}: expected an input with elements, got shape {}", op,
                     x.sizes());
  const Tensor index = kernel(op, x.detach().reshape(-1), 0, /*keepdim=*/false).second;
  return keepdim ? index.view(DimVector(x.sizes().size(), 1)) : index;
}

Tensor extremum_of_all(const char* op, bool max, const Tensor& x) {
  check_defined(op, x);
  GRADUS_CHECK(x.numel() != 0,
               "{}: expected an input with elements where no dim is given, got shape {}", op,
               x.sizes());
  return extremum(op, max, x, IntArrayRef(), /*keepdim=*/false);
}

}  // namespace

Tensor amax(const Tensor& x, IntArrayRef dim, bool keepdim) {
  return extremum("amax", /*max=*/true, x, dim, keepdim);
}

Tensor amin(const Tensor& x, IntArrayRef dim, bool keepdim) {
  return extremum("amin", /*max=*/false, x, dim, keepdim);
}

std::tuple<Tensor, Tensor> aminmax(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  const DimVector dims = dim ? DimVector(size_t{1}, *dim) : DimVector();
  return {extremum("aminmax", /*max=*/false, x, dims, keepdim),
          extremum("aminmax", /*max=*/true, x, dims, keepdim)};
}

Tensor max(const Tensor& x) {
  return extremum_of_all("max", /*max=*/true, x);
}

std::tuple<Tensor, Tensor> max(const Tensor& x, int64_t dim, bool keepdim) {
  return extremum_with_index("max", /*max=*/true, x, dim, keepdim);
}

Tensor min(const Tensor& x) {
  return extremum_of_all("min", /*max=*/false, x);
}

std::tuple<Tensor, Tensor> min(const Tensor& x, int64_t dim, bool keepdim) {
  return extremum_with_index("min", /*max=*/false, x, dim, keepdim);
}

Tensor argmax(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  const OpScope scope("argmax");
  return arg_extremum("argmax", /*max=*/true, x, dim, keepdim);
}

Tensor argmin(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  const OpScope scope("argmin");
  return arg_extremum("argmin", /*max=*/false, x, dim, keepdim);
}

Tensor Tensor::amax(IntArrayRef dim, bool keepdim) const {
  return gradus::amax(*this, dim, keepdim);
}
Tensor Tensor::amin(IntArrayRef dim, bool keepdim) const {
  return gradus::amin(*this, dim, keepdim);
}
Tensor Tensor::max() const {
  return gradus::max(*this);
}
std::tuple<Tensor, Tensor> Tensor::max(int64_t dim, bool keepdim) const {
  return gradus::max(*this, dim, keepdim);
}
Tensor Tensor::min() const {
  return gradus::min(*this);
}
std::tuple<Tensor, Tensor> Tensor::min(int64_t dim, bool keepdim) const {
  return gradus::min(*this, dim, keepdim);
}
Tensor Tensor::argmax(std::optional<int64_t> dim, bool keepdim) const {
  return gradus::argmax(*this, dim, keepdim);
}
Tensor Tensor::argmin(std::optional<int64_t> dim, bool keepdim) const {
  return gradus::argmin(*this, dim, keepdim);
}

}  // namespace gradus
