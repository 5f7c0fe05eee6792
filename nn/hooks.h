#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/tensor.h"

namespace gradus::nn {

class Module;

// Note [Hooks]
// Hooks run where a module is called as a value, `module(x)`, and where Sequential and AnyModule
// call it; `module->forward(x)` is the bare forward, as in Python. They see the tensors among the
// arguments and in the result, whatever types hold them: a Tensor, a vector, tuple, pair, array or
// optional of tensors. What a hook returns takes their place; where it returns nothing they stay.

namespace detail {

// Either nothing, or a tensor for each one that is replaced.
template <class F, class... Args>
std::vector<Tensor> tensors_returned(F& f, Args&&... args) {
  using Result = std::invoke_result_t<F&, Args...>;
  if constexpr (std::is_void_v<Result>) {
    f(std::forward<Args>(args)...);
    return {};
  } else if constexpr (std::is_convertible_v<Result, Tensor>) {
    return {Tensor(f(std::forward<Args>(args)...))};
  } else {
    return f(std::forward<Args>(args)...);
  }
}

GRADUS_API const Tensor& single_output(const Module& module, const std::vector<Tensor>& outputs);

}  // namespace detail

/// Called before forward with the module and its tensor arguments: a callable that takes
/// `(Module&, const std::vector<Tensor>& inputs)` and returns nothing, a Tensor or a vector of
/// them.
class ModulePreHook {
 public:
  template <class F,
            class = std::enable_if_t<std::is_invocable_v<F&, Module&, const std::vector<Tensor>&>>>
  ModulePreHook(F f)
      : body_([f = std::move(f)](Module& module, const std::vector<Tensor>& inputs) mutable {
          return detail::tensors_returned(f, module, inputs);
        }) {}
  std::vector<Tensor> operator()(Module& module, const std::vector<Tensor>& inputs) const {
    return body_(module, inputs);
  }

 private:
  Callable<std::vector<Tensor>(Module&, const std::vector<Tensor>&)> body_;
};

/// Called after forward or backward: a callable that takes
/// `(Module&, const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs)`, or
/// `const Tensor& output` where there is a single one, and returns nothing, a Tensor or a vector.
class ModuleHook {
  using Tensors = std::vector<Tensor>;

 public:
  template <class F, class = std::enable_if_t<
                         std::is_invocable_v<F&, Module&, const Tensors&, const Tensors&> ||
                         std::is_invocable_v<F&, Module&, const Tensors&, const Tensor&>>>
  ModuleHook(F f)
      : body_([f = std::move(f)](Module& module, const Tensors& inputs,
                                 const Tensors& outputs) mutable {
          if constexpr (std::is_invocable_v<F&, Module&, const Tensors&, const Tensor&>) {
            return detail::tensors_returned(f, module, inputs,
                                            detail::single_output(module, outputs));
          } else {
            return detail::tensors_returned(f, module, inputs, outputs);
          }
        }) {}
  Tensors operator()(Module& module, const Tensors& inputs, const Tensors& outputs) const {
    return body_(module, inputs, outputs);
  }

 private:
  Callable<Tensors(Module&, const Tensors&, const Tensors&)> body_;
};

namespace detail {

// A tensor of a module that is computed from others before each use, such as a weight under a
// parametrization.
struct ComputedTensor {
  std::string name;
  Tensor slot;  // shares its TensorImpl with the module's member
  Callable<Tensor()> compute;
  Callable<void(Module&)> attach;  // does the same to a copy of the module
};

struct ModuleHooks {
  template <class Hook>
  using Table = std::vector<std::pair<unsigned, Hook>>;

  Table<ModulePreHook> pre;
  Table<ModuleHook> forward;
  Table<ModuleHook> backward;
  std::vector<ComputedTensor> computed;
};

// --- the tensors in a value

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <class... Args, template <class...> class Template>
inline constexpr bool is_a<Template<Args...>, Template> = true;

template <class T>
constexpr bool holds_tensors() {
  if constexpr (std::is_same_v<T, Tensor>) {
    return true;
  } else if constexpr (is_a<T, std::vector> || is_a<T, std::optional>) {
    return holds_tensors<std::remove_cv_t<typename T::value_type>>();
  } else if constexpr (is_a<T, std::tuple> || is_a<T, std::pair>) {
    return []<size_t... I>(std::index_sequence<I...>) {
      return (holds_tensors<std::decay_t<std::tuple_element_t<I, T>>>() || ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>());
  } else {
    return false;
  }
}

template <class T, class F>
void for_each_tensor(T& value, F& f) {
  if constexpr (std::is_same_v<T, Tensor>) {
    f(value);
  } else if constexpr (!holds_tensors<T>()) {
  } else if constexpr (is_a<T, std::vector>) {
    for (auto& element : value) for_each_tensor(element, f);
  } else if constexpr (is_a<T, std::optional>) {
    if (value) for_each_tensor(*value, f);
  } else {
    std::apply([&](auto&... elements) { (for_each_tensor(elements, f), ...); }, value);
  }
}

/// One call of a module that has hooks.
class GRADUS_API HookedCall {
 public:
  explicit HookedCall(Module& module);
  ~HookedCall();
  HookedCall(const HookedCall&) = delete;
  HookedCall& operator=(const HookedCall&) = delete;

  std::vector<Tensor> inputs, outputs;
  void before();  // acts on inputs
  void after();   // acts on outputs

 private:
  struct Backward;
  Module& module_;
  std::shared_ptr<const ModuleHooks> hooks_;
  std::shared_ptr<Backward> backward_;
};

template <class T>
void collect_tensors(T& value, std::vector<Tensor>& tensors) {
  const auto collect = [&](Tensor& tensor) { tensors.push_back(tensor); };
  for_each_tensor(value, collect);
}

template <class T>
void replace_tensors(T& value, const std::vector<Tensor>& tensors) {
  size_t i = 0;
  const auto replace = [&](Tensor& tensor) { tensor = tensors[i++]; };
  for_each_tensor(value, replace);
}

// An argument as the call keeps it: its own copy where hooks may replace a tensor in it.
template <class T>
using KeptArgument = std::conditional_t<holds_tensors<std::decay_t<T>>(), std::decay_t<T>, T&&>;

template <class M, class... Args, size_t... I>
auto call_with_hooks(M& module, std::index_sequence<I...>, Args&&... args) {
  HookedCall call(module);
  std::tuple<KeptArgument<Args>...> arguments(std::forward<Args>(args)...);
  (collect_tensors(std::get<I>(arguments), call.inputs), ...);
  call.before();
  size_t next = 0;
  const auto replace = [&](Tensor& tensor) { tensor = call.inputs[next++]; };
  (for_each_tensor(std::get<I>(arguments), replace), ...);
  using Result = std::decay_t<decltype(module.forward(std::forward<Args>(args)...))>;
  if constexpr (std::is_void_v<Result>) {
    module.forward(std::forward<Args>(std::get<I>(arguments))...);
    call.after();
  } else {
    Result result = module.forward(std::forward<Args>(std::get<I>(arguments))...);
    collect_tensors(result, call.outputs);
    call.after();
    replace_tensors(result, call.outputs);
    return result;
  }
}

/// module.forward(args...) with the hooks of the module. See Note [Hooks].
template <class M, class... Args>
auto call(M& module, Args&&... args) {
  if (!module.has_hooks()) [[likely]]
    return module.forward(std::forward<Args>(args)...);
  return call_with_hooks(module, std::index_sequence_for<Args...>(), std::forward<Args>(args)...);
}

}  // namespace detail
}  // namespace gradus::nn
