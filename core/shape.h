#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "core/array_ref.h"
#include "core/error.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

// Shape arithmetic, checked for overflow here and nowhere else. `op` names the caller in errors.

namespace detail {
[[noreturn]] GRADUS_API void throw_sparse(const char* op, const char* argument);
[[noreturn]] GRADUS_API void throw_sparse(const char* op,
                                          std::initializer_list<const Tensor*> arguments);
}  // namespace detail

/// @throws NotImplementedError naming op and argument where x is row-sparse; x may be undefined
inline void refuse_sparse(const char* op, const char* argument, const Tensor& x) {
  if (x.defined() && x.is_sparse()) [[unlikely]]
    detail::throw_sparse(op, argument);
}

/// @throws Error naming op and argument where x is undefined, NotImplementedError where it is
/// row-sparse
inline void require_dense(const char* op, const char* argument, const Tensor& x) {
  GRADUS_CHECK(x.defined(), "{}: {} is undefined", op, argument);
  refuse_sparse(op, argument, x);
}

/// @throws Error naming op unless all these arguments are defined, NotImplementedError unless they
/// are dense
template <class... Tensors>
void require_tensors(const char* op, const Tensors&... tensors) {
  GRADUS_CHECK((tensors.defined() && ...), "{}: one of the arguments is an undefined tensor", op);
  if ((tensors.is_sparse() || ...)) [[unlikely]]
    detail::throw_sparse(op, {&tensors...});
}

/// The number of elements. @throws ValueError for a negative size, Error where the product exceeds
/// int64
GRADUS_API int64_t checked_numel(const char* op, IntArrayRef sizes);

/// `dim` in [0, rank), counted from the end where negative; a 0-d tensor counts as 1-d.
/// @throws IndexError
GRADUS_API int64_t wrap_dim(const char* op, int64_t dim, int64_t rank);

/// The dims wrapped, in the order given; all dims where empty. @throws IndexError out of range;
/// Error where one is repeated
GRADUS_API DimVector wrap_dims(const char* op, IntArrayRef dims, int64_t rank);

/// Row-major strides.
GRADUS_API DimVector contiguous_strides(IntArrayRef sizes);

/// Strides of the given format; ChannelsLast needs 4 dims, ChannelsLast3d 5.
GRADUS_API DimVector strides_for(const char* op, IntArrayRef sizes, MemoryFormat format);

/// The sizes that both broadcast to. @throws Error naming op and both shapes
GRADUS_API DimVector broadcast_sizes(const char* op, IntArrayRef a, IntArrayRef b);

/// Whether a tensor of sizes `from` can be expanded to `to`.
GRADUS_API bool is_expandable_to(IntArrayRef from, IntArrayRef to);

/// `sizes` with a -1 replaced by what makes numel elements. @throws Error
GRADUS_API DimVector infer_sizes(const char* op, IntArrayRef sizes, int64_t numel);

/// Strides under which the elements of (sizes, strides) appear as `new_sizes` without a copy; none
/// where there are none.
GRADUS_API std::optional<DimVector> view_strides(IntArrayRef sizes, IntArrayRef strides,
                                                 IntArrayRef new_sizes);

/// Bytes of storage that (sizes, strides, offset) reaches into. @throws Error on overflow
GRADUS_API size_t required_bytes(const char* op, IntArrayRef sizes, IntArrayRef strides,
                                 int64_t offset, ScalarType dtype);

/// A tensor over the storage of `x` with another geometry; no autograd, no checks.
GRADUS_API Tensor make_view(const Tensor& x, DimVector sizes, DimVector strides, int64_t offset);

}  // namespace gradus
