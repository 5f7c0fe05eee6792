#pragma once

// The out= forms of ops whose kernels make their results themselves: computed without a tape, then
// copied to `out`.

#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/autocast.h"

namespace gradus {

/// Writes the results, each to its out. @throws Error as elementwise::prepare_out, before anything
/// is written
void write_results(const char* op, TensorRefs inputs, ArrayRef<Tensor*> outs,
                   ArrayRef<Tensor> results);

// See Note [Dtype of out].

/// The dtype that a sum for `out` is computed in: `dtype`, if given, else that of out.
ScalarType dtype_for(const char* op, const Tensor& out, std::optional<ScalarType> dtype);
/// The same for a mean, which is of floating-point x or needs a dtype.
std::optional<ScalarType> floating_dtype_for(const char* op, const Tensor& out, const Tensor& x,
                                             std::optional<ScalarType> dtype);
/// y in the dtype of out where y can be cast to it, else y.
Tensor cast_for(const Tensor& out, const Tensor& y);
/// The same for truth values, which are written to Byte and Bool.
Tensor truth_for(const Tensor& out, const Tensor& y);

/// out = compute().
template <class Compute>
Tensor& compute_out(const char* op, TensorRefs inputs, Tensor& out, Compute compute) {
  Tensor result;
  {
    NoGradGuard no_grad;
    const autocast::Pause no_autocast;
    result = compute();
  }
  write_results(op, inputs, &out, result);
  return out;
}

/// std::tie(outs...) = compute(), which returns a tuple.
template <class Compute, class... Outs>
std::tuple<Outs&...> compute_out(const char* op, TensorRefs inputs, std::tuple<Outs&...> outs,
                                 Compute compute) {
  std::tuple<Outs...> results;
  {
    NoGradGuard no_grad;
    const autocast::Pause no_autocast;
    results = compute();
  }
  const auto pointers = std::apply([](auto&... out) { return std::array{&out...}; }, outs);
  const auto tensors = std::apply([](auto&... y) { return std::array{y...}; }, results);
  write_results(op, inputs, pointers, tensors);
  return outs;
}

}  // namespace gradus
