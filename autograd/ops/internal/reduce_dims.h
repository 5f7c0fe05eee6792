#pragma once

#include <optional>

#include "core/shape.h"
#include "core/tensor.h"

namespace gradus {

/// @throws Error naming op for a tensor that is undefined
inline void check_defined(const char* op, const Tensor& x) {
  require_dense(op, "input", x);
}

/// @throws TypeError for an integer tensor
inline void check_floating(const char* op, const Tensor& x) {
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: expected a floating-point input, got {}", op,
                    x.dtype());
}

/// @throws IndexError where one of the dims has no elements
inline void check_has_elements(const char* op, const Tensor& x, IntArrayRef dims) {
  if (x.numel() != 0) return;
  for (int64_t dim : dims) {
    GRADUS_CHECK_INDEX(x.dim() == 0 || x.sizes()[static_cast<size_t>(dim)] != 0,
                       "{}: expected reduction dim {} to have non-zero size, got input {}", op, dim,
                       x.sizes());
  }
}

/// x in the dtype that the caller asked for.
inline Tensor as_dtype(const Tensor& x, std::optional<ScalarType> dtype) {
  return !dtype || *dtype == x.dtype() ? x : x.to(*dtype);
}

/// The result of a reduction, or its gradient, with a 1 for each reduced dim.
Tensor with_reduced_dims(const Tensor& y, IntArrayRef dims, bool keepdim, IntArrayRef sizes);

/// The same expanded to the sizes of what was reduced.
Tensor expand_reduced(const Tensor& y, IntArrayRef dims, bool keepdim, IntArrayRef sizes);

/// The number of elements that each output of a reduction over dims has.
double reduced_count(IntArrayRef sizes, IntArrayRef dims);

/// The gradient of an extremum y over dims, or of another element of x: dy goes to all elements
/// that equal y, in equal parts; NaN equals NaN. dy and y have size 1 in dims, or are 0-d.
Tensor share_among_equals(const Tensor& dy, const Tensor& x, const Tensor& y, IntArrayRef dims);

}  // namespace gradus
