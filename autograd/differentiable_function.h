#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// A function of tensors: takes the inputs, returns a Tensor or a vector of them.
class DifferentiableFunction {
 public:
  template <class F, class = std::enable_if_t<std::is_invocable_v<F&, const std::vector<Tensor>&>>>
  DifferentiableFunction(F f)
      : body_([f = std::move(f)](const std::vector<Tensor>& inputs) mutable -> std::vector<Tensor> {
          if constexpr (std::is_convertible_v<std::invoke_result_t<F&, const std::vector<Tensor>&>,
                                              Tensor>) {
            return {f(inputs)};
          } else {
            return f(inputs);
          }
        }) {}
  std::vector<Tensor> operator()(const std::vector<Tensor>& inputs) const { return body_(inputs); }

 private:
  Callable<std::vector<Tensor>(const std::vector<Tensor>&)> body_;
};

}  // namespace gradus::autograd
