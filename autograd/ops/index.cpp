#include "autograd/ops/index.h"

#include <algorithm>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/gather.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using indexing::TensorIndex;
using indexing::TensorIndexType;

namespace {

bool is_mask(const Tensor& index) {
  return index.dtype() == kBool || index.dtype() == kByte;
}

// How many dims of x an index stands for.
int64_t dims_of(const TensorIndex& index) {
  switch (index.type()) {
    case TensorIndexType::None:
    case TensorIndexType::Ellipsis:
    case TensorIndexType::Boolean:
      return 0;
    case TensorIndexType::Integer:
    case TensorIndexType::Slice:
      return 1;
    case TensorIndexType::Tensor:
      break;
  }
  GRADUS_CHECK_INDEX(index.tensor().defined(),
                     "index: can only index with tensors that are defined");
  return is_mask(index.tensor()) ? index.tensor().dim() : 1;
}

// x after everything that makes a view, and the index tensor of each dim, undefined where there is
// none.
struct Resolved {
  Tensor x;
  std::vector<Tensor> tensors;
};

// The index tensors that a mask over dims from `dim` on stands for.
void add_mask(const char* op, const Tensor& x, const Tensor& mask, int64_t dim,
              std::vector<Tensor>& tensors) {
  for (int64_t d = 0; d < mask.dim(); ++d) {
    GRADUS_CHECK_INDEX(mask.sizes()[d] == x.sizes()[dim + d],
                       "{}: the shape of the mask, {}, does not match the shape of the indexed "
                       "tensor, {}, at dim {}",
                       op, mask.sizes(), x.sizes(), dim + d);
  }
  const Tensor rows = kernel::nonzero(mask);
  const int64_t count = rows.sizes()[1];
  for (int64_t d = 0; d < mask.dim(); ++d) {
    tensors[dim + d] = make_view(rows, {count}, {1}, d * count);
  }
}

// A dim of size 1 that is taken once or not at all.
Tensor flag_index(bool flag) {
  return flag ? zeros({1}, kLong) : empty({0}, kLong);
}

Resolved resolve(const char* op, const Tensor& x, ArrayRef<TensorIndex> indices) {
  GRADUS_CHECK_INDEX(!indices.empty(), "{}: the list of indices is empty", op);
  int64_t specified = 0, ellipses = 0;
  for (const TensorIndex& index : indices) {
    specified += dims_of(index);
    ellipses += index.is_ellipsis();
  }
  GRADUS_CHECK_INDEX(specified <= x.dim(), "{}: too many indices ({} dims) for a tensor of {} dims",
                     op, specified, x.dim());
  GRADUS_CHECK_INDEX(ellipses <= 1, "{}: an index can have only one ellipsis", op);
  Resolved resolved{x, {}};
  Tensor& y = resolved.x;
  std::vector<Tensor>& tensors = resolved.tensors;
  int64_t dim = 0;
  const auto set = [&](int64_t at, Tensor tensor) {
    tensors.resize(std::max(tensors.size(), static_cast<size_t>(at) + 1));
    tensors[at] = std::move(tensor);
  };
  for (const TensorIndex& index : indices) {
    switch (index.type()) {
      case TensorIndexType::None:
        y = unsqueeze(y, dim++);
        break;
      case TensorIndexType::Ellipsis:
        dim += x.dim() - specified;
        break;
      case TensorIndexType::Boolean:
        y = unsqueeze(y, dim);
        set(dim++, flag_index(index.boolean()));
        break;
      case TensorIndexType::Integer: {
        const int64_t size = y.sizes()[dim];
        GRADUS_CHECK_INDEX(index.integer() >= -size && index.integer() < size,
                           "{}: index {} is out of range for dim {} of size {}", op,
                           index.integer(), dim, size);
        y = select(y, dim, index.integer());
        break;
      }
      case TensorIndexType::Slice: {
        const indexing::Slice& s = index.slice();
        GRADUS_CHECK_VALUE(s.step() > 0, "{}: the step of a slice must be positive, got {}", op,
                           s.step());
        if (s.start() != 0 || s.stop() != indexing::INDEX_MAX || s.step() != 1) {
          y = slice(y, dim, s.start(), s.stop(), s.step());
        }
        ++dim;
        break;
      }
      case TensorIndexType::Tensor: {
        const Tensor& tensor = index.tensor();
        if (is_mask(tensor)) {
          if (tensor.dim() == 0) {
            y = unsqueeze(y, dim);
            set(dim++, flag_index(tensor.item().toBool()));
            break;
          }
          tensors.resize(std::max(tensors.size(), static_cast<size_t>(dim + tensor.dim())));
          add_mask(op, y, tensor, dim, tensors);
          dim += tensor.dim();
        } else if (tensor.dim() == 0 && is_integral(tensor.dtype(), /*include_bool=*/false)) {
          const int64_t i = tensor.item().toLong(), size = y.sizes()[dim];
          GRADUS_CHECK_INDEX(i >= -size && i < size,
                             "{}: index {} is out of range for dim {} of size {}", op, i, dim,
                             size);
          y = select(y, dim, i);
        } else {
          set(dim++, checked_index(op, tensor));
        }
        break;
      }
    }
  }
  return resolved;
}

bool has_tensors(const std::vector<Tensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [](const Tensor& tensor) { return tensor.defined(); });
}

IndexList list_of(const char* op, const Tensor& x, const std::vector<Tensor>& tensors) {
  DimVector dims, shape;
  std::vector<Tensor> indices;
  for (size_t d = 0; d < tensors.size(); ++d) {
    if (!tensors[d].defined()) continue;
    const IntArrayRef sizes = tensors[d].sizes();
    bool fits = true;
    for (size_t i = 0; i < std::min(sizes.size(), shape.size()); ++i) {
      const int64_t a = sizes[sizes.size() - 1 - i], b = shape[shape.size() - 1 - i];
      fits = fits && (a == b || a == 1 || b == 1);
    }
    GRADUS_CHECK_INDEX(fits, "{}: index tensors of shapes {} and {} do not broadcast", op,
                       IntArrayRef(shape), sizes);
    shape = broadcast_sizes(op, shape, sizes);
    dims.push_back(static_cast<int64_t>(d));
    indices.push_back(tensors[d]);
  }
  const bool adjacent = dims.back() - dims.front() + 1 == static_cast<int64_t>(dims.size());
  const int64_t position = adjacent ? dims.front() : 0;
  return make_index_list(op, x.sizes(), std::move(dims), indices, shape, position,
                         /*wrapped=*/true);
}

// Dims of size 1 in front that a value may have more than the place it goes to.
Tensor without_leading_ones(const Tensor& values, int64_t rank) {
  Tensor y = values;
  while (y.dim() > rank && y.sizes()[0] == 1) y = select(y, 0, 0);
  return y;
}

}  // namespace

Tensor index(const Tensor& x, ArrayRef<TensorIndex> indices) {
  require_tensors("index", x);
  const Resolved resolved = resolve("index", x, indices);
  if (!has_tensors(resolved.tensors)) {
    // x.index({"..."}) is a view like any other, not x itself.
    return resolved.x.is_same(x) ? expand(x, x.sizes()) : resolved.x;
  }
  return take_listed("index", resolved.x, list_of("index", resolved.x, resolved.tensors));
}

Tensor index_put(const Tensor& x, ArrayRef<TensorIndex> indices, const Tensor& values,
                 bool accumulate) {
  const OpScope scope("index_put");
  require_tensors("index_put", x, values);
  Tensor y = x.clone();
  return index_put_(y, indices, values, accumulate);
}

Tensor& index_put_(Tensor& self, ArrayRef<TensorIndex> indices, const Tensor& values,
                   bool accumulate) {
  const OpScope scope("index_put_");
  require_tensors("index_put_", self, values);
  const char* const op = "index_put_";
  Resolved resolved = resolve(op, self, indices);
  Tensor& target = resolved.x;
  if (has_tensors(resolved.tensors)) {
    const IndexList list = list_of(op, target, resolved.tensors);
    write_listed_(op, target,
                  without_leading_ones(values, static_cast<int64_t>(list.taken_sizes().size())),
                  list, accumulate);
    return self;
  }
  const Tensor fitting = without_leading_ones(values, target.dim());
  GRADUS_CHECK(is_expandable_to(fitting.sizes(), target.sizes()),
               "{}: values of shape {} do not broadcast to the indexed elements, {}", op,
               values.sizes(), target.sizes());
  if (accumulate) {
    target.add_(fitting);
  } else {
    target.copy_(fitting);
  }
  return self;
}

Tensor put(const Tensor& x, const Tensor& index, const Tensor& source, bool accumulate) {
  const OpScope scope("put");
  require_tensors("put", x, index, source);
  GRADUS_CHECK(index.numel() == source.numel(), "put: {} indices for {} elements of source",
               index.numel(), source.numel());
  GRADUS_CHECK_TYPE(x.dtype() == source.dtype(), "put: source must have the dtype of x, {}, got {}",
                    x.dtype(), source.dtype());
  const Tensor list = checked_index("put", index).reshape({-1});
  return named("put", [&] {
    return index_put(x.reshape({-1}), {TensorIndex(list)}, source.reshape({-1}), accumulate)
        .reshape(x.sizes());
  });
}

Tensor& put_(Tensor& self, const Tensor& index, const Tensor& source, bool accumulate) {
  return write_in_place("put_", self, put(self, index, source, accumulate));
}

Tensor take(const Tensor& x, const Tensor& index) {
  require_tensors("take", x, index);
  const Tensor list = checked_index("take", index);
  const Tensor flat = x.dim() == 1 ? x : reshape(x, {-1});
  return take_listed("take", flat,
                     make_index_list("take", flat.sizes(), {0}, list, list.sizes(), 0,
                                     /*wrapped=*/true));
}

namespace {

// The elements of a tensor of these sizes, as one dim, where mask, broadcast to them, is true.
IndexList masked_list(const char* op, const DimVector& sizes, const Tensor& mask) {
  GRADUS_CHECK_TYPE(is_mask(mask), "{}: expected a mask of dtype Bool, got {}", op, mask.dtype());
  Tensor whole = mask;
  if (!(mask.sizes() == sizes)) {
    whole = empty(sizes, mask.dtype());
    kernel::copy(mask, whole);
  }
  IndexList list{{whole.numel()}, {0}, {}, 0, kernel::nonzero_flat(whole)};
  list.list_sizes = {list.offsets.numel()};
  return list;
}

}  // namespace

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  require_tensors("masked_select", x, mask);
  const DimVector sizes = broadcast_sizes("masked_select", x.sizes(), mask.sizes());
  const IndexList list = masked_list("masked_select", sizes, mask);
  const Tensor whole = x.sizes() == sizes ? x : expand(x, sizes);
  return take_listed("masked_select", reshape(whole, {-1}), list);
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source) {
  const OpScope scope("masked_scatter");
  require_tensors("masked_scatter", x, mask, source);
  Tensor y = expand(x, broadcast_sizes("masked_scatter", x.sizes(), mask.sizes())).clone();
  return masked_scatter_(y, mask, source);
}

Tensor& masked_scatter_(Tensor& self, const Tensor& mask, const Tensor& source) {
  const OpScope scope("masked_scatter_");
  require_tensors("masked_scatter_", self, mask, source);
  const char* const op = "masked_scatter_";
  GRADUS_CHECK(is_expandable_to(mask.sizes(), self.sizes()),
               "{}: mask of shape {} does not broadcast to the tensor's shape {}", op, mask.sizes(),
               self.sizes());
  GRADUS_CHECK_TYPE(source.dtype() == self.dtype(),
                    "{}: source must have the dtype of the tensor, {}, got {}", op, self.dtype(),
                    source.dtype());
  check_in_place(op, self);
  const IndexList list = masked_list(op, to_dims(self.sizes()), mask);
  const int64_t count = list.offsets.numel();
  GRADUS_CHECK(source.numel() >= count, "{}: source has {} elements, mask selects {}", op,
               source.numel(), count);
  const Tensor values = narrow(reshape(source, {-1}), 0, 0, count);
  if (self.is_contiguous()) {
    Tensor flat = reshape(self, {-1});
    write_listed_(op, flat, values, list, /*add=*/false);
    return self;
  }
  return assign(
      op, self,
      reshape(write_listed(op, reshape(self, {-1}), values, list, /*add=*/false), self.sizes()));
}

Tensor nonzero(const Tensor& x) {
  const OpScope scope("nonzero");
  require_tensors("nonzero", x);
  const Tensor rows = kernel::nonzero(x);
  return make_view(rows, {rows.sizes()[1], x.dim()}, {1, rows.sizes()[1]}, 0);
}

Tensor nonzero_static(const Tensor& x, int64_t size, int64_t fill_value) {
  const OpScope scope("nonzero_static");
  require_tensors("nonzero_static", x);
  GRADUS_CHECK_VALUE(size >= 0, "nonzero_static: size must not be negative, got {}", size);
  const Tensor rows = nonzero(x);
  const int64_t found = std::min(size, rows.size(0));
  Tensor y = named("nonzero_static", [&] { return full({size, x.dim()}, fill_value, kLong); });
  y.narrow(0, 0, found).copy_(rows.narrow(0, 0, found));
  return y;
}

std::vector<Tensor> nonzero_numpy(const Tensor& x) {
  const OpScope scope("nonzero_numpy");
  require_tensors("nonzero_numpy", x);
  const Tensor rows = kernel::nonzero(x.dim() == 0 ? reshape(x, {1}) : x);
  std::vector<Tensor> indices;
  for (int64_t d = 0; d < rows.sizes()[0]; ++d) indices.push_back(select(rows, 0, d));
  return indices;
}

Tensor argwhere(const Tensor& x) {
  const OpScope scope("argwhere");
  require_tensors("argwhere", x);
  return nonzero(x);
}

Tensor Tensor::operator[](const Tensor& index) const {
  return gradus::index(*this, TensorIndex(index));
}
Tensor Tensor::index(ArrayRef<TensorIndex> indices) const {
  return gradus::index(*this, indices);
}
Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
  return gradus::index(*this, ArrayRef<TensorIndex>(indices));
}
Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Tensor& values,
                           bool accumulate) const {
  return gradus::index_put_(self(), indices, values, accumulate);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values,
                           bool accumulate) const {
  return gradus::index_put_(self(), ArrayRef<TensorIndex>(indices), values, accumulate);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) const {
  return index_put_(ArrayRef<TensorIndex>(indices), value);
}
Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Scalar& value) const {
  GRADUS_CHECK(defined(), "index_put_: self is undefined");
  return gradus::index_put_(self(), indices, scalar_tensor(value, dtype()));
}
Tensor Tensor::masked_select(const Tensor& mask) const {
  return gradus::masked_select(*this, mask);
}
Tensor Tensor::nonzero() const {
  return gradus::nonzero(*this);
}

Tensor Tensor::index_put(ArrayRef<indexing::TensorIndex> indices, const Tensor& values,
                         bool accumulate) const {
  return gradus::index_put(*this, indices, values, accumulate);
}

Tensor Tensor::index_put(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values,
                         bool accumulate) const {
  return gradus::index_put(*this, indices, values, accumulate);
}

Tensor Tensor::take(const Tensor& index) const {
  return gradus::take(*this, index);
}

Tensor Tensor::masked_scatter(const Tensor& mask, const Tensor& source) const {
  return gradus::masked_scatter(*this, mask, source);
}

Tensor& Tensor::masked_scatter_(const Tensor& mask, const Tensor& source) const {
  return gradus::masked_scatter_(self(), mask, source);
}

std::vector<Tensor> Tensor::nonzero_numpy() const {
  return gradus::nonzero_numpy(*this);
}

Tensor Tensor::argwhere() const {
  return gradus::argwhere(*this);
}

}  // namespace gradus
