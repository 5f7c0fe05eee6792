#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// What a multi-grad hook calls: a function of all gradients (`const std::vector<Tensor>&`, mode
/// "all") or of one (`const Tensor&`, mode "any").
class MultiGradHook {
 public:
  template <class F, class = std::enable_if_t<std::is_invocable_v<F&, const std::vector<Tensor>&> ||
                                              std::is_invocable_v<F&, const Tensor&>>>
  MultiGradHook(F f) {
    if constexpr (std::is_invocable_v<F&, const std::vector<Tensor>&>) {
      all = [f = std::move(f)](const std::vector<Tensor>& gradients) mutable { f(gradients); };
    } else {
      any = [f = std::move(f)](const Tensor& gradient) mutable { f(gradient); };
    }
  }

  Callable<void(const std::vector<Tensor>&)> all;
  Callable<void(const Tensor&)> any;
};

/// Takes a hook out again. Letting it go leaves the hook where it is.
class GRADUS_API HookHandle {
 public:
  explicit HookHandle(std::vector<std::pair<Tensor, unsigned>> hooks) : hooks_(std::move(hooks)) {}
  void remove();

 private:
  std::vector<std::pair<Tensor, unsigned>> hooks_;
};

/// Calls `hook` in each backward that reaches some of the tensors: with mode "all" once, when the
/// gradients of all that it reaches have come, undefined for those that it does not reach; with
/// mode "any" once, with the gradient that comes first.
///
///     autograd::register_multi_grad_hook({a, b}, [](const std::vector<Tensor>& grads) { ... });
///
/// @throws Error where a tensor does not require grad, ValueError for another mode, TypeError where
/// the hook is not of the mode's kind
GRADUS_API HookHandle register_multi_grad_hook(TensorList tensors, MultiGradHook hook,
                                               std::string_view mode = "all");

}  // namespace gradus::autograd
