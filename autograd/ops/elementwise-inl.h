#pragma once

// What the element-wise ops share: checks, the in-place and the out= form.

#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "core/kernels/loop.h"
#include "core/kernels/unary.h"
#include "core/shape.h"
#include "core/storage.h"
#include "core/watch/record_scope.h"

namespace gradus::elementwise {

inline void check_defined(const char* op, const char* argument, const Tensor& tensor) {
  require_dense(op, argument, tensor);
}
inline void check_defined(const char*, const char*, const Scalar&) {}

/// The dtype of a result that is not an integer: the default dtype in its place.
inline ScalarType floating(ScalarType dtype) {
  return is_floating_point(dtype) ? dtype : get_default_dtype();
}

/// The in-place form; see Note [Writing in place].
/// @param compute  the op: returns a new tensor with history
/// @param write    the kernel: writes to the tensor it is given
template <class Compute, class Write>
Tensor& in_place(const char* op, Tensor& self, TensorRefs inputs, IntArrayRef sizes,
                 ScalarType dtype, Compute compute, Write write) {
  const OpScope scope(op);
  check_in_place(op, self, sizes, dtype);
  if (records(inputs)) return assign(op, self, compute());
  write(self);
  bump_version(self);
  return self;
}

/// Checks `out` of an out= form. @throws Error where an input or out requires grad, or out's
/// elements share memory; TypeError where its dtype cannot hold the result
void check_out(const char* op, TensorRefs inputs, const Tensor& out, IntArrayRef sizes,
               ScalarType dtype);
/// check_out, and gives `out` the result's sizes where it has others, with a warning where it has
/// elements.
void prepare_out(const char* op, TensorRefs inputs, Tensor& out, IntArrayRef sizes,
                 ScalarType dtype);

/// The out= form.
template <class Write>
Tensor& write_out(const char* op, TensorRefs inputs, Tensor& out, IntArrayRef sizes,
                  ScalarType dtype, Write write) {
  const OpScope scope(op);
  prepare_out(op, inputs, out, sizes, dtype);
  write(out);
  bump_version(out);
  return out;
}

/// The three forms of an op with one input; `compute` is the op itself.
Tensor unary_forward(const char* op, kernel::UnaryOp kind, const Tensor& x);
Tensor& unary_in_place(const char* op, kernel::UnaryOp kind, Tensor& x,
                       Tensor (*compute)(const Tensor&));
Tensor& unary_out(const char* op, kernel::UnaryOp kind, Tensor& out, const Tensor& x);

}  // namespace gradus::elementwise
