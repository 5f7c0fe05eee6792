#pragma once

#include <type_traits>
#include <utility>

#include "core/callable.h"
#include "core/tensor.h"

namespace gradus {

/// Called with a gradient; a defined result takes its place. Made from any callable that takes
/// `const Tensor&` and returns Tensor or nothing.
class TensorHook {
 public:
  template <class F, class = std::enable_if_t<std::is_invocable_v<F&, const Tensor&>>>
  TensorHook(F f);
  Tensor operator()(const Tensor& gradient) const;

 private:
  Callable<Tensor(const Tensor&)> body_;
};

template <class F, class>
TensorHook::TensorHook(F f)
    : body_([f = std::move(f)](const Tensor& gradient) mutable -> Tensor {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, const Tensor&>>) {
          f(gradient);
          return {};
        } else {
          return f(gradient);
        }
      }) {}

inline Tensor TensorHook::operator()(const Tensor& gradient) const {
  return body_(gradient);
}

}  // namespace gradus
