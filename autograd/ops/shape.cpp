#include "autograd/ops/shape.h"

#include <algorithm>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/named.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// The elements of x in row-major order under other sizes.
Tensor copy_as(const Tensor& x, const DimVector& sizes) {
  Tensor y = empty(sizes, x.options());
  kernel::copy(x, make_view(y, to_dims(x.sizes()), contiguous_strides(x.sizes()), 0));
  return y;
}

Tensor view_or_copy(const char* op, const Tensor& x, const DimVector& sizes, bool marked) {
  const OpScope scope(op);
  auto closure = [from = to_dims(x.sizes())](const Tensor& dy) -> Grads {
    return {reshape(dy, from)};
  };
  if (auto strides = view_strides(x.sizes(), x.strides(), sizes)) {
    return record_view(op, x, make_view(x, sizes, std::move(*strides), x.storage_offset()),
                       std::move(closure));
  }
  Tensor y = copy_as(x, sizes);
  y.impl()->view_copy = marked;
  return record(op, {x}, std::move(y), std::move(closure));
}

}  // namespace

Tensor view(const Tensor& x, IntArrayRef sizes) {
  require_tensors("view", x);
  return view_or_copy("view", x, infer_sizes("view", sizes, x.numel()), /*marked=*/true);
}

Tensor view(const Tensor& x, ScalarType dtype) {
  const OpScope scope("view");
  require_tensors("view", x);
  const auto from = static_cast<int64_t>(x.element_size());
  const auto to = static_cast<int64_t>(element_size(dtype));
  GRADUS_CHECK_TYPE(to > 0, "view: expected a dtype, got {}", dtype);
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  int64_t offset = x.storage_offset();
  if (from != to) {
    GRADUS_CHECK(!sizes.empty() && strides.back() == 1,
                 "view: {} to {} needs a last dim that is contiguous, got shape {} with strides {}",
                 x.dtype(), dtype, x.sizes(), x.strides());
    // Every dim but the last must be a multiple of the wider element.
    const int64_t ratio = std::max(from, to) / std::min(from, to);
    const auto scaled = [&](int64_t value, const char* what) {
      if (from > to) return value * ratio;
      GRADUS_CHECK(value % ratio == 0, "view: {} {} is not divisible by {} ({} to {})", what, value,
                   ratio, x.dtype(), dtype);
      return value / ratio;
    };
    sizes.back() = scaled(sizes.back(), "the size of the last dim");
    offset = scaled(offset, "storage_offset");
    for (size_t d = 0; d + 1 < strides.size(); ++d) strides[d] = scaled(strides[d], "stride");
  }
  Tensor y = make_view(x, std::move(sizes), std::move(strides), offset);
  y.impl()->dtype = dtype;
  if (x.dtype() != dtype) {
    y.impl()->view_copy = x.impl()->view_copy;
    return y;
  }
  return record_view("view", x, std::move(y), [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor alias(const Tensor& x) {
  const OpScope scope("alias");
  require_tensors("alias", x);
  return record_view("alias", x,
                     make_view(x, to_dims(x.sizes()), to_dims(x.strides()), x.storage_offset()),
                     [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor view_as(const Tensor& x, const Tensor& other) {
  require_tensors("view_as", x, other);
  return named("view_as", [&] { return view(x, other.sizes()); });
}

Tensor reshape(const Tensor& x, IntArrayRef sizes) {
  require_tensors("reshape", x);
  return view_or_copy("reshape", x, infer_sizes("reshape", sizes, x.numel()), /*marked=*/false);
}

Tensor reshape_as(const Tensor& x, const Tensor& other) {
  require_tensors("reshape_as", x, other);
  return named("reshape_as", [&] { return reshape(x, other.sizes()); });
}

Tensor flatten(const Tensor& x, int64_t start_dim, int64_t end_dim) {
  require_tensors("flatten", x);
  const int64_t start = wrap_dim("flatten", start_dim, x.dim());
  const int64_t end = wrap_dim("flatten", end_dim, x.dim());
  GRADUS_CHECK(start <= end, "flatten: start_dim {} comes after end_dim {}", start_dim, end_dim);
  if (x.dim() == 0) return reshape(x, {1});
  if (start == end) return x;
  DimVector sizes;
  int64_t flat = 1;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (d < start || d > end) {
      sizes.push_back(x.size(d));
    } else {
      flat *= x.size(d);
      if (d == end) sizes.push_back(flat);
    }
  }
  return view_or_copy("flatten", x, sizes, /*marked=*/false);
}

Tensor unflatten(const Tensor& x, int64_t dim, IntArrayRef sizes) {
  require_tensors("unflatten", x);
  GRADUS_CHECK(x.dim() > 0, "unflatten: expected a tensor of at least one dim");
  const int64_t at = wrap_dim("unflatten", dim, x.dim());
  GRADUS_CHECK(!sizes.empty(), "unflatten: sizes must not be empty");
  const DimVector parts = infer_sizes("unflatten", sizes, x.size(at));
  DimVector whole(x.sizes().begin(), x.sizes().begin() + at);
  whole.append(parts.begin(), parts.end());
  whole.append(x.sizes().begin() + at + 1, x.sizes().end());
  return view_or_copy("unflatten", x, whole, /*marked=*/true);
}

Tensor ravel(const Tensor& x) {
  const OpScope scope("ravel");
  require_tensors("ravel", x);
  return reshape(x.contiguous(), {-1});
}

Tensor permute(const Tensor& x, IntArrayRef dims) {
  const OpScope scope("permute");
  require_tensors("permute", x);
  GRADUS_CHECK(static_cast<int64_t>(dims.size()) == x.dim(),
               "permute: {} dims {} for a tensor of {} dims", dims.size(), dims, x.dim());
  const DimVector order = wrap_dims("permute", dims, x.dim());
  DimVector sizes, strides, inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    sizes.push_back(x.sizes()[order[i]]);
    strides.push_back(x.strides()[order[i]]);
    inverse[order[i]] = static_cast<int64_t>(i);
  }
  return record_view("permute", x,
                     make_view(x, std::move(sizes), std::move(strides), x.storage_offset()),
                     [inverse](const Tensor& dy) -> Grads { return {permute(dy, inverse)}; });
}

namespace {

Tensor exchange(const char* op, const Tensor& x, int64_t dim0, int64_t dim1) {
  const OpScope scope(op);
  const int64_t a = wrap_dim(op, dim0, x.dim());
  const int64_t b = wrap_dim(op, dim1, x.dim());
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  if (x.dim() > 0) {
    std::swap(sizes[a], sizes[b]);
    std::swap(strides[a], strides[b]);
  }
  return record_view(op, x, make_view(x, std::move(sizes), std::move(strides), x.storage_offset()),
                     [a, b](const Tensor& dy) -> Grads { return {transpose(dy, a, b)}; });
}

}  // namespace

Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1) {
  require_tensors("transpose", x);
  return exchange("transpose", x, dim0, dim1);
}

Tensor swapaxes(const Tensor& x, int64_t axis0, int64_t axis1) {
  require_tensors("swapaxes", x);
  return exchange("swapaxes", x, axis0, axis1);
}

Tensor swapdims(const Tensor& x, int64_t dim0, int64_t dim1) {
  require_tensors("swapdims", x);
  return exchange("swapdims", x, dim0, dim1);
}

Tensor movedim(const Tensor& x, IntArrayRef source, IntArrayRef destination) {
  const OpScope scope("movedim");
  require_tensors("movedim", x);
  GRADUS_CHECK(source.size() == destination.size(),
               "movedim: source {} and destination {} must be of the same length", source,
               destination);
  if (source.empty()) return permute(x, wrap_dims("movedim", {}, x.dim()));
  const DimVector from = wrap_dims("movedim", source, x.dim());
  const DimVector to = wrap_dims("movedim", destination, x.dim());
  if (x.dim() == 0) return permute(x, {});
  DimVector order(x.dim(), -1), rest;
  for (size_t i = 0; i < from.size(); ++i) order[to[i]] = from[i];
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (std::find(from.begin(), from.end(), d) == from.end()) rest.push_back(d);
  }
  const int64_t* next = rest.begin();
  for (int64_t& d : order) {
    if (d < 0) d = *next++;
  }
  return permute(x, order);
}

Tensor movedim(const Tensor& x, int64_t source, int64_t destination) {
  const OpScope scope("movedim");
  require_tensors("movedim", x);
  return movedim(x, IntArrayRef(source), IntArrayRef(destination));
}

Tensor moveaxis(const Tensor& x, IntArrayRef source, IntArrayRef destination) {
  require_tensors("moveaxis", x);
  return named("moveaxis", [&] { return movedim(x, source, destination); });
}

Tensor moveaxis(const Tensor& x, int64_t source, int64_t destination) {
  require_tensors("moveaxis", x);
  return named("moveaxis", [&] { return movedim(x, source, destination); });
}

Tensor t(const Tensor& x) {
  require_tensors("t", x);
  GRADUS_CHECK(x.dim() <= 2, "t: expected a tensor of at most 2 dims, got shape {}", x.sizes());
  return exchange("t", x, 0, x.dim() < 2 ? 0 : 1);
}

Tensor mT(const Tensor& x) {
  require_tensors("mT", x);
  GRADUS_CHECK(x.dim() >= 2, "mT: expected a matrix or a batch of matrices, got shape {}",
               x.sizes());
  return exchange("mT", x, -2, -1);
}

Tensor numpy_T(const Tensor& x) {
  const OpScope scope("numpy_T");
  require_tensors("numpy_T", x);
  DimVector dims;
  for (int64_t d = x.dim(); d-- > 0;) dims.push_back(d);
  return permute(x, dims);
}

namespace {

Tensor squeeze_where(const Tensor& x, const DimVector& dims) {
  const OpScope scope("squeeze");
  DimVector sizes, strides;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (x.sizes()[d] == 1 && std::find(dims.begin(), dims.end(), d) != dims.end()) continue;
    sizes.push_back(x.sizes()[d]);
    strides.push_back(x.strides()[d]);
  }
  return record_view(
      "squeeze", x, make_view(x, std::move(sizes), std::move(strides), x.storage_offset()),
      [from = to_dims(x.sizes())](const Tensor& dy) -> Grads { return {reshape(dy, from)}; });
}

}  // namespace

Tensor squeeze(const Tensor& x) {
  const OpScope scope("squeeze");
  require_tensors("squeeze", x);
  return squeeze_where(x, wrap_dims("squeeze", {}, x.dim()));
}

Tensor squeeze(const Tensor& x, IntArrayRef dims) {
  const OpScope scope("squeeze");
  require_tensors("squeeze", x);
  return squeeze_where(x, dims.empty() ? DimVector() : wrap_dims("squeeze", dims, x.dim()));
}

Tensor unsqueeze(const Tensor& x, int64_t dim) {
  const OpScope scope("unsqueeze");
  require_tensors("unsqueeze", x);
  const int64_t at = wrap_dim("unsqueeze", dim, x.dim() + 1);
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  const int64_t stride = at < x.dim() ? sizes[at] * strides[at] : 1;
  sizes.insert(at, 1);
  strides.insert(at, stride);
  return record_view("unsqueeze", x,
                     make_view(x, std::move(sizes), std::move(strides), x.storage_offset()),
                     [at](const Tensor& dy) -> Grads { return {squeeze(dy, at)}; });
}

Tensor expand(const Tensor& x, IntArrayRef sizes, bool /*implicit*/) {
  const OpScope scope("expand");
  require_tensors("expand", x);
  const auto rank = static_cast<int64_t>(sizes.size());
  const int64_t added = rank - x.dim();
  GRADUS_CHECK(added >= 0, "expand: shape {} has fewer dims than the tensor's shape {}", sizes,
               x.sizes());
  DimVector out_sizes(rank), out_strides(rank);
  for (int64_t d = rank - 1; d >= 0; --d) {
    const bool old = d >= added;
    const int64_t size = old ? x.sizes()[d - added] : 1;
    const int64_t target = sizes[d] == -1 && old ? size : sizes[d];
    GRADUS_CHECK(target >= 0, "expand: invalid size {} at dim {} of shape {} (the tensor has {})",
                 sizes[d], d, sizes, x.sizes());
    GRADUS_CHECK(size == target || size == 1,
                 "expand: size {} of the tensor at dim {} must be 1 or {}: {} to {}", size,
                 d - added, target, x.sizes(), sizes);
    out_sizes[d] = target;
    if (size != target) {
      out_strides[d] = 0;
    } else if (old) {
      out_strides[d] = x.strides()[d - added];
    } else {
      out_strides[d] = d + 1 < rank ? out_sizes[d + 1] * out_strides[d + 1] : 1;
    }
  }
  checked_numel("expand", out_sizes);
  // The engine sums the gradient over what was expanded.
  return record_view("expand", x,
                     make_view(x, std::move(out_sizes), std::move(out_strides), x.storage_offset()),
                     [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor expand_as(const Tensor& x, const Tensor& other) {
  require_tensors("expand_as", x, other);
  return named("expand_as", [&] { return expand(x, other.sizes()); });
}

Tensor broadcast_to(const Tensor& x, IntArrayRef sizes) {
  require_tensors("broadcast_to", x);
  return named("broadcast_to", [&] { return expand(x, sizes); });
}

std::vector<Tensor> broadcast_tensors(TensorList tensors) {
  const OpScope scope("broadcast_tensors");
  DimVector sizes;
  for (const Tensor& x : tensors) require_tensors("broadcast_tensors", x);
  for (const Tensor& x : tensors) sizes = broadcast_sizes("broadcast_tensors", sizes, x.sizes());
  std::vector<Tensor> expanded;
  expanded.reserve(tensors.size());
  for (const Tensor& x : tensors) expanded.push_back(expand(x, sizes));
  return expanded;
}

Tensor Tensor::view(IntArrayRef sizes) const {
  return gradus::view(*this, sizes);
}
Tensor Tensor::view(ScalarType dtype) const {
  return gradus::view(*this, dtype);
}
Tensor Tensor::view_as(const Tensor& other) const {
  return gradus::view_as(*this, other);
}
Tensor Tensor::reshape(IntArrayRef sizes) const {
  return gradus::reshape(*this, sizes);
}
Tensor Tensor::reshape_as(const Tensor& other) const {
  return gradus::reshape_as(*this, other);
}
Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  return gradus::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::unflatten(int64_t dim, IntArrayRef sizes) const {
  return gradus::unflatten(*this, dim, sizes);
}
Tensor Tensor::ravel() const {
  return gradus::ravel(*this);
}
Tensor Tensor::permute(IntArrayRef dims) const {
  return gradus::permute(*this, dims);
}
Tensor Tensor::transpose(int64_t dim0, int64_t dim1) const {
  return gradus::transpose(*this, dim0, dim1);
}
Tensor Tensor::movedim(IntArrayRef source, IntArrayRef destination) const {
  return gradus::movedim(*this, source, destination);
}
Tensor Tensor::t() const {
  return gradus::t(*this);
}
Tensor Tensor::mT() const {
  return gradus::mT(*this);
}
Tensor Tensor::numpy_T() const {
  return gradus::numpy_T(*this);
}
Tensor Tensor::squeeze() const {
  return gradus::squeeze(*this);
}
Tensor Tensor::squeeze(IntArrayRef dims) const {
  return gradus::squeeze(*this, dims);
}
Tensor Tensor::unsqueeze(int64_t dim) const {
  return gradus::unsqueeze(*this, dim);
}
Tensor Tensor::expand(IntArrayRef sizes, bool implicit) const {
  return gradus::expand(*this, sizes, implicit);
}
Tensor Tensor::expand_as(const Tensor& other) const {
  return gradus::expand_as(*this, other);
}
Tensor Tensor::broadcast_to(IntArrayRef sizes) const {
  return gradus::broadcast_to(*this, sizes);
}

Tensor Tensor::movedim(int64_t source, int64_t destination) const {
  return gradus::movedim(*this, source, destination);
}

std::vector<Tensor> TensorMethods::tensor_split(int64_t sections, int64_t dim) const {
  return gradus::tensor_split(self(), sections, dim);
}

std::vector<Tensor> TensorMethods::tensor_split(IntArrayRef indices, int64_t dim) const {
  return gradus::tensor_split(self(), indices, dim);
}

std::vector<Tensor> TensorMethods::hsplit(int64_t sections) const {
  return gradus::hsplit(self(), sections);
}

std::vector<Tensor> TensorMethods::hsplit(IntArrayRef indices) const {
  return gradus::hsplit(self(), indices);
}

std::vector<Tensor> TensorMethods::vsplit(int64_t sections) const {
  return gradus::vsplit(self(), sections);
}

std::vector<Tensor> TensorMethods::vsplit(IntArrayRef indices) const {
  return gradus::vsplit(self(), indices);
}

std::vector<Tensor> TensorMethods::dsplit(int64_t sections) const {
  return gradus::dsplit(self(), sections);
}

std::vector<Tensor> TensorMethods::dsplit(IntArrayRef indices) const {
  return gradus::dsplit(self(), indices);
}

}  // namespace gradus
