#pragma once

// The out= forms of ops whose kernels make their results themselves: computed without a tape, then
// copied to `out`.

#include <tuple>
#include <utility>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/autocast.h"

namespace gradus {

/// Writes result to out. @throws Error as elementwise::prepare_out, before anything is written
Tensor& write_result(const char* op, TensorRefs inputs, Tensor& out, const Tensor& result);
std::tuple<Tensor&, Tensor&> write_results(const char* op, TensorRefs inputs, Tensor& first,
                                           Tensor& second,
                                           const std::tuple<Tensor, Tensor>& results);

/// out = compute(), for one result or for two.
template <class Compute>
Tensor& compute_out(const char* op, TensorRefs inputs, Tensor& out, Compute compute) {
  Tensor result;
  {
    NoGradGuard no_grad;
    const autocast::Pause no_autocast;
    result = compute();
  }
  return write_result(op, inputs, out, result);
}
template <class Compute>
std::tuple<Tensor&, Tensor&> compute_out(const char* op, TensorRefs inputs, Tensor& first,
                                         Tensor& second, Compute compute) {
  std::tuple<Tensor, Tensor> results;
  {
    NoGradGuard no_grad;
    const autocast::Pause no_autocast;
    results = compute();
  }
  return write_results(op, inputs, first, second, results);
}

}  // namespace gradus
