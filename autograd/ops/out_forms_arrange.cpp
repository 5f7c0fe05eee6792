// The out= forms in autograd/ops/out_forms.h: reductions, sorting, indexing and joining.

#include "autograd/ops/aliases.h"
#include "autograd/ops/counting.h"
#include "autograd/ops/fold.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/index.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/join.h"
#include "autograd/ops/out_forms.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/scatter_reduce.h"
#include "autograd/ops/series.h"
#include "autograd/ops/sort.h"

namespace gradus {

Tensor& all_out(Tensor& out, const Tensor& x) {
  return compute_out("all_out", {x}, out, [&] { return truth_for(out, all(x)); });
}

Tensor& any_out(Tensor& out, const Tensor& x) {
  return compute_out("any_out", {x}, out, [&] { return truth_for(out, any(x)); });
}

Tensor& max_out(Tensor& out, const Tensor& x) {
  return compute_out("max_out", {x}, out, [&] { return cast_for(out, gradus::max(x)); });
}

Tensor& min_out(Tensor& out, const Tensor& x) {
  return compute_out("min_out", {x}, out, [&] { return cast_for(out, gradus::min(x)); });
}

Tensor& sum_out(Tensor& out, const Tensor& x, std::optional<ScalarType> dtype) {
  return compute_out("sum_out", {x}, out, [&] { return sum(x, dtype); });
}

Tensor& mean_out(Tensor& out, const Tensor& x, std::optional<ScalarType> dtype) {
  return compute_out("mean_out", {x}, out,
                     [&] { return mean(x, floating_dtype_for("mean_out", out, x, dtype)); });
}

Tensor& prod_out(Tensor& out, const Tensor& x, std::optional<ScalarType> dtype) {
  return compute_out("prod_out", {x}, out, [&] { return prod(x, dtype); });
}

Tensor& nansum_out(Tensor& out, const Tensor& x) {
  return compute_out("nansum_out", {x}, out, [&] {
    return nansum(x, {}, false, dtype_for("nansum_out", out, std::nullopt));
  });
}

Tensor& nanmean_out(Tensor& out, const Tensor& x) {
  return compute_out("nanmean_out", {x}, out, [&] {
    return nanmean(x, {}, false, floating_dtype_for("nanmean_out", out, x, std::nullopt));
  });
}

Tensor& median_out(Tensor& out, const Tensor& x) {
  return compute_out("median_out", {x}, out, [&] { return median(x); });
}

Tensor& nanmedian_out(Tensor& out, const Tensor& x) {
  return compute_out("nanmedian_out", {x}, out, [&] { return nanmedian(x); });
}

Tensor& norm_out(Tensor& out, const Tensor& x, const Scalar& p) {
  return compute_out("norm_out", {x}, out, [&] { return norm(x, p); });
}

Tensor& norm_out(Tensor& out, const Tensor& x, std::optional<Scalar> p, ScalarType dtype) {
  return compute_out("norm_out", {x}, out, [&] { return norm(x, p, dtype); });
}

Tensor& bucketize_out(Tensor& out, const Scalar& value, const Tensor& boundaries, bool out_int32,
                      bool right) {
  return compute_out("bucketize_out", {boundaries}, out,
                     [&] { return bucketize(value, boundaries, out_int32, right); });
}

Tensor& quantile_out(Tensor& out, const Tensor& x, double q, std::optional<int64_t> dim,
                     bool keepdim, std::string_view interpolation) {
  return compute_out("quantile_out", {x}, out,
                     [&] { return quantile(x, q, dim, keepdim, interpolation); });
}

Tensor& nanquantile_out(Tensor& out, const Tensor& x, double q, std::optional<int64_t> dim,
                        bool keepdim, std::string_view interpolation) {
  return compute_out("nanquantile_out", {x}, out,
                     [&] { return nanquantile(x, q, dim, keepdim, interpolation); });
}

Tensor& argsort_out(Tensor& out, const Tensor& x, bool stable, int64_t dim, bool descending) {
  return compute_out("argsort_out", {x}, out, [&] { return argsort(x, stable, dim, descending); });
}

std::tuple<Tensor&, Tensor&> sort_out(Tensor& values, Tensor& indices, const Tensor& x,
                                      std::optional<bool> stable, int64_t dim, bool descending) {
  return compute_out("sort_out", {x}, std::tie(values, indices),
                     [&] { return sort(x, stable, dim, descending); });
}

Tensor& diff_out(Tensor& out, const Tensor& x, int64_t n, int64_t dim, const Tensor& prepend,
                 const Tensor& append) {
  return compute_out("diff_out", {x, prepend, append}, out,
                     [&] { return diff(x, n, dim, prepend, append); });
}

Tensor& concatenate_out(Tensor& out, TensorList tensors, int64_t dim) {
  return compute_out("concatenate_out", tensors, out, [&] { return concatenate(tensors, dim); });
}

Tensor& row_stack_out(Tensor& out, TensorList tensors) {
  return compute_out("row_stack_out", tensors, out, [&] { return row_stack(tensors); });
}

Tensor& index_out(Tensor& out, const Tensor& x, ArrayRef<indexing::TensorIndex> indices) {
  return compute_out("index_out", {x}, out, [&] { return index(x, indices); });
}

Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                    const Scalar& value) {
  return compute_out("scatter_out", {x, index}, out, [&] { return scatter(x, dim, index, value); });
}

Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                    const Tensor& src, std::string_view reduce) {
  return compute_out("scatter_out", {x, index, src}, out,
                     [&] { return scatter(x, dim, index, src, reduce); });
}

Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                    const Scalar& value, std::string_view reduce) {
  return compute_out("scatter_out", {x, index}, out,
                     [&] { return scatter(x, dim, index, value, reduce); });
}

Tensor& scatter_reduce_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                           const Tensor& src, std::string_view reduce, bool include_self) {
  return compute_out("scatter_reduce_out", {x, index, src}, out,
                     [&] { return scatter_reduce(x, dim, index, src, reduce, include_self); });
}

Tensor& im2col_out(Tensor& out, const Tensor& x, IntArrayRef kernel_size, IntArrayRef dilation,
                   IntArrayRef padding, IntArrayRef stride) {
  return compute_out("im2col_out", {x}, out,
                     [&] { return im2col(x, kernel_size, dilation, padding, stride); });
}

Tensor& col2im_out(Tensor& out, const Tensor& x, IntArrayRef output_size, IntArrayRef kernel_size,
                   IntArrayRef dilation, IntArrayRef padding, IntArrayRef stride) {
  return compute_out("col2im_out", {x}, out, [&] {
    return col2im(x, output_size, kernel_size, dilation, padding, stride);
  });
}

Tensor& reflection_pad1d_out(Tensor& out, const Tensor& x, IntArrayRef padding) {
  return compute_out("reflection_pad1d_out", {x}, out,
                     [&] { return reflection_pad1d(x, padding); });
}

Tensor& reflection_pad2d_out(Tensor& out, const Tensor& x, IntArrayRef padding) {
  return compute_out("reflection_pad2d_out", {x}, out,
                     [&] { return reflection_pad2d(x, padding); });
}

Tensor& reflection_pad3d_out(Tensor& out, const Tensor& x, IntArrayRef padding) {
  return compute_out("reflection_pad3d_out", {x}, out,
                     [&] { return reflection_pad3d(x, padding); });
}

Tensor& replication_pad1d_out(Tensor& out, const Tensor& x, IntArrayRef padding) {
  return compute_out("replication_pad1d_out", {x}, out,
                     [&] { return replication_pad1d(x, padding); });
}

Tensor& replication_pad2d_out(Tensor& out, const Tensor& x, IntArrayRef padding) {
  return compute_out("replication_pad2d_out", {x}, out,
                     [&] { return replication_pad2d(x, padding); });
}

Tensor& replication_pad3d_out(Tensor& out, const Tensor& x, IntArrayRef padding) {
  return compute_out("replication_pad3d_out", {x}, out,
                     [&] { return replication_pad3d(x, padding); });
}

Tensor& isin_out(Tensor& out, const Tensor& elements, const Scalar& test_element,
                 bool assume_unique, bool invert) {
  return compute_out("isin_out", {elements}, out,
                     [&] { return isin(elements, test_element, assume_unique, invert); });
}

Tensor& isin_out(Tensor& out, const Scalar& element, const Tensor& test_elements,
                 bool assume_unique, bool invert) {
  return compute_out("isin_out", {test_elements}, out,
                     [&] { return isin(element, test_elements, assume_unique, invert); });
}

Tensor& searchsorted_out(Tensor& out, const Tensor& sorted_sequence, const Scalar& value,
                         bool out_int32, bool right, std::optional<std::string_view> side,
                         const Tensor& sorter) {
  return compute_out("searchsorted_out", {sorted_sequence, sorter}, out, [&] {
    return searchsorted(sorted_sequence, value, out_int32, right, side, sorter);
  });
}

std::tuple<Tensor&, Tensor&> histogram_out(Tensor& hist, Tensor& bin_edges, const Tensor& x,
                                           int64_t bins, ArrayRef<double> range,
                                           const Tensor& weight, bool density) {
  return compute_out("histogram_out", {x, weight}, std::tie(hist, bin_edges),
                     [&] { return histogram(x, bins, range, weight, density); });
}

std::tuple<Tensor&, Tensor&> histogram_out(Tensor& hist, Tensor& bin_edges, const Tensor& x,
                                           const Tensor& bins, const Tensor& weight, bool density) {
  return compute_out("histogram_out", {x, bins, weight}, std::tie(hist, bin_edges),
                     [&] { return histogram(x, bins, weight, density); });
}

Tensor& index_reduce_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                         const Tensor& source, std::string_view reduce, bool include_self) {
  return compute_out("index_reduce_out", {x, index, source}, out,
                     [&] { return index_reduce(x, dim, index, source, reduce, include_self); });
}

Tensor& nonzero_static_out(Tensor& out, const Tensor& x, int64_t size, int64_t fill_value) {
  return compute_out("nonzero_static_out", {x}, out,
                     [&] { return nonzero_static(x, size, fill_value); });
}

}  // namespace gradus
