#include "autograd/ops/gather.h"

#include <algorithm>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/elements.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/gather.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// x, or its one element as a dim.
Tensor at_least_1d(const Tensor& x) {
  return x.dim() == 0 ? reshape(x, {1}) : x;
}

Tensor checked_list(const char* op, const Tensor& index) {
  GRADUS_CHECK_INDEX(index.dim() <= 1, "{}: index must have at most one dim, got shape {}", op,
                     index.sizes());
  return checked_index(op, index);
}

IndexList slices_of(const char* op, const Tensor& x, int64_t dim, const Tensor& index) {
  const Tensor list = checked_list(op, index);
  return make_index_list(op, x.sizes(), {dim}, list, {list.numel()}, dim, /*wrapped=*/false);
}

// source as the slices that index names.
Tensor checked_source(const char* op, const Tensor& x, int64_t dim, const Tensor& index,
                      const Tensor& source) {
  GRADUS_CHECK_TYPE(source.dtype() == x.dtype(),
                    "{}: source must have the dtype of the tensor, {}, got {}", op, x.dtype(),
                    source.dtype());
  DimVector sizes = to_dims(x.sizes());
  sizes[dim] = index.numel();
  GRADUS_CHECK(at_least_1d(source).sizes() == sizes,
               "{}: source must have shape {} for {} indices at dim {} of a tensor of shape {}, "
               "got {}",
               op, IntArrayRef(sizes), index.numel(), dim, x.sizes(), source.sizes());
  return at_least_1d(source);
}

Tensor checked_value(const char* op, const Tensor& value) {
  GRADUS_CHECK(value.dim() == 0, "{}: value must be a 0-d tensor, got shape {}", op, value.sizes());
  return value;
}

}  // namespace

Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index) {
  const OpScope scope("index_select");
  require_tensors("index_select", x, index);
  const char* const op = "index_select";
  const int64_t d = wrap_dim(op, dim, x.dim());
  const Tensor y = take_listed(op, at_least_1d(x), slices_of(op, at_least_1d(x), d, index));
  if (x.dim() > 0) return y;
  GRADUS_CHECK(index.numel() == 1, "{}: a 0-d tensor takes one index, got {}", op, index.numel());
  return reshape(y, {});
}

Tensor index_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha) {
  const OpScope scope("index_add");
  require_tensors("index_add", x, index, source);
  Tensor y = x.clone();
  return index_add_(y, dim, index, source, alpha);
}

Tensor& index_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source,
                   const Scalar& alpha) {
  const OpScope scope("index_add_");
  require_tensors("index_add_", self, index, source);
  const char* const op = "index_add_";
  const int64_t d = wrap_dim(op, dim, self.dim());
  Tensor whole = at_least_1d(self);
  const IndexList list = slices_of(op, whole, d, index);
  const Tensor values = checked_source(op, whole, d, index, source);
  const bool scaled =
      !(alpha.is_integral(/*include_bool=*/true) && alpha.toLong() == 1) && alpha.toDouble() != 1;
  write_listed_(op, self.dim() == 0 ? whole : self, scaled ? values.mul(alpha) : values, list,
                /*add=*/true);
  return self;
}

Tensor index_copy(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  const OpScope scope("index_copy");
  require_tensors("index_copy", x, index, source);
  if (autocast::is_on()) {
    const ScalarType widest = promote_types(x.dtype(), source.dtype());
    return autocast::call_in(
        widest, [](const auto&... args) { return index_copy(args...); }, x, dim, index, source);
  }
  Tensor y = x.clone();
  return index_copy_(y, dim, index, source);
}

Tensor& index_copy_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) {
  const OpScope scope("index_copy_");
  require_tensors("index_copy_", self, index, source);
  const char* const op = "index_copy_";
  const int64_t d = wrap_dim(op, dim, self.dim());
  Tensor whole = at_least_1d(self);
  const IndexList list = slices_of(op, whole, d, index);
  const Tensor values = checked_source(op, whole, d, index, source);
  write_listed_(op, self.dim() == 0 ? whole : self, values, list, /*add=*/false);
  return self;
}

Tensor index_fill(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& value) {
  const OpScope scope("index_fill");
  require_tensors("index_fill", x, index, value);
  Tensor y = x.clone();
  return index_fill_(y, dim, index, value);
}

Tensor index_fill(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value) {
  const OpScope scope("index_fill");
  require_tensors("index_fill", x, index);
  return index_fill(x, dim, index, scalar_tensor(value, x.dtype()));
}

Tensor& index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& value) {
  const OpScope scope("index_fill_");
  require_tensors("index_fill_", self, index, value);
  const char* const op = "index_fill_";
  const int64_t d = wrap_dim(op, dim, self.dim());
  Tensor whole = at_least_1d(self);
  // Here, unlike in its siblings, indices count from the end, as in PyTorch.
  const Tensor rows = checked_list(op, index);
  const IndexList list = make_index_list(op, whole.sizes(), {d}, rows, {rows.numel()}, d,
                                         /*wrapped=*/true);
  write_listed_(op, self.dim() == 0 ? whole : self, checked_value(op, value), list,
                /*add=*/false);
  return self;
}

Tensor& index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  const OpScope scope("index_fill_");
  require_tensors("index_fill_", self, index);
  return index_fill_(self, dim, index, scalar_tensor(value, self.dtype()));
}

Tensor gather(const Tensor& x, int64_t dim, const Tensor& index, bool /*sparse_grad*/) {
  const OpScope scope("gather");
  require_tensors("gather", x, index);
  const int64_t d = wrap_dim("gather", dim, x.dim());
  const Tensor list = checked_elements("gather", x, d, index, nullptr);
  Tensor y = empty(index.sizes(), x.dtype());
  kernel::gather(x, d, list, y);
  return record("gather", {x}, std::move(y),
                [d, index = Saved(list), sizes = to_dims(x.sizes())](const Tensor& dy) -> Grads {
                  return {scatter_add(zeros(sizes, dy.options()), d, index.get(), dy)};
                });
}

Tensor take_along_dim(const Tensor& x, const Tensor& indices, std::optional<int64_t> dim) {
  const OpScope scope("take_along_dim");
  require_tensors("take_along_dim", x, indices);
  const char* const op = "take_along_dim";
  const auto taken = [&](const Tensor& from, int64_t d, const Tensor& at) {
    return named(op, [&] { return gather(from, d, at); });
  };
  if (!dim) return taken(reshape(x, {-1}), 0, reshape(indices, {-1}));
  GRADUS_CHECK(x.dim() == indices.dim(), "{}: indices {} must have the rank of the tensor {}", op,
               indices.sizes(), x.sizes());
  const int64_t d = wrap_dim(op, *dim, x.dim());
  DimVector of_x = to_dims(x.sizes()), of_indices = to_dims(indices.sizes());
  if (x.dim() > 0) {
    of_x[d] = of_indices[d] = 1;
    DimVector common = broadcast_sizes(op, of_x, of_indices);
    of_x = of_indices = std::move(common);
    of_x[d] = x.sizes()[d];
    of_indices[d] = indices.sizes()[d];
  }
  return taken(expand(x, of_x), d, expand(indices, of_indices));
}

namespace {

Tensor& write_elements_(const char* op, Tensor& self, int64_t dim, const Tensor& index,
                        const Tensor& src, bool add) {
  const OpScope scope(op);
  const int64_t d = wrap_dim(op, dim, self.dim());
  const Tensor list = checked_elements(op, self, d, index, &src);
  GRADUS_CHECK_TYPE(src.dtype() == self.dtype(),
                    "{}: src must have the dtype of the tensor, {}, got {}", op, self.dtype(),
                    src.dtype());
  check_in_place(op, self);
  if (index.numel() == 0) return self;
  const Tensor part = fitting_part(src, index);
  kernel::scatter(self, d, unshared(list, self), unshared(part, self),
                  add ? kernel::Scatter::Add : kernel::Scatter::Set);
  bump_version(self);
  return record_in_place(
      op, {self, part}, self,
      [d, add, index = Saved(list)](const Tensor& dy, const Needs& needs) -> Grads {
        Tensor dx, dsrc;
        if (needs[0]) dx = add ? dy : scatter(dy, d, index.get(), 0);
        if (needs[1]) dsrc = gather(dy, d, index.get());
        return {dx, dsrc};
      });
}

Tensor filled(const Tensor& self, const Tensor& index, const Scalar& value) {
  return expand(scalar_tensor(value, self.dtype()), index.sizes());
}

}  // namespace

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src) {
  const OpScope scope("scatter");
  require_tensors("scatter", x, index, src);
  Tensor y = x.clone();
  return scatter_(y, dim, index, src);
}

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value) {
  const OpScope scope("scatter");
  require_tensors("scatter", x, index);
  Tensor y = x.clone();
  return scatter_(y, dim, index, value);
}

Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  require_tensors("scatter_", self, index, src);
  return write_elements_("scatter_", self, dim, index, src, /*add=*/false);
}

Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  require_tensors("scatter_", self, index);
  return write_elements_("scatter_", self, dim, index, filled(self, index, value), /*add=*/false);
}

Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src) {
  const OpScope scope("scatter_add");
  require_tensors("scatter_add", x, index, src);
  Tensor y = x.clone();
  return scatter_add_(y, dim, index, src);
}

Tensor& scatter_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  require_tensors("scatter_add_", self, index, src);
  return write_elements_("scatter_add_", self, dim, index, src, /*add=*/true);
}

Tensor Tensor::index_select(int64_t dim, const Tensor& index) const {
  return gradus::index_select(*this, dim, index);
}
Tensor Tensor::index_add(int64_t dim, const Tensor& index, const Tensor& source,
                         const Scalar& alpha) const {
  return gradus::index_add(*this, dim, index, source, alpha);
}
Tensor& Tensor::index_add_(int64_t dim, const Tensor& index, const Tensor& source,
                           const Scalar& alpha) const {
  return gradus::index_add_(self(), dim, index, source, alpha);
}
Tensor Tensor::gather(int64_t dim, const Tensor& index, bool sparse_grad) const {
  return gradus::gather(*this, dim, index, sparse_grad);
}
Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& src) const {
  return gradus::scatter(*this, dim, index, src);
}
Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value) const {
  return gradus::scatter(*this, dim, index, value);
}
Tensor& Tensor::scatter_(int64_t dim, const Tensor& index, const Tensor& src) const {
  return gradus::scatter_(self(), dim, index, src);
}
Tensor& Tensor::scatter_(int64_t dim, const Tensor& index, const Scalar& value) const {
  return gradus::scatter_(self(), dim, index, value);
}
Tensor Tensor::scatter_add(int64_t dim, const Tensor& index, const Tensor& src) const {
  return gradus::scatter_add(*this, dim, index, src);
}
Tensor& Tensor::scatter_add_(int64_t dim, const Tensor& index, const Tensor& src) const {
  return gradus::scatter_add_(self(), dim, index, src);
}

Tensor Tensor::index_copy(int64_t dim, const Tensor& index, const Tensor& source) const {
  return gradus::index_copy(*this, dim, index, source);
}

Tensor& Tensor::index_copy_(int64_t dim, const Tensor& index, const Tensor& source) const {
  return gradus::index_copy_(self(), dim, index, source);
}

Tensor Tensor::index_fill(int64_t dim, const Tensor& index, const Scalar& value) const {
  return gradus::index_fill(*this, dim, index, value);
}

Tensor Tensor::index_fill(int64_t dim, const Tensor& index, const Tensor& value) const {
  return gradus::index_fill(*this, dim, index, value);
}

Tensor& Tensor::index_fill_(int64_t dim, const Tensor& index, const Scalar& value) const {
  return gradus::index_fill_(self(), dim, index, value);
}

Tensor& Tensor::index_fill_(int64_t dim, const Tensor& index, const Tensor& value) const {
  return gradus::index_fill_(self(), dim, index, value);
}

Tensor Tensor::take_along_dim(const Tensor& indices, std::optional<int64_t> dim) const {
  return gradus::take_along_dim(*this, indices, dim);
}

}  // namespace gradus
