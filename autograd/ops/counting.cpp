#include "autograd/ops/counting.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/ops/internal/out.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/gather.h"
#include "core/kernels/histogram.h"
#include "core/kernels/reduce.h"
#include "core/kernels/search.h"
#include "core/kernels/sort.h"
#include "core/kernels/unique.h"
#include "core/type_promotion.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// x row-major, of this dtype, without the tape.
Tensor row_major(const Tensor& x, ScalarType dtype) {
  if (x.is_contiguous() && x.dtype() == dtype) return x;
  Tensor y = empty(x.sizes(), dtype);
  kernel::copy(x, y);
  return y;
}

Tensor as_shape(const Tensor& x, const DimVector& sizes) {
  return make_view(x, sizes, contiguous_strides(sizes), x.storage_offset());
}

}  // namespace

// --- searching

namespace {

bool goes_right(const char* op, bool right, std::optional<std::string_view> side) {
  if (!side) return right;
  GRADUS_CHECK_VALUE(*side == "left" || *side == "right",
                     "{}: side must be \"left\" or \"right\", got {}", op, *side);
  GRADUS_CHECK_VALUE(!(right && *side == "left"), "{}: side \"left\" contradicts right = true", op);
  return *side == "right";
}

void check_rows(const char* op, const Tensor& boundaries, const Tensor& values) {
  GRADUS_CHECK(boundaries.dim() > 0, "{}: boundaries must have at least one dim", op);
  if (boundaries.dim() == 1) return;
  GRADUS_CHECK(values.dim() > 0,
               "{}: a number can be searched only in boundaries with one dim, got shape {}", op,
               boundaries.sizes());
  const size_t rows = boundaries.sizes().size() - 1;
  GRADUS_CHECK(values.dim() == boundaries.dim() &&
                   boundaries.sizes().slice(0, rows) == values.sizes().slice(0, rows),
               "{}: the dims of boundaries but the last must be those of the values, got {} and {}",
               op, boundaries.sizes(), values.sizes());
}

Tensor search(const char* op, const Tensor& boundaries, const Tensor& values, ScalarType dtype,
              bool out_int32, bool right, const Tensor& sorter) {
  check_rows(op, boundaries, values);
  GRADUS_CHECK_TYPE(dtype != kBool, "{}: not implemented for Bool", op);
  GRADUS_CHECK(!out_int32 || boundaries.sizes().back() < INT32_MAX,
               "{}: {} boundaries are too many for int32", op, boundaries.sizes().back());
  Tensor order;
  if (sorter.defined()) {
    GRADUS_CHECK(sorter.sizes() == boundaries.sizes(),
                 "{}: sorter must have the shape of the boundaries, {}, got {}", op,
                 boundaries.sizes(), sorter.sizes());
    GRADUS_CHECK_TYPE(sorter.dtype() == kLong, "{}: sorter must be of dtype Long, got {}", op,
                      sorter.dtype());
    order = row_major(sorter, kLong);
    kernel::check_indices(op, order, boundaries.dim() - 1, boundaries.sizes().back());
  }
  Tensor places = empty(values.sizes(), out_int32 ? kInt : kLong);
  kernel::searchsorted(row_major(boundaries, dtype), order, row_major(values, dtype), right,
                       places);
  return places;
}

}  // namespace

Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, bool out_int32, bool right,
                    std::optional<std::string_view> side, const Tensor& sorter) {
  const OpScope scope("searchsorted");
  require_tensors("searchsorted", sorted_sequence, values);
  return search("searchsorted", sorted_sequence, values, result_type(sorted_sequence, values),
                out_int32, goes_right("searchsorted", right, side), sorter);
}

Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& value, bool out_int32, bool right,
                    std::optional<std::string_view> side, const Tensor& sorter) {
  const OpScope scope("searchsorted");
  require_tensors("searchsorted", sorted_sequence);
  return search("searchsorted", sorted_sequence, scalar_tensor(value, value.type()),
                result_type(sorted_sequence, value), out_int32,
                goes_right("searchsorted", right, side), sorter);
}

Tensor& searchsorted_out(Tensor& out, const Tensor& sorted_sequence, const Tensor& values,
                         bool out_int32, bool right, std::optional<std::string_view> side,
                         const Tensor& sorter) {
  return compute_out("searchsorted_out", {sorted_sequence, values}, out, [&] {
    return searchsorted(sorted_sequence, values, out_int32, right, side, sorter);
  });
}

Tensor bucketize(const Tensor& values, const Tensor& boundaries, bool out_int32, bool right) {
  const OpScope scope("bucketize");
  require_tensors("bucketize", values, boundaries);
  GRADUS_CHECK(boundaries.dim() == 1, "bucketize: boundaries must have one dim, got shape {}",
               boundaries.sizes());
  return search("bucketize", boundaries, values, result_type(boundaries, values), out_int32, right,
                /*sorter=*/{});
}

Tensor bucketize(const Scalar& value, const Tensor& boundaries, bool out_int32, bool right) {
  const OpScope scope("bucketize");
  require_tensors("bucketize", boundaries);
  GRADUS_CHECK(boundaries.dim() == 1, "bucketize: boundaries must have one dim, got shape {}",
               boundaries.sizes());
  return search("bucketize", boundaries, scalar_tensor(value, value.type()),
                result_type(boundaries, value), out_int32, right, /*sorter=*/{});
}

Tensor& bucketize_out(Tensor& out, const Tensor& values, const Tensor& boundaries, bool out_int32,
                      bool right) {
  return compute_out("bucketize_out", {values, boundaries}, out,
                     [&] { return bucketize(values, boundaries, out_int32, right); });
}

Tensor isin(const Tensor& elements, const Tensor& test_elements, bool, bool invert) {
  const OpScope scope("isin");
  require_tensors("isin", elements, test_elements);
  const ScalarType dtype = result_type(elements, test_elements);
  GRADUS_CHECK_TYPE(elements.dtype() != kBool && test_elements.dtype() != kBool,
                    "isin: not implemented for Bool");
  const Tensor tests = row_major(test_elements, dtype);
  return kernel::isin(row_major(elements, dtype), as_shape(tests, {tests.numel()}), invert);
}

Tensor isin(const Tensor& elements, const Scalar& test_element, bool assume_unique, bool invert) {
  const OpScope scope("isin");
  require_tensors("isin", elements);
  return isin(elements, scalar_tensor(test_element, test_element.type()), assume_unique, invert);
}

Tensor isin(const Scalar& element, const Tensor& test_elements, bool assume_unique, bool invert) {
  const OpScope scope("isin");
  require_tensors("isin", test_elements);
  return isin(scalar_tensor(element, element.type()), test_elements, assume_unique, invert);
}

Tensor& isin_out(Tensor& out, const Tensor& elements, const Tensor& test_elements,
                 bool assume_unique, bool invert) {
  return compute_out("isin_out", {elements, test_elements}, out,
                     [&] { return isin(elements, test_elements, assume_unique, invert); });
}

// --- distinct values

namespace {

using Triple = std::tuple<Tensor, Tensor, Tensor>;

// The slices of x [n, m] at these places.
Tensor take_slices(const Tensor& x, const Tensor& places) {
  NoGradGuard no_grad;
  return x.index_select(0, places);
}

// Of slices that are in order: (the first of each run, numbers, lengths). `order` says where each
// slice came from; undefined: from its own place.
Triple distinct(const Tensor& slices, const Tensor& order, bool return_inverse,
                bool return_counts) {
  const int64_t n = slices.size(0);
  const Tensor starts = kernel::run_starts(slices);
  const Tensor none = empty({0}, kLong);
  return {take_slices(slices, starts),
          return_inverse ? kernel::run_numbers(starts, n, order) : none,
          return_counts ? kernel::run_lengths(starts, n) : none};
}

Triple distinct_elements(const char* op, const Tensor& x, bool in_order, bool return_inverse,
                         bool return_counts) {
  check_defined(op, x);
  Tensor list = as_shape(row_major(x.detach(), x.dtype()), {x.numel()});
  Tensor order;
  if (!in_order) {
    const Tensor sorted = empty(list.sizes(), x.dtype());
    order = empty(list.sizes(), kLong);
    kernel::sort_rows(list, /*descending=*/false, sorted, order);
    list = sorted;
  }
  auto [values, inverse, counts] =
      distinct(as_shape(list, {x.numel(), 1}), order, return_inverse, return_counts);
  if (return_inverse) inverse = as_shape(inverse, to_dims(x.sizes()));
  return {as_shape(values, {values.numel()}), inverse, counts};
}

Triple distinct_slices(const char* op, const Tensor& x, int64_t dim, bool in_order,
                       bool return_inverse, bool return_counts) {
  check_defined(op, x);
  GRADUS_CHECK_INDEX(x.dim() > 0, "{}: dim {} of a 0-d tensor", op, dim);
  dim = wrap_dim(op, dim, x.dim());
  const int64_t n = x.sizes()[dim];
  const Tensor none = empty({0}, kLong);
  if (x.numel() == 0) {
    for (int64_t d = 0; d < x.dim(); ++d) {
      GRADUS_CHECK(d == dim || x.sizes()[d] != 0,
                   "{}: dim {} has no elements, so the slices along dim {} cannot be told apart "
                   "(shape {})",
                   op, d, dim, x.sizes());
    }
    return {empty(x.sizes(), x.dtype()), none, none};
  }
  NoGradGuard no_grad;
  const Tensor front = row_major(x.detach().movedim(dim, 0), x.dtype());
  Tensor slices = as_shape(front, {n, x.numel() / n});
  Tensor order;
  if (!in_order) {
    order = kernel::slice_order(slices);
    slices = take_slices(slices, order);
  }
  auto [values, inverse, counts] = distinct(slices, order, return_inverse, return_counts);
  DimVector sizes = to_dims(front.sizes());
  sizes.front() = values.size(0);
  return {as_shape(values, sizes).movedim(0, dim).contiguous(), inverse, counts};
}

}  // namespace

Triple unique(const Tensor& x, bool sorted, bool return_inverse, bool return_counts,
              std::optional<int64_t> dim) {
  const OpScope scope("unique");
  if (dim) return unique_dim(x, *dim, sorted, return_inverse, return_counts);
  return distinct_elements("unique", x, /*in_order=*/false, return_inverse, return_counts);
}

Triple unique_dim(const Tensor& x, int64_t dim, bool, bool return_inverse, bool return_counts) {
  const OpScope scope("unique_dim");
  return distinct_slices("unique_dim", x, dim, /*in_order=*/false, return_inverse, return_counts);
}

Triple unique_consecutive(const Tensor& x, bool return_inverse, bool return_counts,
                          std::optional<int64_t> dim) {
  const OpScope scope("unique_consecutive");
  const char* const op = "unique_consecutive";
  if (dim) return distinct_slices(op, x, *dim, /*in_order=*/true, return_inverse, return_counts);
  return distinct_elements(op, x, /*in_order=*/true, return_inverse, return_counts);
}

Triple unique_dim_consecutive(const Tensor& x, int64_t dim, bool return_inverse,
                              bool return_counts) {
  const OpScope scope("unique_dim_consecutive");
  return distinct_slices("unique_dim_consecutive", x, dim, /*in_order=*/true, return_inverse,
                         return_counts);
}

// --- counting

Tensor bincount(const Tensor& x, const Tensor& weights, int64_t minlength) {
  const OpScope scope("bincount");
  require_tensors("bincount", x);
  GRADUS_CHECK_TYPE(is_integral(x.dtype(), /*include_bool=*/false),
                    "bincount: expected an input of integers, got {}", x.dtype());
  GRADUS_CHECK(x.dim() == 1, "bincount: expected an input of one dim, got {}", x.sizes());
  GRADUS_CHECK_VALUE(minlength >= 0, "bincount: minlength must not be negative, got {}", minlength);
  if (weights.defined() && x.numel() > 0) {
    GRADUS_CHECK(weights.sizes() == x.sizes(),
                 "bincount: weights must have the shape of the input, {}, got {}", x.sizes(),
                 weights.sizes());
  }
  int64_t bins = minlength;
  const Tensor list = row_major(x, kLong);
  if (x.numel() > 0) {
    const int64_t least = kernel::amin("bincount", list, 0, /*keepdim=*/false).item<int64_t>();
    const int64_t greatest = kernel::amax("bincount", list, 0, /*keepdim=*/false).item<int64_t>();
    GRADUS_CHECK_VALUE(least >= 0, "bincount: expected numbers >= 0, got {}", least);
    GRADUS_CHECK_VALUE(greatest < INT64_MAX, "bincount: {} is too great a number", greatest);
    bins = std::max(bins, greatest + 1);
  }
  if (!weights.defined() || x.numel() == 0) return kernel::bincount(list, {}, bins);
  return kernel::bincount(list, row_major(weights, weights.dtype() == kFloat ? kFloat : kDouble),
                          bins);
}

Tensor histc(const Tensor& x, int64_t bins, const Scalar& min, const Scalar& max) {
  const OpScope scope("histc");
  check_defined("histc", x);
  check_floating("histc", x);
  GRADUS_CHECK_VALUE(bins > 0, "histc: bins must be positive, got {}", bins);
  double low = min.toDouble(), high = max.toDouble();
  const Tensor list = row_major(x, x.dtype());
  if (low == high && x.numel() > 0) {
    const Tensor row = as_shape(list, {x.numel()});
    low = kernel::amin("histc", row, 0, /*keepdim=*/false).item<double>();
    high = kernel::amax("histc", row, 0, /*keepdim=*/false).item<double>();
  }
  if (low == high) {
    low -= 1;
    high += 1;
  }
  GRADUS_CHECK_VALUE(std::isfinite(low) && std::isfinite(high),
                     "histc: the range [{}, {}] is not finite", low, high);
  GRADUS_CHECK_VALUE(low < high, "histc: max must be larger than min, got {} and {}", high, low);
  return kernel::histc(list, bins, low, high);
}

Tensor& histc_out(Tensor& out, const Tensor& x, int64_t bins, const Scalar& min,
                  const Scalar& max) {
  return compute_out("histc_out", {x}, out, [&] { return histc(x, bins, min, max); });
}

// --- methods of Tensor

Tensor Tensor::bincount(const Tensor& weights, int64_t minlength) const {
  return gradus::bincount(*this, weights, minlength);
}
Tensor Tensor::histc(int64_t bins, const Scalar& min, const Scalar& max) const {
  return gradus::histc(*this, bins, min, max);
}
Triple Tensor::unique_consecutive(bool return_inverse, bool return_counts,
                                  std::optional<int64_t> dim) const {
  return gradus::unique_consecutive(*this, return_inverse, return_counts, dim);
}

}  // namespace gradus
