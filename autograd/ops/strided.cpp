#include "autograd/ops/strided.h"

#include <algorithm>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/named.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/strided.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// Where a tensor lies in memory.
struct Geometry {
  DimVector sizes, strides;
  int64_t offset;

  static Geometry of(const Tensor& x) {
    return {to_dims(x.sizes()), to_dims(x.strides()), x.storage_offset()};
  }
  // One past the last element; offset where there is none.
  int64_t end() const {
    int64_t last = offset;
    for (size_t d = 0; d < sizes.size(); ++d) {
      if (sizes[d] == 0) return offset;
      last += (sizes[d] - 1) * strides[d];
    }
    return last + 1;
  }
};

// False where no two elements share memory for certain.
bool may_overlap(const Geometry& x) {
  InlineVector<std::pair<int64_t, int64_t>, kInlineDims> dims;  // stride, size
  for (size_t d = 0; d < x.sizes.size(); ++d) {
    if (x.sizes[d] == 0) return false;
    if (x.sizes[d] > 1) dims.push_back({x.strides[d], x.sizes[d]});
  }
  std::sort(dims.begin(), dims.end());
  int64_t span = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= span) return true;
    span += (size - 1) * stride;
  }
  return false;
}

Geometry checked_geometry(const char* op, const Tensor& x, IntArrayRef sizes, IntArrayRef strides,
                          std::optional<int64_t> storage_offset) {
  const int64_t offset = storage_offset.value_or(x.storage_offset());
  GRADUS_CHECK(sizes.size() == strides.size(),
               "{}: sizes {} and strides {} must be of the same length", op, sizes, strides);
  checked_numel(op, sizes);
  for (int64_t stride : strides) {
    GRADUS_CHECK_VALUE(stride >= 0, "{}: strides must not be negative, got {}", op, strides);
  }
  GRADUS_CHECK_VALUE(offset >= 0, "{}: storage_offset must not be negative, got {}", op, offset);
  const size_t needed = required_bytes(op, sizes, strides, offset, x.dtype());
  GRADUS_CHECK(needed <= x.impl()->storage->nbytes(),
               "{}: sizes {}, strides {} and storage_offset {} need a storage of {} bytes, got {}",
               op, sizes, strides, offset, needed, x.impl()->storage->nbytes());
  return {to_dims(sizes), to_dims(strides), offset};
}

Tensor view_at(const Tensor& memory, const Geometry& at, int64_t origin) {
  return make_view(memory, at.sizes, at.strides, at.offset - origin);
}

// Lays x in zeroed memory as `lay` says and reads that memory as `read` says. Where elements of
// x share a place they are summed: so exchanging lay and read gives the adjoint. Where the elements
// of `source`, one of the two, share memory, each stands for as many places as share its own:
// the sum is divided by their number.
Tensor remap(const Tensor& x, const Geometry& lay, const Geometry& read, const Geometry* source) {
  const int64_t origin = std::min(lay.offset, read.offset);
  Tensor memory = zeros({std::max(lay.end(), read.end()) - origin}, x.options());
  const Tensor laid = view_at(memory, lay, origin);
  if (may_overlap(lay)) {
    kernel::add_overlapping(x, laid);
  } else {
    kernel::copy(x, laid);
  }
  if (source != nullptr) {
    const Tensor count = zeros(memory.sizes(), x.options());
    kernel::add_overlapping(ones({1}, x.options()).expand(source->sizes),
                            view_at(count, *source, origin));
    memory.div_(count.clamp_min(1));
  }
  Tensor y = view_at(memory, read, origin);
  return may_overlap(read) ? y.clone() : y;
}

Tensor remapped(const Tensor& x, Geometry lay, Geometry read, std::optional<Geometry> source) {
  const OpScope scope("as_strided_backward");
  Tensor y;
  {
    NoGradGuard guard;
    y = remap(x.detach(), lay, read, source ? &*source : nullptr);
  }
  return record("as_strided_backward", {x}, y,
                [lay = std::move(lay), read = std::move(read), source = std::move(source)](
                    const Tensor& dy) -> Grads { return {remapped(dy, read, lay, source)}; });
}

// `part` is relative to the same memory as x's offset, and may reach beyond x.
Tensor scattered(const Tensor& x, const Tensor& src, const Geometry& part) {
  const OpScope scope("as_strided_scatter");
  const Geometry whole = Geometry::of(x);
  const int64_t origin = std::min(whole.offset, part.offset);
  const Tensor memory = empty({std::max(whole.end(), part.end()) - origin}, x.options());
  Tensor y = view_at(memory, whole, origin);
  kernel::copy(x, y);
  kernel::copy(src, view_at(memory, part, origin));
  return record("as_strided_scatter", {x, src}, y,
                [whole, part](const Tensor& dy, const Needs& needs) -> Grads {
                  Tensor dx, dsrc;
                  if (needs[0]) {
                    const Geometry moved = {part.sizes, part.strides, part.offset - whole.offset};
                    dx = scattered(restride(dy, whole.strides), zeros(part.sizes, dy.options()),
                                   moved);
                  }
                  if (needs[1]) dsrc = remapped(dy, whole, part, std::nullopt);
                  return {dx, dsrc};
                });
}

}  // namespace

Tensor as_strided(const Tensor& x, IntArrayRef sizes, IntArrayRef strides,
                  std::optional<int64_t> storage_offset) {
  const OpScope scope("as_strided");
  require_tensors("as_strided", x);
  Geometry to = checked_geometry("as_strided", x, sizes, strides, storage_offset);
  Tensor y = make_view(x, to.sizes, to.strides, to.offset);
  return record_view("as_strided", x, std::move(y),
                     [from = Geometry::of(x), to = std::move(to)](const Tensor& dy) -> Grads {
                       std::optional<Geometry> source;
                       if (may_overlap(from)) source = from;
                       return {remapped(dy, to, from, std::move(source))};
                     });
}

Tensor as_strided_scatter(const Tensor& x, const Tensor& src, IntArrayRef sizes,
                          IntArrayRef strides, std::optional<int64_t> storage_offset) {
  const OpScope scope("as_strided_scatter");
  require_tensors("as_strided_scatter", x, src);
  const char* const op = "as_strided_scatter";
  const Geometry part = checked_geometry(op, x, sizes, strides, storage_offset);
  GRADUS_CHECK(src.sizes() == sizes, "{}: src must have shape {}, got {}", op, sizes, src.sizes());
  GRADUS_CHECK_TYPE(src.dtype() == x.dtype(), "{}: src must have the dtype of x, {}, got {}", op,
                    x.dtype(), src.dtype());
  GRADUS_CHECK(!may_overlap(Geometry::of(x)), "{}: elements of x share memory (strides {})", op,
               x.strides());
  return scattered(x, src, part);
}

Tensor restride(const Tensor& x, IntArrayRef strides) {
  const OpScope scope("restride");
  require_tensors("restride", x);
  GRADUS_CHECK(x.sizes().size() == strides.size(), "restride: {} strides for a tensor of {} dims",
               strides.size(), x.dim());
  bool fits = x.storage_offset() == 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    fits = fits && (x.strides()[d] == strides[d] || x.sizes()[d] == 1);
  }
  if (fits) return x;
  Tensor y = named("restride", [&] { return empty_strided(x.sizes(), strides, x.options()); });
  kernel::copy(x, y);
  return record("restride", {x}, y, [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor Tensor::as_strided(IntArrayRef sizes, IntArrayRef strides,
                          std::optional<int64_t> storage_offset) const {
  return gradus::as_strided(*this, sizes, strides, storage_offset);
}

}  // namespace gradus
