#include "autograd/ops/embedding.h"

#include <algorithm>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sparse.h"
#include "core/factory.h"
#include "core/kernels/gather.h"
#include "core/kernels/index.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// How often each row is looked up, at the places of the list: int64 as dtype of y, [..., 1].
Tensor lookups(const IndexList& list, ScalarType dtype) {
  Tensor count = zeros({list.sizes[0]}, dtype);
  const Tensor rows =
      kernel::restride_offsets(list.offsets, {std::max<int64_t>(list.sizes[1], 1)}, {1});
  const Tensor each = make_view(ones({1}, dtype), {rows.numel()}, {0}, 0);
  const Tensor base = make_view(count, {}, {}, 0);
  kernel::index_put(base, 0, rows, each, /*add=*/true);
  Tensor y = empty({rows.numel()}, dtype);
  kernel::index_get(base, 0, rows, y);
  DimVector sizes = list.list_sizes;
  sizes.push_back(1);
  return reshape(y, sizes);
}

// y with the history of a lookup whose gradient is row-sparse: a row for each index but padding.
Tensor record_sparse(const char* op, const Tensor& weight, const Tensor& indices,
                     int64_t padding_idx, Tensor y) {
  const int64_t count = indices.numel();
  Tensor rows = indices.reshape({count}), kept;
  if (padding_idx >= 0) {
    kept = rows.ne(padding_idx).nonzero().reshape({-1});
    rows = rows.index_select(0, kept);
  }
  rows = rows.unsqueeze(0).clone();
  return record(op, {weight}, std::move(y),
                [count, rows, kept, sizes = to_dims(weight.sizes())](const Tensor& dy) -> Grads {
                  Tensor values = dy.reshape({count, sizes[1]});
                  if (kept.defined()) values = values.index_select(0, kept);
                  return {sparse_coo_tensor(rows, values, sizes)};
                });
}

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx,
                 bool scale_grad_by_freq, bool sparse) {
  require_tensors("embedding", weight, indices);
  const char* const op = "embedding";
  const OpScope scope(op);
  GRADUS_CHECK(weight.dim() == 2, "{}: weight must be a matrix, got shape {}", op, weight.sizes());
  GRADUS_CHECK_AS(NotImplementedError, !sparse || !scale_grad_by_freq,
                  "{}: scale_grad_by_freq is not supported with sparse gradients", op);
  const Tensor rows = checked_index(op, indices);
  IndexList list = make_index_list(op, weight.sizes(), {0}, rows, rows.sizes(), 0,
                                   /*wrapped=*/false);
  if (padding_idx < 0 && !scale_grad_by_freq && !sparse) return take_listed(op, weight, list);
  Tensor y;
  {
    NoGradGuard guard;
    y = take_listed(op, weight, list);
  }
  if (!records({weight})) return y;
  if (sparse) return record_sparse(op, weight, rows, padding_idx, std::move(y));
  // Padding, as a place that stands for nothing, gets nothing.
  if (padding_idx >= 0) {
    const Tensor all = list.offsets;
    list.offsets = empty(all.sizes(), kLong);
    const int64_t* const from = all.data_ptr<int64_t>();
    int64_t* const to = list.offsets.data_ptr<int64_t>();
    const int64_t padding = padding_idx * std::max<int64_t>(weight.sizes()[1], 1);
    const bool inside = padding_idx < weight.sizes()[0];
    std::transform(from, from + all.numel(), to,
                   [=](int64_t place) { return inside && place == padding ? -1 : place; });
  }
  return record(op, {weight}, std::move(y),
                [op, scale_grad_by_freq, saved = SavedIndexList(list)](const Tensor& dy) -> Grads {
                  const IndexList list = saved.get();
                  const Tensor scaled =
                      scale_grad_by_freq ? dy.div(lookups(list, dy.dtype()).clamp_min(1)) : dy;
                  return {put_listed(op, scaled, list)};
                });
}

Tensor one_hot(const Tensor& x, int64_t num_classes) {
  const OpScope scope("one_hot");
  require_tensors("one_hot", x);
  const char* const op = "one_hot";
  GRADUS_CHECK_TYPE(x.dtype() == kLong, "{}: expected a tensor of dtype Long, got {}", op,
                    x.dtype());
  GRADUS_CHECK_VALUE(num_classes > 0 || (num_classes == -1 && x.numel() > 0),
                     "{}: num_classes must be positive, or -1 for a tensor with elements, got {} "
                     "for shape {}",
                     op, num_classes, x.sizes());
  const Tensor list = x.contiguous();
  const int64_t* const p = list.data_ptr<int64_t>();
  int64_t classes = num_classes;
  if (classes == -1) {
    const int64_t largest = *std::max_element(p, p + list.numel());
    GRADUS_CHECK_INDEX(largest < INT64_MAX, "{}: class {} is too large", op, largest);
    classes = std::max<int64_t>(largest + 1, 1);
  }
  kernel::check_indices(op, list, 0, classes);
  DimVector sizes = to_dims(x.sizes());
  sizes.push_back(classes);
  Tensor y = named(op, [&] { return zeros(sizes, kLong); });
  const Tensor ones_there = make_view(ones({1}, kLong), {list.numel(), 1}, {0, 0}, 0);
  kernel::scatter(make_view(y, {list.numel(), classes}, {classes, 1}, 0), 1,
                  make_view(list, {list.numel(), 1}, {1, 1}, list.storage_offset()), ones_there,
                  kernel::Scatter::Set);
  return y;
}

}  // namespace gradus
