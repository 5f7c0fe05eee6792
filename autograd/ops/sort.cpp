#include "autograd/ops/sort.h"

#include <cmath>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/sort.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

using Pair = std::tuple<Tensor, Tensor>;

// Two dims exchanged, without the tape.
Tensor exchanged(const Tensor& x, int64_t a, int64_t b) {
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  std::swap(sizes[a], sizes[b]);
  std::swap(strides[a], strides[b]);
  return make_view(x, std::move(sizes), std::move(strides), x.storage_offset());
}

Tensor row_major(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor y = empty(x.sizes(), x.dtype());
  kernel::copy(x, y);
  return y;
}

// x row-major with dim last, as the kernels take it; a 0-d tensor as one element.
Tensor rows_along(const Tensor& x, int64_t dim) {
  if (x.dim() == 0) return make_view(x, {1}, {1}, x.storage_offset());
  return row_major(exchanged(x, dim, x.dim() - 1));
}

// The result of a kernel on rows_along(x, dim), in the order of dims of x.
Tensor with_dim_back(const Tensor& y, const Tensor& x, int64_t dim) {
  if (x.dim() == 0) return make_view(y, {}, {}, y.storage_offset());
  return dim == x.dim() - 1 ? y : row_major(exchanged(y, dim, x.dim() - 1));
}

void check_not_bool(const char* op, const Tensor& x) {
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "{}: not implemented for Bool", op);
}

int64_t size_along(const Tensor& x, int64_t dim) {
  return x.dim() == 0 ? 1 : x.sizes()[static_cast<size_t>(dim)];
}

// Remembers that values are the elements of x which indices name along dim.
Pair record_picked(const char* op, const Tensor& x, Tensor values, Tensor indices, int64_t dim,
                   bool keepdim) {
  record_all(op, {x}, {values, indices},
             [indices = Saved(indices), dim, keepdim, sizes = to_dims(x.sizes())](
                 const Grads& dys, const Needs&) -> Grads {
               const Tensor& dy = dys[0];
               if (!dy.defined() || sizes.empty()) return {dy};
               return {zeros(sizes, dy.options())
                           .scatter(dim, with_reduced_dims(indices.get(), dim, keepdim, sizes),
                                    with_reduced_dims(dy, dim, keepdim, sizes))};
             });
  return {std::move(values), std::move(indices)};
}

// Calls run(rows, values, indices), whose rows have k elements, and puts dim back.
template <class Run>
Pair pick(const char* op, const Tensor& x, int64_t dim, int64_t k, Run run) {
  const OpScope scope(op);
  const Tensor rows = rows_along(x, dim);
  DimVector sizes = to_dims(rows.sizes());
  sizes.back() = k;
  const Tensor values = empty(sizes, x.dtype()), indices = empty(sizes, kLong);
  run(rows, values, indices);
  return record_picked(op, x, with_dim_back(values, x, dim), with_dim_back(indices, x, dim), dim,
                       /*keepdim=*/true);
}

// The same for one element of each row.
template <class Run>
Pair pick_one(const char* op, const Tensor& x, int64_t dim, bool keepdim, Run run) {
  const OpScope scope(op);
  const Tensor rows = rows_along(x, dim);
  DimVector sizes = to_dims(x.sizes());
  DimVector kept = to_dims(rows.sizes());
  if (x.dim() > 0) sizes[dim] = 1;
  kept.back() = 1;
  Tensor values = empty(kept, x.dtype()), indices = empty(kept, kLong);
  if (values.numel() > 0) run(rows, values, indices);
  values = with_dim_back(values, x, dim);
  indices = with_dim_back(indices, x, dim);
  if (!keepdim && x.dim() > 0) {
    sizes.erase(dim);
    values = make_view(values, sizes, contiguous_strides(sizes), values.storage_offset());
    indices = make_view(indices, sizes, contiguous_strides(sizes), indices.storage_offset());
  }
  return record_picked(op, x, values, indices, dim, keepdim);
}

}  // namespace

// --- sort

Pair sort(const Tensor& x, int64_t dim, bool descending) {
  check_defined("sort", x);
  dim = wrap_dim("sort", dim, x.dim());
  return pick("sort", x, dim, size_along(x, dim),
              [&](const Tensor& rows, const Tensor& values, const Tensor& indices) {
                kernel::sort_rows(rows, descending, values, indices);
              });
}

Pair sort(const Tensor& x, std::optional<bool>, int64_t dim, bool descending) {
  return sort(x, dim, descending);
}

std::tuple<Tensor&, Tensor&> sort_out(Tensor& values, Tensor& indices, const Tensor& x, int64_t dim,
                                      bool descending) {
  return compute_out("sort_out", {x}, std::tie(values, indices),
                     [&] { return sort(x, dim, descending); });
}

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  const OpScope scope("argsort");
  check_defined("argsort", x);
  NoGradGuard no_grad;
  return std::get<1>(sort(x, wrap_dim("argsort", dim, x.dim()), descending));
}

Tensor msort(const Tensor& x) {
  const OpScope scope("msort");
  check_defined("msort", x);
  return std::get<0>(sort(x, /*dim=*/0, /*descending=*/false));
}

Tensor& msort_out(Tensor& out, const Tensor& x) {
  return compute_out("msort_out", {x}, out, [&] { return msort(x); });
}

// --- selection

Pair topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool) {
  check_defined("topk", x);
  check_not_bool("topk", x);
  dim = wrap_dim("topk", dim, x.dim());
  GRADUS_CHECK(k >= 0 && k <= size_along(x, dim),
               "topk: k = {} is out of range for dim {} of size {}", k, dim, size_along(x, dim));
  if (x.dim() == 0) k = 1;  // as PyTorch
  return pick("topk", x, dim, k,
              [&](const Tensor& rows, const Tensor& values, const Tensor& indices) {
                kernel::topk_rows(rows, k, largest, values, indices);
              });
}

std::tuple<Tensor&, Tensor&> topk_out(Tensor& values, Tensor& indices, const Tensor& x, int64_t k,
                                      int64_t dim, bool largest, bool sorted) {
  return compute_out("topk_out", {x}, std::tie(values, indices),
                     [&] { return topk(x, k, dim, largest, sorted); });
}

Pair kthvalue(const Tensor& x, int64_t k, int64_t dim, bool keepdim) {
  check_defined("kthvalue", x);
  check_not_bool("kthvalue", x);
  dim = wrap_dim("kthvalue", dim, x.dim());
  check_has_elements("kthvalue", x, dim);
  GRADUS_CHECK(k >= 1 && k <= size_along(x, dim),
               "kthvalue: k = {} is out of range for dim {} of size {}", k, dim,
               size_along(x, dim));
  return pick_one("kthvalue", x, dim, keepdim,
                  [&](const Tensor& rows, const Tensor& values, const Tensor& indices) {
                    kernel::select_rows(rows, kernel::Rank::Kth, k - 1, values, indices);
                  });
}

std::tuple<Tensor&, Tensor&> kthvalue_out(Tensor& values, Tensor& indices, const Tensor& x,
                                          int64_t k, int64_t dim, bool keepdim) {
  return compute_out("kthvalue_out", {x}, std::tie(values, indices),
                     [&] { return kthvalue(x, k, dim, keepdim); });
}

namespace {

Tensor median_of_all(const char* op, kernel::Rank rank, const Tensor& x) {
  const OpScope scope(op);
  check_defined(op, x);
  check_not_bool(op, x);
  if (x.numel() == 0) {
    if (x.is_floating_point()) {
      return record(op, {x}, full({}, NAN, x.options()),
                    [sizes = to_dims(x.sizes())](const Tensor& dy) -> Grads {
                      return {zeros(sizes, dy.dtype())};
                    });
    }
    // As PyTorch, which converts NaN.
    return full({},
                x.dtype() == kInt    ? INT32_MIN
                : x.dtype() == kLong ? INT64_MIN
                                     : 0,
                x.options());
  }
  const Tensor rows = row_major(x);
  const Tensor row = make_view(rows, {x.numel()}, {1}, rows.storage_offset());
  Tensor y = empty({}, x.dtype());
  const Tensor index = empty({}, kLong);
  kernel::select_rows(row, rank, /*k=*/0, y, index);
  return record(op, {x}, y, [x = Saved(x), y = Saved(y)](const Tensor& dy) -> Grads {
    const Tensor data = x.get();
    const DimVector all = wrap_dims("median", {}, data.dim());
    return {share_among_equals(dy, data, y.get(), all)};
  });
}

Pair median_along(const char* op, kernel::Rank rank, const Tensor& x, int64_t dim, bool keepdim) {
  check_defined(op, x);
  check_not_bool(op, x);
  dim = wrap_dim(op, dim, x.dim());
  check_has_elements(op, x, dim);
  return pick_one(op, x, dim, keepdim,
                  [&](const Tensor& rows, const Tensor& values, const Tensor& indices) {
                    kernel::select_rows(rows, rank, /*k=*/0, values, indices);
                  });
}

}  // namespace

Tensor median(const Tensor& x) {
  return median_of_all("median", kernel::Rank::Median, x);
}

Pair median(const Tensor& x, int64_t dim, bool keepdim) {
  return median_along("median", kernel::Rank::Median, x, dim, keepdim);
}

std::tuple<Tensor&, Tensor&> median_out(Tensor& values, Tensor& indices, const Tensor& x,
                                        int64_t dim, bool keepdim) {
  return compute_out("median_out", {x}, std::tie(values, indices),
                     [&] { return median(x, dim, keepdim); });
}

Tensor nanmedian(const Tensor& x) {
  return median_of_all("nanmedian", kernel::Rank::NanMedian, x);
}

Pair nanmedian(const Tensor& x, int64_t dim, bool keepdim) {
  return median_along("nanmedian", kernel::Rank::NanMedian, x, dim, keepdim);
}

std::tuple<Tensor&, Tensor&> nanmedian_out(Tensor& values, Tensor& indices, const Tensor& x,
                                           int64_t dim, bool keepdim) {
  return compute_out("nanmedian_out", {x}, std::tie(values, indices),
                     [&] { return nanmedian(x, dim, keepdim); });
}

Pair mode(const Tensor& x, int64_t dim, bool keepdim) {
  check_defined("mode", x);
  dim = wrap_dim("mode", dim, x.dim());
  check_has_elements("mode", x, dim);
  return pick_one("mode", x, dim, keepdim,
                  [&](const Tensor& rows, const Tensor& values, const Tensor& indices) {
                    const Tensor sorted = empty(rows.sizes(), rows.dtype());
                    const Tensor order = empty(rows.sizes(), kLong);
                    kernel::sort_rows(rows, /*descending=*/false, sorted, order);
                    kernel::mode_rows(sorted, order, values, indices);
                  });
}

std::tuple<Tensor&, Tensor&> mode_out(Tensor& values, Tensor& indices, const Tensor& x, int64_t dim,
                                      bool keepdim) {
  return compute_out("mode_out", {x}, std::tie(values, indices),
                     [&] { return mode(x, dim, keepdim); });
}

// --- methods of Tensor

Pair Tensor::sort(int64_t dim, bool descending) const {
  return gradus::sort(*this, dim, descending);
}
Pair Tensor::sort(std::optional<bool> stable, int64_t dim, bool descending) const {
  return gradus::sort(*this, stable, dim, descending);
}
Tensor Tensor::argsort(int64_t dim, bool descending) const {
  return gradus::argsort(*this, dim, descending);
}
Tensor Tensor::argsort(bool, int64_t dim, bool descending) const {
  return gradus::argsort(*this, dim, descending);
}
Tensor Tensor::msort() const {
  return gradus::msort(*this);
}
Pair Tensor::topk(int64_t k, int64_t dim, bool largest, bool sorted) const {
  return gradus::topk(*this, k, dim, largest, sorted);
}
Pair Tensor::kthvalue(int64_t k, int64_t dim, bool keepdim) const {
  return gradus::kthvalue(*this, k, dim, keepdim);
}
Tensor Tensor::median() const {
  return gradus::median(*this);
}
Pair Tensor::median(int64_t dim, bool keepdim) const {
  return gradus::median(*this, dim, keepdim);
}
Tensor Tensor::nanmedian() const {
  return gradus::nanmedian(*this);
}
Pair Tensor::nanmedian(int64_t dim, bool keepdim) const {
  return gradus::nanmedian(*this, dim, keepdim);
}
Pair Tensor::mode(int64_t dim, bool keepdim) const {
  return gradus::mode(*this, dim, keepdim);
}

}  // namespace gradus
