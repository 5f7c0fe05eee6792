#include "autograd/ops/internal/index_list.h"

#include <algorithm>
#include <vector>

#include "autograd/in_place.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/fill.h"
#include "core/kernels/index.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

bool is_indexed(const IndexList& list, int64_t dim) {
  return std::find(list.dims.begin(), list.dims.end(), dim) != list.dims.end();
}

// x without the indexed dims.
Tensor base_of(const Tensor& x, const IndexList& list) {
  DimVector sizes, strides;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (is_indexed(list, d)) continue;
    sizes.push_back(x.sizes()[d]);
    strides.push_back(x.strides()[d]);
  }
  return make_view(x, std::move(sizes), std::move(strides), x.storage_offset());
}

// The places in x as it lies in memory.
Tensor offsets_in(const Tensor& x, const IndexList& list) {
  const DimVector dense = contiguous_strides(list.sizes);
  DimVector from, to;
  for (int64_t d : list.dims) {
    from.push_back(dense[d]);
    to.push_back(x.strides()[d]);
  }
  return from == to ? list.offsets : kernel::restride_offsets(list.offsets, from, to);
}

// values in the shape and dtype in which index_put wants them.
Tensor laid_out(const Tensor& values, const DimVector& sizes, ScalarType dtype) {
  if (values.numel() == 1) {
    Tensor one = values;
    if (values.dtype() != dtype) {
      one = empty({}, dtype);
      kernel::copy(make_view(values, {}, {}, values.storage_offset()), one);
    }
    return make_view(one, sizes, DimVector(sizes.size(), 0), one.storage_offset());
  }
  if (values.dtype() == dtype && values.sizes() == sizes && values.is_contiguous()) return values;
  Tensor copy = empty(sizes, dtype);
  kernel::copy(values, copy);
  return copy;
}

void put(const Tensor& x, const Tensor& values, const IndexList& list, bool add) {
  const DimVector sizes = list.taken_sizes();
  kernel::index_put(base_of(x, list), list.position, offsets_in(x, list),
                    laid_out(values, sizes, x.dtype()), add);
}

auto write_backward(const char* op, const IndexList& list, bool add) {
  return [op, add, saved = SavedIndexList(list)](const Tensor& dy, const Needs& needs) -> Grads {
    Tensor dx, dvalues;
    if (needs[0]) dx = add ? dy : clear_listed(op, dy, saved.get());
    if (needs[1]) dvalues = take_listed(op, dy, saved.get());
    return {dx, dvalues};
  };
}

void check_values(const char* op, const Tensor& x, const Tensor& values, const IndexList& list) {
  const DimVector sizes = list.taken_sizes();
  GRADUS_CHECK(is_expandable_to(values.sizes(), sizes),
               "{}: values of shape {} do not broadcast to the indexed elements, {}", op,
               values.sizes(), IntArrayRef(sizes));
  GRADUS_CHECK_TYPE(can_cast(values.dtype(), x.dtype()),
                    "{}: values of dtype {} cannot be written to a tensor of dtype {}", op,
                    values.dtype(), x.dtype());
}

}  // namespace

DimVector IndexList::taken_sizes() const {
  DimVector taken;
  for (int64_t d = 0; d < static_cast<int64_t>(sizes.size()); ++d) {
    if (!is_indexed(*this, d)) taken.push_back(sizes[d]);
  }
  for (size_t i = 0; i < list_sizes.size(); ++i) {
    taken.insert(static_cast<size_t>(position) + i, list_sizes[i]);
  }
  return taken;
}

IndexList make_index_list(const char* op, IntArrayRef sizes, DimVector dims, TensorList indices,
                          IntArrayRef list_sizes, int64_t position, bool wrapped) {
  const DimVector dense = contiguous_strides(sizes);
  DimVector indexed_sizes, indexed_strides;
  std::vector<Tensor> expanded;
  for (size_t i = 0; i < dims.size(); ++i) {
    indexed_sizes.push_back(sizes[dims[i]]);
    indexed_strides.push_back(dense[dims[i]]);
    if (indices[i].sizes() == list_sizes) {
      expanded.push_back(indices[i]);
    } else {
      expanded.push_back(empty(list_sizes, kLong));
      kernel::copy(indices[i], expanded.back());
    }
  }
  IndexList list{to_dims(sizes), std::move(dims), to_dims(list_sizes), position, Tensor()};
  list.offsets = kernel::index_offsets(op, expanded, indexed_sizes, indexed_strides, wrapped);
  checked_numel(op, list.taken_sizes());
  return list;
}

Tensor take_listed(const char* op, const Tensor& x, const IndexList& list) {
  const OpScope scope(op);
  Tensor y = empty(list.taken_sizes(), x.dtype());
  kernel::index_get(base_of(x, list), list.position, offsets_in(x, list), y);
  return record(op, {x}, std::move(y),
                [op, saved = SavedIndexList(list)](const Tensor& dy) -> Grads {
                  return {put_listed(op, dy, saved.get())};
                });
}

Tensor put_listed(const char* op, const Tensor& y, const IndexList& list) {
  const OpScope scope(op);
  Tensor x = zeros(list.sizes, y.dtype());
  put(x, y, list, /*add=*/true);
  return record(op, {y}, std::move(x),
                [op, saved = SavedIndexList(list)](const Tensor& dx) -> Grads {
                  return {take_listed(op, dx, saved.get())};
                });
}

Tensor clear_listed(const char* op, const Tensor& x, const IndexList& list) {
  const OpScope scope(op);
  Tensor y = empty_like(x);
  kernel::copy(x, y);
  put(y, zeros({}, x.dtype()), list, /*add=*/false);
  return record(op, {x}, std::move(y),
                [op, saved = SavedIndexList(list)](const Tensor& dy) -> Grads {
                  return {clear_listed(op, dy, saved.get())};
                });
}

Tensor write_listed(const char* op, const Tensor& x, const Tensor& values, const IndexList& list,
                    bool add) {
  const OpScope scope(op);
  check_values(op, x, values, list);
  Tensor y = empty_like(x);
  kernel::copy(x, y);
  put(y, values, list, add);
  return record(op, {x, values}, std::move(y), write_backward(op, list, add));
}

Tensor& write_listed_(const char* op, Tensor& self, const Tensor& values, const IndexList& list,
                      bool add) {
  const OpScope scope(op);
  check_values(op, self, values, list);
  check_in_place(op, self);
  put(self, unshared(values, self), list, add);
  bump_version(self);
  return record_in_place(op, {self, values}, self, write_backward(op, list, add));
}

Tensor unshared(const Tensor& tensor, const Tensor& self) {
  if (!(tensor.impl()->storage == self.impl()->storage)) return tensor;
  Tensor copy = empty(tensor.sizes(), tensor.dtype());
  kernel::copy(tensor, copy);
  return copy;
}

Tensor checked_index(const char* op, const Tensor& index) {
  require_tensors(op, index);
  GRADUS_CHECK_INDEX(is_integral(index.dtype(), /*include_bool=*/false),
                     "{}: indices must be integers, got dtype {}", op, index.dtype());
  return index.dtype() == kLong ? index : index.to(kLong);
}

}  // namespace gradus
