#pragma once

#include "autograd/node.h"
#include "core/parallel.h"
#include "core/tensor.h"

namespace gradus {

// Note [Writing in place]
// An in-place op runs in this order, so that a failed call changes nothing:
//   check_in_place("add_", self, sizes, dtype);          all errors
//   if (!records({self, other})) {                        nothing to remember:
//     kernel::add(self, other, &self);                    the kernel writes to self
//     bump_version(self);
//     return self;
//   }
//   return assign("add_", self, add(self, other));        else: the op's result is written to self,
//   whose history becomes
//                                                         the result's
// Through a view, assign re-routes the history of the base: its new node sends the view's part of
// the gradient to the result and the rest to the base's former history.

/// Checks that an op named `op` may write a result of these sizes and dtype to `self`.
/// @throws Error for a leaf that requires grad (or a view of one) in grad mode, a tensor whose
/// elements share memory
///         (expand), a copy made by view(), a result of another shape or a dtype that cannot be
///         cast to self's
GRADUS_API void check_in_place(const char* op, const Tensor& self, IntArrayRef result_sizes,
                               ScalarType result_dtype);

/// The same where the result has self's sizes and dtype.
GRADUS_API void check_in_place(const char* op, const Tensor& self);

/// The part of the check that concerns gradients, for ops that do not write to elements.
GRADUS_API void check_in_place_history(const char* op, const Tensor& self);

/// Gives self the geometry and the history of `view_of(self)`, a view of the same elements:
/// transpose_ and its like.
GRADUS_API Tensor& become_view(const char* op, Tensor& self,
                               FunctionRef<Tensor(const Tensor&)> view_of);

/// Counts a write to self.
GRADUS_API void bump_version(const Tensor& self);

/// Writes `result` to `self` (broadcast and cast) and gives self the history of result. The caller
/// has checked.
GRADUS_API Tensor& assign(const char* op, Tensor& self, const Tensor& result);

/// check_in_place and assign: for ops whose kernels do not write to their input.
GRADUS_API Tensor& write_in_place(const char* op, Tensor& self, const Tensor& result);

/// Makes `y` a view of `x` in the eyes of autograd: records the closure, remembers the base, shares
/// the version counter. `multi_output` marks the views that unbind, split and chunk return
/// together: they may not be written to in place.
GRADUS_API void set_view(const Tensor& x, const Tensor& y, bool multi_output = false);

template <class F>
Tensor record_view(const char* op, const Tensor& x, Tensor y, F closure,
                   bool multi_output = false) {
  set_view(x, y, multi_output);
  return record(op, {x}, std::move(y), std::move(closure));
}

}  // namespace gradus
