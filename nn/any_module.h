#pragma once

#include <any>
#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace gradus::nn {

/// A value of any type, as it passes between the modules of a Sequential.
class AnyValue {
 public:
  AnyValue() = default;
  template <class T, class = std::enable_if_t<!std::is_same_v<std::decay_t<T>, AnyValue>>>
  explicit AnyValue(T&& value) : value_(std::forward<T>(value)) {}

  /// The value, or null where it is no T.
  template <class T>
  const T* try_get() const {
    return std::any_cast<T>(&value_);
  }
  template <class T>
  T* try_get() {
    return std::any_cast<T>(&value_);
  }
  /// @throws TypeError where it is no T
  template <class T>
  T get() const {
    const T* value = try_get<T>();
    GRADUS_CHECK_TYPE(value != nullptr, "AnyValue: attempted to cast to {}, but the value is {}",
                      detail::type_name(typeid(T)), detail::type_name(value_.type()));
    return *value;
  }
  const std::type_info& type_info() const { return value_.type(); }

 private:
  std::any value_;
};

namespace detail {

// What the member function pointer F takes and returns; its qualifiers do not matter to a caller.
template <class F>
struct ForwardSignature;
template <class M, class R, class... Args>
struct ForwardSignature<R (M::*)(Args...)> {
  using Result = R;
  using Parameters = std::tuple<Args...>;
};
template <class M, class R, class... Args>
struct ForwardSignature<R (M::*)(Args...) const> : ForwardSignature<R (M::*)(Args...)> {};
template <class M, class R, class... Args>
struct ForwardSignature<R (M::*)(Args...) noexcept> : ForwardSignature<R (M::*)(Args...)> {};
template <class M, class R, class... Args>
struct ForwardSignature<R (M::*)(Args...) const noexcept> : ForwardSignature<R (M::*)(Args...)> {};

// Arguments that forward() may be called without, by their positions: see
// GRADUS_FORWARD_HAS_DEFAULT_ARGS.
using DefaultArguments = std::vector<std::pair<unsigned, AnyValue>>;

/// Fills in the defaults that are not given. @throws Error for another number of arguments
GRADUS_API void complete_arguments(const Module& module, std::vector<AnyValue>& arguments,
                                   size_t expected, const DefaultArguments& defaults);
[[noreturn]] GRADUS_API void throw_argument_type(const Module& module, size_t index,
                                                 const std::type_info& expected,
                                                 const std::type_info& actual);

// The argument as a reference of the type that forward takes.
template <class T>
std::decay_t<T>& checked_argument(const Module& module, std::vector<AnyValue>& arguments,
                                  size_t index) {
  auto* value = arguments[index].template try_get<std::decay_t<T>>();
  if (value == nullptr)
    throw_argument_type(module, index, typeid(std::decay_t<T>), arguments[index].type_info());
  return *value;
}

template <class M, class Signature, size_t... I>
AnyValue call_any(M& module, std::vector<AnyValue>& arguments, std::index_sequence<I...>) {
  using Parameters = typename Signature::Parameters;
  using Result = typename Signature::Result;
  // All types are checked before the first argument is moved.
  (void)std::initializer_list<const void*>{
      &checked_argument<std::tuple_element_t<I, Parameters>>(module, arguments, I)...};
  const auto call_module = [&]() -> decltype(auto) {
    return call(module, static_cast<std::tuple_element_t<I, Parameters>&&>(
                            checked_argument<std::tuple_element_t<I, Parameters>>(module, arguments,
                                                                                  I))...);
  };
  if constexpr (std::is_void_v<Result>) {
    call_module();
    return AnyValue();
  } else {
    return AnyValue(call_module());
  }
}

template <class M>
AnyValue call_module(Module& module, std::vector<AnyValue>& arguments) {
  M& typed = static_cast<M&>(module);
  if constexpr (requires { typed.any_forward(std::move(arguments)); }) {
    // A container of modules of any type: its hooks see the arguments that are tensors.
    if (!module.has_hooks()) return typed.any_forward(std::move(arguments));
    HookedCall call(module);
    for (AnyValue& argument : arguments) {
      if (const Tensor* tensor = argument.try_get<Tensor>()) call.inputs.push_back(*tensor);
    }
    call.before();
    size_t next = 0;
    for (AnyValue& argument : arguments) {
      if (Tensor* tensor = argument.try_get<Tensor>()) *tensor = call.inputs[next++];
    }
    AnyValue result = typed.any_forward(std::move(arguments));
    Tensor* output = result.try_get<Tensor>();
    if (output != nullptr) call.outputs.push_back(*output);
    call.after();
    if (output != nullptr) *output = call.outputs[0];
    return result;
  } else {
    using Signature = ForwardSignature<decltype(&M::forward)>;
    constexpr size_t count = std::tuple_size_v<typename Signature::Parameters>;
    if constexpr (requires { typed._forward_default_args(); }) {
      complete_arguments(module, arguments, count, typed._forward_default_args());
    } else {
      complete_arguments(module, arguments, count, {});
    }
    return call_any<M, Signature>(typed, arguments, std::make_index_sequence<count>());
  }
}

}  // namespace detail

/// A module of any type whose forward can be called without naming the type: what Sequential holds.
/// The arguments' types must be those of the module's forward, apart from const and references.
/// The module's hooks run.
class AnyModule {
 public:
  AnyModule() = default;
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, M>>>
  explicit AnyModule(std::shared_ptr<M> module)
      : module_(std::move(module)), forward_(&detail::call_module<M>) {}
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>,
            class = void>
  explicit AnyModule(M&& module)
      : AnyModule(std::make_shared<std::decay_t<M>>(std::forward<M>(module))) {}
  template <class M>
  explicit AnyModule(const ModuleHolder<M>& holder) : AnyModule(holder.ptr()) {}

  /// Takes another module.
  template <class M>
  AnyModule& operator=(std::shared_ptr<M> module) {
    return *this = AnyModule(std::move(module));
  }

  bool is_empty() const noexcept { return module_ == nullptr; }
  const std::shared_ptr<Module>& ptr() const {
    check();
    return module_;
  }
  /// @throws TypeError where the module is no T
  template <class T>
  std::shared_ptr<T> ptr() const {
    check();
    auto cast = std::dynamic_pointer_cast<T>(module_);
    GRADUS_CHECK_TYPE(cast != nullptr, "AnyModule: the module is a {}, not a {}", module_->name(),
                      detail::type_name(typeid(T)));
    return cast;
  }
  /// A module as a reference, a holder as a value.
  template <class T>
  std::conditional_t<std::is_base_of_v<detail::ModuleHolderBase, T>, T, T&> get() const {
    if constexpr (std::is_base_of_v<detail::ModuleHolderBase, T>) {
      return T(ptr<detail::impl_t<T>>());
    } else {
      return *ptr<T>();
    }
  }
  const std::type_info& type_info() const {
    check();
    const Module& module = *module_;
    return typeid(module);
  }
  AnyModule clone(const std::optional<Device>& device = std::nullopt) const {
    AnyModule copy = *this;
    if (module_ != nullptr) copy.module_ = module_->clone(device);
    return copy;
  }

  AnyValue any_forward(std::vector<AnyValue> arguments) const {
    check();
    return forward_(*module_, arguments);
  }
  template <class... Args>
  AnyValue any_forward(Args&&... arguments) const {
    std::vector<AnyValue> values;
    values.reserve(sizeof...(Args));
    (values.emplace_back(std::forward<Args>(arguments)), ...);
    return any_forward(std::move(values));
  }
  /// @tparam R what the module's forward returns
  template <class R = Tensor, class... Args>
  R forward(Args&&... arguments) const {
    return any_forward(std::forward<Args>(arguments)...).template get<R>();
  }

 private:
  using Forward = AnyValue (*)(Module&, std::vector<AnyValue>&);

  void check() const {
    GRADUS_CHECK(module_ != nullptr, "AnyModule: cannot call an empty AnyModule");
  }

  std::shared_ptr<Module> module_;
  Forward forward_ = nullptr;
};

/// A module and the name it gets in a container: `{"fc1", nn::Linear(4, 2)}`.
class NamedAnyModule {
 public:
  NamedAnyModule(std::string name, AnyModule module)
      : name_(std::move(name)), module_(std::move(module)) {}
  template <class M, class = std::enable_if_t<!std::is_same_v<std::decay_t<M>, AnyModule>>>
  NamedAnyModule(std::string name, M&& module)
      : NamedAnyModule(std::move(name), AnyModule(std::forward<M>(module))) {}
  const std::string& name() const { return name_; }
  AnyModule& module() { return module_; }
  const AnyModule& module() const { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

}  // namespace gradus::nn

/// Inside a module's class: the trailing arguments of forward that AnyModule and Sequential may
/// leave out, by position.
///
///     Tensor forward(const Tensor& x, int64_t times = 1);
///     GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, nn::AnyValue(int64_t{1})})
#define GRADUS_FORWARD_HAS_DEFAULT_ARGS(...)                             \
 public:                                                                 \
  template <class = void>                                                \
  ::gradus::nn::detail::DefaultArguments _forward_default_args() const { \
    return {__VA_ARGS__};                                                \
  }
