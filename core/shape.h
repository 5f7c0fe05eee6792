#pragma once

#include <cstdint>
#include <optional>

#include "core/array_ref.h"
#include "core/error.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

// Shape arithmetic, checked for overflow here and nowhere else. `op` names the caller in errors.

/// @throws Error naming op unless all these arguments are defined
template <class... Tensors>
void require_tensors(const char* op, const Tensors&... tensors) {
  GRADUS_CHECK((tensors.defined() && ...), "{}: one of the arguments is an undefined tensor", op);
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
