// The views of shape.h that show a part of a tensor.

#include <algorithm>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/join.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/strided.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// The adjoint of a view that shows each element at most once: dy in a tensor of zeros of these
// sizes. `part` is the view.
template <class Part>
Tensor embed(const char* op, const Tensor& dy, const DimVector& sizes, const Part& part) {
  const OpScope scope(op);
  Tensor dx = zeros(sizes, dy.options());
  kernel::copy(dy, part(dx));
  return record(op, {dy}, std::move(dx),
                [part](const Tensor& ddx) -> Grads { return {part(ddx)}; });
}

template <class Part>
Tensor record_part(const char* op, const char* backward, const Tensor& x, Tensor y, Part part) {
  return record_view(op, x, std::move(y),
                     [backward, part = std::move(part), from = to_dims(x.sizes())](
                         const Tensor& dy) -> Grads { return {embed(backward, dy, from, part)}; });
}

}  // namespace

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  const OpScope scope("select");
  require_tensors("select", x);
  GRADUS_CHECK_INDEX(x.dim() > 0, "select: cannot be applied to a 0-d tensor");
  const int64_t d = wrap_dim("select", dim, x.dim());
  const int64_t size = x.sizes()[d];
  GRADUS_CHECK_INDEX(index >= -size && index < size,
                     "select: index {} is out of range for dim {} of size {}", index, d, size);
  const int64_t i = index < 0 ? index + size : index;
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  const int64_t offset = x.storage_offset() + i * strides[d];
  sizes.erase(d);
  strides.erase(d);
  return record_part("select", "select_backward", x,
                     make_view(x, std::move(sizes), std::move(strides), offset),
                     [d, i](const Tensor& whole) { return select(whole, d, i); });
}

Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  const OpScope scope("narrow");
  require_tensors("narrow", x);
  GRADUS_CHECK(x.dim() > 0, "narrow: cannot be applied to a 0-d tensor");
  const int64_t d = wrap_dim("narrow", dim, x.dim());
  const int64_t size = x.sizes()[d];
  GRADUS_CHECK(length >= 0, "narrow: length must not be negative, got {}", length);
  GRADUS_CHECK_INDEX(start >= -size && start <= size,
                     "narrow: start {} is out of range for dim {} of size {}", start, d, size);
  const int64_t first = start < 0 ? start + size : start;
  GRADUS_CHECK(length <= size - first,
               "narrow: start {} and length {} exceed size {} of dim {} (shape {})", start, length,
               size, d, x.sizes());
  DimVector sizes = to_dims(x.sizes());
  sizes[d] = length;
  const int64_t offset = x.storage_offset() + first * x.strides()[d];
  return record_part(
      "narrow", "narrow_backward", x, make_view(x, std::move(sizes), to_dims(x.strides()), offset),
      [d, first, length](const Tensor& whole) { return narrow(whole, d, first, length); });
}

Tensor narrow_copy(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  const OpScope scope("narrow_copy");
  return named("narrow_copy",
               [&] { return narrow(x, dim, start, length).clone(MemoryFormat::Contiguous); });
}

Tensor narrow(const Tensor& x, int64_t dim, const Tensor& start, int64_t length) {
  require_tensors("narrow", x, start);
  GRADUS_CHECK(start.dim() == 0 && !start.is_floating_point() && start.dtype() != kBool,
               "narrow: start must be a 0-d tensor of integers, got {} of shape {}", start.dtype(),
               start.sizes());
  return narrow(x, dim, start.item().toLong(), length);
}

Tensor slice(const Tensor& x, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end,
             int64_t step) {
  const OpScope scope("slice");
  require_tensors("slice", x);
  GRADUS_CHECK(x.dim() > 0, "slice: cannot be applied to a 0-d tensor");
  const int64_t d = wrap_dim("slice", dim, x.dim());
  GRADUS_CHECK_VALUE(step > 0, "slice: step must be positive, got {}", step);
  const int64_t size = x.sizes()[d];
  const auto bound = [size](int64_t value) {
    return std::clamp<int64_t>(value < 0 ? value + size : value, 0, size);
  };
  const int64_t first = bound(start.value_or(0));
  const int64_t last = std::max(first, bound(end.value_or(size)));
  const int64_t length = last == first ? 0 : (last - first - 1) / step + 1;
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  sizes[d] = length;
  if (length > 1) strides[d] *= step;
  const int64_t offset = x.storage_offset() + first * x.strides()[d];
  return record_part(
      "slice", "slice_backward", x, make_view(x, std::move(sizes), std::move(strides), offset),
      [d, first, last, step](const Tensor& whole) { return slice(whole, d, first, last, step); });
}

Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  const OpScope scope("diagonal");
  require_tensors("diagonal", x);
  const int64_t a = wrap_dim("diagonal", dim1, x.dim());
  const int64_t b = wrap_dim("diagonal", dim2, x.dim());
  GRADUS_CHECK(a != b, "diagonal: dims {} and {} of shape {} are the same", dim1, dim2, x.sizes());
  const int64_t rows = x.sizes()[a], columns = x.sizes()[b];
  // Clamped so that an offset of any size gives an empty diagonal.
  const int64_t right = std::clamp(offset, -rows, columns);
  const int64_t length =
      right >= 0 ? std::min(rows, columns - right) : std::min(rows + right, columns);
  DimVector sizes, strides;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (d == a || d == b) continue;
    sizes.push_back(x.sizes()[d]);
    strides.push_back(x.strides()[d]);
  }
  sizes.push_back(std::max<int64_t>(length, 0));
  strides.push_back(x.strides()[a] + x.strides()[b]);
  int64_t start = x.storage_offset();
  if (length > 0) start += right >= 0 ? right * x.strides()[b] : -right * x.strides()[a];
  return record_part("diagonal", "diagonal_backward", x,
                     make_view(x, std::move(sizes), std::move(strides), start),
                     [right, a, b](const Tensor& whole) { return diagonal(whole, right, a, b); });
}

namespace {

// The gradient of each element is the sum over the windows that show it.
Tensor unfold_backward(const Tensor& dy, const DimVector& sizes, int64_t dim, int64_t size,
                       int64_t step) {
  const OpScope scope("unfold_backward");
  Tensor dx = zeros(sizes, dy.options());
  kernel::add_overlapping(dy, unfold(dx, dim, size, step));
  return record(
      "unfold_backward", {dy}, std::move(dx),
      [dim, size, step](const Tensor& ddx) -> Grads { return {unfold(ddx, dim, size, step)}; });
}

}  // namespace

Tensor unfold(const Tensor& x, int64_t dimension, int64_t size, int64_t step) {
  const OpScope scope("unfold");
  require_tensors("unfold", x);
  const int64_t d = wrap_dim("unfold", dimension, x.dim());
  const int64_t whole = x.dim() == 0 ? 1 : x.sizes()[d];
  GRADUS_CHECK(size >= 0 && size <= whole,
               "unfold: window of size {} in dim {} of size {} (shape {})", size, d, whole,
               x.sizes());
  GRADUS_CHECK(step > 0, "unfold: step must be positive, got {}", step);
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  const int64_t stride = x.dim() == 0 ? 1 : strides[d];
  if (x.dim() > 0) {
    sizes[d] = (whole - size) / step + 1;
    if (sizes[d] > 1) strides[d] *= step;
  }
  sizes.push_back(size);
  strides.push_back(stride);
  return record_view("unfold", x,
                     make_view(x, std::move(sizes), std::move(strides), x.storage_offset()),
                     [from = to_dims(x.sizes()), d, size, step](const Tensor& dy) -> Grads {
                       return {unfold_backward(dy, from, d, size, step)};
                     });
}

namespace {

// Beyond any use, and within the memory that a list of views may take.
constexpr int64_t kMostViews = int64_t{1} << 24;

std::vector<Tensor> split_as(const char* op, const Tensor& x, const DimVector& parts, int64_t d,
                             bool views = true) {
  const OpScope scope(op);
  std::vector<Tensor> ys;
  ys.reserve(parts.size());
  int64_t start = 0;
  for (int64_t length : parts) {
    DimVector sizes = to_dims(x.sizes());
    sizes[d] = length;
    ys.push_back(make_view(x, std::move(sizes), to_dims(x.strides()),
                           x.storage_offset() + start * x.strides()[d]));
    if (views) {
      set_view(x, ys.back(), /*multi_output=*/true);
    } else if (!x.is_inference()) {
      ys.back().impl()->own_version = make_intrusive<VersionCounter>(0);
    }
    start += length;
  }
  record_all(op, {x}, ys,
             [from = to_dims(x.sizes()), parts, d](const Grads& dys, const Needs&) -> Grads {
               std::vector<Tensor> pieces(dys.begin(), dys.end());
               TensorOptions options;
               for (const Tensor& dy : dys) {
                 if (dy.defined()) options = dy.options();
               }
               for (size_t i = 0; i < pieces.size(); ++i) {
                 if (pieces[i].defined()) continue;
                 DimVector sizes = from;
                 sizes[d] = parts[i];
                 pieces[i] = zeros(sizes, options);
               }
               return {cat(pieces, d)};
             });
  return ys;
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, int64_t split_size, int64_t dim) {
  require_tensors("split", x);
  GRADUS_CHECK(x.dim() > 0, "split: expected a tensor of at least one dim");
  const int64_t d = wrap_dim("split", dim, x.dim());
  const int64_t size = x.sizes()[d];
  GRADUS_CHECK(split_size >= 0, "split: split_size must not be negative, got {}", split_size);
  GRADUS_CHECK(split_size > 0 || size == 0,
               "split: split_size can be 0 only if the dim has size 0, but dim {} has size {}", d,
               size);
  GRADUS_CHECK(size == 0 || (size - 1) / split_size < kMostViews,
               "split: parts of {} elements of a dim of size {} are too many", split_size, size);
  DimVector parts;
  for (int64_t start = 0; start < size; start += parts.back()) {
    parts.push_back(std::min(split_size, size - start));
  }
  if (parts.empty()) parts.push_back(0);
  return split_as("split", x, parts, d);
}

std::vector<Tensor> split_with_sizes(const Tensor& x, IntArrayRef split_sizes, int64_t dim) {
  require_tensors("split_with_sizes", x);
  GRADUS_CHECK(x.dim() > 0, "split_with_sizes: expected a tensor of at least one dim");
  const int64_t d = wrap_dim("split_with_sizes", dim, x.dim());
  int64_t rest = x.sizes()[d];
  for (int64_t size : split_sizes) {
    GRADUS_CHECK(size >= 0, "split_with_sizes: sizes must not be negative, got {}", split_sizes);
    GRADUS_CHECK(size <= rest, "split_with_sizes: sizes {} must sum to {} (dim {} of shape {})",
                 split_sizes, x.sizes()[d], d, x.sizes());
    rest -= size;
  }
  GRADUS_CHECK(rest == 0, "split_with_sizes: sizes {} must sum to {} (dim {} of shape {})",
               split_sizes, x.sizes()[d], d, x.sizes());
  return split_as("split_with_sizes", x, to_dims(split_sizes), d);
}

std::vector<Tensor> split(const Tensor& x, IntArrayRef split_sizes, int64_t dim) {
  const OpScope scope("split");
  require_tensors("split", x);
  return split_with_sizes(x, split_sizes, dim);
}

std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim) {
  require_tensors("chunk", x);
  GRADUS_CHECK(x.dim() > 0, "chunk: expected a tensor of at least one dim");
  GRADUS_CHECK(chunks > 0, "chunk: chunks must be positive, got {}", chunks);
  const int64_t d = wrap_dim("chunk", dim, x.dim());
  const int64_t size = x.sizes()[d];
  const int64_t part = size == 0 ? 0 : (size - 1) / chunks + 1;
  if (part == 0) {
    // As many empty parts as asked for, unless that is beyond any use.
    GRADUS_CHECK(chunks <= kMostViews, "chunk: {} chunks of an empty dim", chunks);
    return split_as("chunk", x, DimVector(chunks, 0), d);
  }
  return split(x, part, d);
}

namespace {

// The parts that a split without history gave, as an op of their own.
std::vector<Tensor> unsafe_parts(const char* op, const Tensor& x,
                                 FunctionRef<std::vector<Tensor>(const Tensor&)> split_of,
                                 int64_t dim) {
  require_tensors(op, x);
  const std::vector<Tensor> views = named(op, [&] { return split_of(x.detach()); });
  const int64_t d = wrap_dim(op, dim, x.dim());
  DimVector parts;
  for (const Tensor& view : views) parts.push_back(view.sizes()[d]);
  return split_as(op, x, parts, d, /*views=*/false);
}

}  // namespace

std::vector<Tensor> unsafe_chunk(const Tensor& x, int64_t chunks, int64_t dim) {
  return unsafe_parts(
      "unsafe_chunk", x, [&](const Tensor& data) { return chunk(data, chunks, dim); }, dim);
}

std::vector<Tensor> unsafe_split(const Tensor& x, int64_t split_size, int64_t dim) {
  return unsafe_parts(
      "unsafe_split", x, [&](const Tensor& data) { return split(data, split_size, dim); }, dim);
}

std::vector<Tensor> unsafe_split_with_sizes(const Tensor& x, IntArrayRef split_sizes, int64_t dim) {
  return unsafe_parts(
      "unsafe_split_with_sizes", x,
      [&](const Tensor& data) { return split_with_sizes(data, split_sizes, dim); }, dim);
}

std::vector<Tensor> tensor_split(const Tensor& x, int64_t sections, int64_t dim) {
  require_tensors("tensor_split", x);
  GRADUS_CHECK(x.dim() > 0, "tensor_split: expected a tensor of at least one dim");
  const int64_t d = wrap_dim("tensor_split", dim, x.dim());
  GRADUS_CHECK_VALUE(sections > 0 && sections <= kMostViews,
                     "tensor_split: sections must be positive, got {}", sections);
  DimVector parts;
  for (int64_t i = 0; i < sections; ++i) {
    parts.push_back(x.sizes()[d] / sections + (i < x.sizes()[d] % sections));
  }
  return split_as("tensor_split", x, parts, d);
}

std::vector<Tensor> tensor_split(const Tensor& x, const Tensor& indices_or_sections, int64_t dim) {
  require_tensors("tensor_split", x, indices_or_sections);
  GRADUS_CHECK_TYPE(indices_or_sections.dtype() == kLong,
                    "tensor_split: indices_or_sections must be Long, got {}",
                    indices_or_sections.dtype());
  GRADUS_CHECK(indices_or_sections.dim() <= 1,
               "tensor_split: indices_or_sections must have one dim at most, got shape {}",
               indices_or_sections.sizes());
  if (indices_or_sections.dim() == 0)
    return tensor_split(x, indices_or_sections.item().toLong(), dim);
  const Tensor list = indices_or_sections.contiguous();
  return tensor_split(x, IntArrayRef(list.data_ptr<int64_t>(), static_cast<size_t>(list.numel())),
                      dim);
}

std::vector<Tensor> tensor_split(const Tensor& x, IntArrayRef indices, int64_t dim) {
  const OpScope scope("tensor_split");
  require_tensors("tensor_split", x);
  GRADUS_CHECK(x.dim() > 0, "tensor_split: expected a tensor of at least one dim");
  const int64_t d = wrap_dim("tensor_split", dim, x.dim());
  // The parts may overlap: each is a slice.
  std::vector<Tensor> ys;
  int64_t start = 0;
  for (int64_t index : indices) {
    ys.push_back(slice(x, d, start, index));
    start = index;
  }
  ys.push_back(slice(x, d, start));
  return ys;
}

namespace {

int64_t split_dim(const char* op, const Tensor& x, int64_t least_rank, int64_t dim) {
  GRADUS_CHECK(x.dim() >= least_rank, "{}: expected a tensor of at least {} dims, got shape {}", op,
               least_rank, x.sizes());
  return dim;
}

int64_t checked_sections(const char* op, const Tensor& x, int64_t dim, int64_t sections) {
  GRADUS_CHECK_VALUE(sections > 0 && x.sizes()[dim] % sections == 0,
                     "{}: size {} of dim {} is not divisible by {} sections", op, x.sizes()[dim],
                     dim, sections);
  return sections;
}

}  // namespace

std::vector<Tensor> hsplit(const Tensor& x, int64_t sections) {
  const OpScope scope("hsplit");
  require_tensors("hsplit", x);
  const int64_t d = split_dim("hsplit", x, 1, x.dim() == 1 ? 0 : 1);
  return tensor_split(x, checked_sections("hsplit", x, d, sections), d);
}
std::vector<Tensor> hsplit(const Tensor& x, IntArrayRef indices) {
  const OpScope scope("hsplit");
  require_tensors("hsplit", x);
  return tensor_split(x, indices, split_dim("hsplit", x, 1, x.dim() == 1 ? 0 : 1));
}
std::vector<Tensor> vsplit(const Tensor& x, int64_t sections) {
  const OpScope scope("vsplit");
  require_tensors("vsplit", x);
  const int64_t d = split_dim("vsplit", x, 2, 0);
  return tensor_split(x, checked_sections("vsplit", x, d, sections), d);
}
std::vector<Tensor> vsplit(const Tensor& x, IntArrayRef indices) {
  const OpScope scope("vsplit");
  require_tensors("vsplit", x);
  return tensor_split(x, indices, split_dim("vsplit", x, 2, 0));
}
std::vector<Tensor> dsplit(const Tensor& x, int64_t sections) {
  const OpScope scope("dsplit");
  require_tensors("dsplit", x);
  const int64_t d = split_dim("dsplit", x, 3, 2);
  return tensor_split(x, checked_sections("dsplit", x, d, sections), d);
}
std::vector<Tensor> dsplit(const Tensor& x, IntArrayRef indices) {
  const OpScope scope("dsplit");
  require_tensors("dsplit", x);
  return tensor_split(x, indices, split_dim("dsplit", x, 3, 2));
}

std::vector<Tensor> unbind(const Tensor& x, int64_t dim) {
  const OpScope scope("unbind");
  require_tensors("unbind", x);
  GRADUS_CHECK_INDEX(x.dim() > 0, "unbind: cannot be applied to a 0-d tensor");
  const int64_t d = wrap_dim("unbind", dim, x.dim());
  DimVector sizes = to_dims(x.sizes()), strides = to_dims(x.strides());
  const int64_t count = sizes[d], stride = strides[d];
  GRADUS_CHECK(count <= kMostViews, "unbind: {} elements of dim {} are too many", count, d);
  sizes.erase(d);
  strides.erase(d);
  std::vector<Tensor> ys;
  ys.reserve(count);
  for (int64_t i = 0; i < count; ++i) {
    ys.push_back(make_view(x, sizes, strides, x.storage_offset() + i * stride));
    set_view(x, ys.back(), /*multi_output=*/true);
  }
  record_all("unbind", {x}, ys, [sizes, d](const Grads& dys, const Needs&) -> Grads {
    std::vector<Tensor> slices(dys.begin(), dys.end());
    TensorOptions options;
    for (const Tensor& dy : dys) {
      if (dy.defined()) options = dy.options();
    }
    for (Tensor& slice : slices) {
      if (!slice.defined()) slice = zeros(sizes, options);
    }
    return {stack(slices, d)};
  });
  return ys;
}

Tensor Tensor::select(int64_t dim, int64_t index) const {
  return gradus::select(*this, dim, index);
}
Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  return gradus::narrow(*this, dim, start, length);
}
Tensor Tensor::narrow(int64_t dim, const Tensor& start, int64_t length) const {
  return gradus::narrow(*this, dim, start, length);
}
std::vector<Tensor> TensorMethods::tensor_split(const Tensor& indices_or_sections,
                                                int64_t dim) const {
  return gradus::tensor_split(self(), indices_or_sections, dim);
}
Tensor Tensor::slice(int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end,
                     int64_t step) const {
  return gradus::slice(*this, dim, start, end, step);
}
Tensor Tensor::unfold(int64_t dimension, int64_t size, int64_t step) const {
  return gradus::unfold(*this, dimension, size, step);
}
Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2) const {
  return gradus::diagonal(*this, offset, dim1, dim2);
}
std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const {
  return gradus::chunk(*this, chunks, dim);
}
std::vector<Tensor> Tensor::split(int64_t split_size, int64_t dim) const {
  return gradus::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::split(IntArrayRef split_sizes, int64_t dim) const {
  return gradus::split(*this, split_sizes, dim);
}
std::vector<Tensor> Tensor::split_with_sizes(IntArrayRef split_sizes, int64_t dim) const {
  return gradus::split_with_sizes(*this, split_sizes, dim);
}
std::vector<Tensor> Tensor::unbind(int64_t dim) const {
  return gradus::unbind(*this, dim);
}

}  // namespace gradus
