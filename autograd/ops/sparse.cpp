#include "autograd/ops/sparse.h"

#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/index.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/internal/sparse.h"
#include "autograd/ops/join.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/gather.h"
#include "core/shape.h"
#include "core/sparse.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

void require_sparse(const char* op, const Tensor& x) {
  GRADUS_CHECK(x.defined(), "{}: self is undefined", op);
  GRADUS_CHECK(x.is_sparse(), "{}: expected a row-sparse tensor, got a dense one of shape {}", op,
               x.sizes());
}

const SparseRows& require_coalesced(const char* op, const Tensor& x) {
  require_sparse(op, x);
  GRADUS_CHECK(sparse_rows(x).coalesced,
               "{}: the tensor is not coalesced: rows may repeat. Call coalesce() first, or _{}()",
               op, op);
  return sparse_rows(x);
}

// The row-sparse tensor with these values, which may have history.
Tensor with_values(const char* op, IntArrayRef sizes, const Tensor& rows, const Tensor& values,
                   bool coalesced) {
  const Tensor kept = values.contiguous().detach();
  return record(
      op, {values}, make_sparse(sizes, {rows, kept, coalesced}),
      [rows](const Tensor& dy) -> Grads { return {dy.to_dense().index_select(0, rows)}; });
}

// Values with the history that leads to those of x: the adjoint puts the rows back.
Tensor recorded_values(const Tensor& x) {
  const OpScope scope("values");
  const SparseRows& from = sparse_rows(x);
  return record("values", {x}, from.values.detach(),
                [rows = from.rows, sizes = to_dims(x.sizes()),
                 coalesced = from.coalesced](const Tensor& dy) -> Grads {
                  return {with_values("values_backward", sizes, rows, dy, coalesced)};
                });
}

}  // namespace

Tensor sparse_coo_tensor(const Tensor& indices, const Tensor& values, IntArrayRef size) {
  const OpScope scope("sparse_coo_tensor");
  const char* const op = "sparse_coo_tensor";
  require_dense(op, "indices", indices);
  require_dense(op, "values", values);
  checked_numel(op, size);
  GRADUS_CHECK(!size.empty(), "{}: size needs at least one dim", op);
  GRADUS_CHECK(indices.dim() == 2, "{}: expected indices of 2 dims, got shape {}", op,
               indices.sizes());
  GRADUS_CHECK_AS(NotImplementedError, indices.size(0) == 1,
                  "{}: only rows can be sparse: expected indices of shape [1, n], got {}", op,
                  indices.sizes());
  const int64_t n = indices.size(1);
  GRADUS_CHECK(values.dim() == static_cast<int64_t>(size.size()) && values.size(0) == n &&
                   values.sizes().slice(1) == size.slice(1),
               "{}: {} indices into shape {} do not fit values of shape {}", op, n, size,
               values.sizes());
  // A copy: what is written to indices later must not lead out of range.
  const Tensor rows =
      checked_index(op, indices.detach()).to(kLong, false, /*copy=*/true).reshape({n});
  kernel::check_indices(op, rows, 0, size[0]);
  return with_values(op, size, rows, values, /*coalesced=*/false);
}

Tensor add_sparse(const Tensor& a, const Tensor& b) {
  const OpScope scope("add");
  if (!a.is_sparse() || !b.is_sparse()) return add(a.to_dense(), b.to_dense());
  const SparseRows &x = sparse_rows(a), &y = sparse_rows(b);
  SparseRows sum;
  {
    NoGradGuard no_grad;
    sum = {cat({x.rows, y.rows}, 0), cat({x.values, y.values}, 0), false};
  }
  return record("add", {a, b}, make_sparse(a.sizes(), std::move(sum)),
                [](const Tensor& dy) -> Grads {
                  return {dy, dy};
                });
}

bool add_sparse_(const Tensor& a, const Tensor& b) {
  if (!b.is_sparse() || a.dtype() != b.dtype()) return false;
  const SparseRows& y = sparse_rows(b);
  if (a.is_sparse()) {
    SparseRows& x = sparse_rows(a);
    x = {cat({x.rows, y.rows}, 0), cat({x.values, y.values}, 0), false};
  } else {
    check_in_place("add_", a);
    add_rows(a, y.rows, y.values);
  }
  bump_version(a);
  return true;
}

Tensor copied_sparse(const Tensor& x, ScalarType dtype) {
  const OpScope scope("to_copy");
  const SparseRows& from = sparse_rows(x);
  GRADUS_CHECK_AS(NotImplementedError, is_floating_point(dtype) || !x.is_floating_point(),
                  "to: a row-sparse tensor of {} does not become one of {}", x.dtype(), dtype);
  SparseRows copy{from.rows, from.values.to(dtype, false, /*copy=*/true), from.coalesced};
  return record("to_copy", {x}, make_sparse(x.sizes(), std::move(copy)),
                [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor& zero_sparse_(Tensor& x) {
  check_in_place_history("zero_", x);
  SparseRows& rows = sparse_rows(x);
  DimVector sizes = to_dims(rows.values.sizes());
  sizes[0] = 0;
  rows = {empty({0}, kLong), empty(sizes, TensorOptions(x.dtype())), true};
  bump_version(x);
  return x;
}

// --- methods of Tensor

Tensor Tensor::to_dense(std::optional<ScalarType> dtype, std::optional<bool>) const {
  const OpScope scope("to_dense");
  GRADUS_CHECK(defined(), "to_dense: self is undefined");
  if (dtype && *dtype != this->dtype()) return to(*dtype).to_dense();
  if (!is_sparse()) return *this;
  const SparseRows& from = sparse_rows(*this);
  Tensor y = zeros(sizes(), TensorOptions(this->dtype()));
  add_rows(y, from.rows, from.values);
  return record("to_dense", {*this}, std::move(y), [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor Tensor::coalesce() const {
  const OpScope scope("coalesce");
  require_sparse("coalesce", *this);
  if (sparse_rows(*this).coalesced) return *this;
  return record("coalesce", {*this}, make_sparse(sizes(), coalesced_rows(*this)),
                [](const Tensor& dy) -> Grads { return {dy}; });
}

bool Tensor::is_coalesced() const {
  require_sparse("is_coalesced", *this);
  return sparse_rows(*this).coalesced;
}

Tensor Tensor::_indices() const {
  require_sparse("_indices", *this);
  // A copy: indices that are written to could lead out of range.
  return sparse_rows(*this).rows.clone().unsqueeze(0);
}

Tensor Tensor::_values() const {
  require_sparse("_values", *this);
  return sparse_rows(*this).values.detach();
}

Tensor Tensor::indices() const {
  require_coalesced("indices", *this);
  return _indices();
}

Tensor Tensor::values() const {
  require_coalesced("values", *this);
  return recorded_values(*this);
}

int64_t Tensor::_nnz() const {
  require_sparse("_nnz", *this);
  return sparse_rows(*this).rows.numel();
}

}  // namespace gradus
