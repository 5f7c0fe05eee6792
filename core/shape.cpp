#include "core/shape.h"

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace gradus {

namespace {

// False where the product exceeds int64.
bool multiply(int64_t a, int64_t b, int64_t* product) {
  return !__builtin_mul_overflow(a, b, product);
}

}  // namespace

void detail::throw_sparse(const char* op, const char* argument) {
  throw_error<NotImplementedError>(
      "{}: {} is a row-sparse tensor, which the op does not take. Use to_dense()", op, argument);
}

void detail::throw_sparse(const char* op, std::initializer_list<const Tensor*> arguments) {
  size_t place = 0;
  for (const Tensor* argument : arguments) {
    ++place;
    if (argument->is_sparse()) break;
  }
  throw_sparse(op, fmt::format("argument {}", place).c_str());
}

int64_t checked_numel(const char* op, IntArrayRef sizes) {
  int64_t numel = 1;
  bool empty = false, overflow = false;
  for (int64_t size : sizes) {
    GRADUS_CHECK_VALUE(size >= 0, "{}: sizes must not be negative, got {}", op, sizes);
    empty = empty || size == 0;
    if (!overflow) overflow = !multiply(numel, size == 0 ? 1 : size, &numel);
  }
  GRADUS_CHECK(!overflow, "{}: the number of elements of shape {} exceeds int64", op, sizes);
  return empty ? 0 : numel;
}

int64_t wrap_dim(const char* op, int64_t dim, int64_t rank) {
  const int64_t range = rank == 0 ? 1 : rank;
  GRADUS_CHECK_INDEX(dim >= -range && dim < range,
                     "{}: dim {} is out of range for a tensor of {} dims (expected from {} to {})",
                     op, dim, rank, -range, range - 1);
  return dim < 0 ? dim + range : dim;
}

DimVector wrap_dims(const char* op, IntArrayRef dims, int64_t rank) {
  DimVector wrapped;
  if (dims.empty()) {
    for (int64_t d = 0; d < rank; ++d) wrapped.push_back(d);
    return wrapped;
  }
  for (int64_t dim : dims) {
    const int64_t d = wrap_dim(op, dim, rank);
    GRADUS_CHECK(std::find(wrapped.begin(), wrapped.end(), d) == wrapped.end(),
                 "{}: dim {} appears more than once in {}", op, d, dims);
    wrapped.push_back(d);
  }
  return wrapped;
}

DimVector contiguous_strides(IntArrayRef sizes) {
  DimVector strides(sizes.size());
  int64_t stride = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    strides[d] = stride;
    stride *= std::max<int64_t>(sizes[d], 1);
  }
  return strides;
}

DimVector strides_for(const char* op, IntArrayRef sizes, MemoryFormat format) {
  if (format == MemoryFormat::Contiguous || format == MemoryFormat::Preserve) {
    return contiguous_strides(sizes);
  }
  const size_t rank = format == MemoryFormat::ChannelsLast ? 4 : 5;
  GRADUS_CHECK(sizes.size() == rank, "{}: {} needs a tensor of {} dims, got shape {}", op,
               rank == 4 ? "ChannelsLast" : "ChannelsLast3d", rank, sizes);
  // Innermost to outermost: channels, the spatial dims from the last, batch.
  DimVector strides(rank);
  int64_t stride = 1;
  const auto place = [&](size_t d) {
    strides[d] = stride;
    stride *= std::max<int64_t>(sizes[d], 1);
  };
  place(1);
  for (size_t d = rank - 1; d >= 2; --d) place(d);
  place(0);
  return strides;
}

DimVector broadcast_sizes(const char* op, IntArrayRef a, IntArrayRef b) {
  const size_t rank = std::max(a.size(), b.size());
  DimVector sizes(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t size_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    GRADUS_CHECK(size_a == size_b || size_a == 1 || size_b == 1,
                 "{}: shapes {} and {} do not broadcast: size {} against {} at dim {}", op, a, b,
                 size_a, size_b, rank - 1 - i);
    sizes[rank - 1 - i] = size_a == 1 ? size_b : size_a;
  }
  return sizes;
}

bool is_expandable_to(IntArrayRef from, IntArrayRef to) {
  if (from.size() > to.size()) return false;
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t size = from[from.size() - 1 - i];
    if (size != 1 && size != to[to.size() - 1 - i]) return false;
  }
  return true;
}

DimVector infer_sizes(const char* op, IntArrayRef sizes, int64_t numel) {
  DimVector inferred = to_dims(sizes);
  int64_t known = 1;
  bool overflow = false, zero = false;
  std::optional<size_t> unknown;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == -1) {
      GRADUS_CHECK(!unknown, "{}: only one dimension can be inferred, got shape {}", op, sizes);
      unknown = d;
      continue;
    }
    GRADUS_CHECK(sizes[d] >= 0, "{}: invalid size {} in shape {}", op, sizes[d], sizes);
    zero = zero || sizes[d] == 0;
    if (sizes[d] != 0 && !overflow) overflow = !multiply(known, sizes[d], &known);
  }
  if (zero) {
    known = 0;
    overflow = false;
  }
  if (unknown) {
    GRADUS_CHECK(known != 0, "{}: cannot reshape {} elements into shape {}: -1 could be any number",
                 op, numel, sizes);
    GRADUS_CHECK(!overflow && numel % known == 0, "{}: shape {} is invalid for {} elements", op,
                 sizes, numel);
    inferred[*unknown] = numel / known;
  } else {
    GRADUS_CHECK(!overflow && known == numel, "{}: shape {} is invalid for {} elements", op, sizes,
                 numel);
  }
  return inferred;
}

std::optional<DimVector> view_strides(IntArrayRef sizes, IntArrayRef strides,
                                      IntArrayRef new_sizes) {
  DimVector new_strides(new_sizes.size(), 1);
  if (sizes.empty()) return new_strides;
  if (checked_numel("view", sizes) == 0) {
    return sizes == new_sizes ? to_dims(strides) : contiguous_strides(new_sizes);
  }
  // From the last dim on: runs of dims that lie behind each other in memory are cut anew.
  int64_t v = static_cast<int64_t>(new_sizes.size()) - 1;
  int64_t run_stride = strides.back(), run_numel = 1, view_numel = 1;
  for (int64_t d = static_cast<int64_t>(sizes.size()) - 1; d >= 0; --d) {
    run_numel *= sizes[d];
    if (d > 0 && (sizes[d - 1] == 1 || strides[d - 1] == run_numel * run_stride)) continue;
    while (v >= 0 && (view_numel < run_numel || new_sizes[v] == 1)) {
      new_strides[v] = view_numel * run_stride;
      view_numel *= new_sizes[v];
      --v;
    }
    if (view_numel != run_numel) return std::nullopt;
    if (d > 0) {
      run_stride = strides[d - 1];
      run_numel = view_numel = 1;
    }
  }
  if (v >= 0) return std::nullopt;
  return new_strides;
}

size_t required_bytes(const char* op, IntArrayRef sizes, IntArrayRef strides, int64_t offset,
                      ScalarType dtype) {
  int64_t last = offset;
  bool overflow = false;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == 0) return 0;
    int64_t reach = 0;
    overflow = overflow || !multiply(sizes[d] - 1, strides[d], &reach) ||
               __builtin_add_overflow(last, reach, &last);
  }
  int64_t bytes = 0;
  overflow = overflow || __builtin_add_overflow(last, 1, &last) ||
             !multiply(last, static_cast<int64_t>(element_size(dtype)), &bytes);
  GRADUS_CHECK(!overflow, "{}: the storage of shape {} with strides {} exceeds int64", op, sizes,
               strides);
  return static_cast<size_t>(bytes);
}

Tensor make_view(const Tensor& x, DimVector sizes, DimVector strides, int64_t offset) {
  const TensorImpl& from = *x.impl();
  from.check_dense();
  auto impl = make_intrusive<TensorImpl>(from.storage, from.dtype);
  int64_t numel = 1;
  for (int64_t size : sizes) numel *= size;
  impl->sizes = std::move(sizes);
  impl->strides = std::move(strides);
  impl->offset = offset;
  impl->numel = numel;
  impl->own_version = from.own_version;
  impl->inference = from.inference;
  return Tensor(std::move(impl));
}

}  // namespace gradus
