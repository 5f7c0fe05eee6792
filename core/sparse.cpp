#include "core/sparse.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "core/factory.h"
#include "core/inference_mode.h"
#include "core/kernels/copy.h"
#include "core/kernels/index.h"
#include "core/shape.h"

namespace gradus {

namespace {

// What index kernels take: x at row 0, and the places of the rows behind it.
Tensor first_row(const Tensor& x) {
  return make_view(x, to_dims(x.sizes().slice(1)), to_dims(x.strides().slice(1)),
                   x.storage_offset());
}

Tensor places_of(const Tensor& rows, const Tensor& x) {
  return kernel::restride_offsets(rows, {1}, {x.strides()[0]});
}

Tensor row_major(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor y = empty(x.sizes(), TensorOptions(x.dtype()));
  kernel::copy(x, y);
  return y;
}

}  // namespace

Tensor make_sparse(IntArrayRef sizes, SparseRows rows) {
  const ScalarType dtype = rows.values.dtype();
  auto content = std::make_unique<SparseRows>(std::move(rows));
  auto storage = StorageImpl::adopt(
      /*data=*/nullptr, /*nbytes=*/0, [](void* p) { delete static_cast<SparseRows*>(p); },
      content.get());
  content.release();  // the storage has it
  auto impl = make_intrusive<TensorImpl>(std::move(storage), dtype);
  impl->sizes = to_dims(sizes);
  impl->strides = DimVector(sizes.size(), 0);
  impl->numel = checked_numel("sparse_coo_tensor", sizes);
  impl->inference = detail::inference_mode();
  impl->sparse = true;
  return Tensor(std::move(impl));
}

SparseRows& sparse_rows(const Tensor& x) {
  return *static_cast<SparseRows*>(x.impl()->storage->context());
}

SparseRows coalesced_rows(const Tensor& x) {
  const SparseRows& from = sparse_rows(x);
  if (from.coalesced) return from;
  const int64_t n = from.rows.numel();
  const int64_t* const row = from.rows.data_ptr<int64_t>();
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [row](int64_t a, int64_t b) { return row[a] < row[b]; });
  // Where each value goes, and which rows there are.
  Tensor place = empty({n}, kLong);
  std::vector<int64_t> found;
  for (int64_t i : order) {
    if (found.empty() || found.back() != row[i]) found.push_back(row[i]);
    place.data_ptr<int64_t>()[i] = static_cast<int64_t>(found.size()) - 1;
  }
  DimVector sizes = to_dims(from.values.sizes());
  sizes[0] = static_cast<int64_t>(found.size());
  SparseRows to{tensor(found, kLong), zeros(sizes, TensorOptions(x.dtype())), true};
  add_rows(to.values, place, from.values);
  return to;
}

void add_rows(const Tensor& dst, const Tensor& rows, const Tensor& values) {
  if (values.numel() == 0) return;
  kernel::index_put(first_row(dst), 0, places_of(rows, dst), row_major(values), /*add=*/true);
}

void put_rows(const Tensor& dst, const Tensor& rows, const Tensor& values) {
  if (values.numel() == 0) return;
  kernel::index_put(first_row(dst), 0, places_of(rows, dst), row_major(values), /*add=*/false);
}

Tensor take_rows(const Tensor& src, const Tensor& rows) {
  DimVector sizes = to_dims(src.sizes());
  sizes[0] = rows.numel();
  Tensor y = empty(sizes, TensorOptions(src.dtype()));
  if (y.numel() > 0) kernel::index_get(first_row(src), 0, places_of(rows, src), y);
  return y;
}

}  // namespace gradus
