#pragma once

#include <any>
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

/// A module of any type whose forward can be called without naming the type: what Sequential holds.
/// The arguments' types must be those of the module's forward, apart from const and references.
class AnyModule {
 public:
  AnyModule() = default;
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, M>>>
  explicit AnyModule(std::shared_ptr<M> module) : module_(module), forward_(&call<M>) {}
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, M>>, class = void>
  explicit AnyModule(M&& module)
      : AnyModule(std::make_shared<std::decay_t<M>>(std::forward<M>(module))) {}
  template <class M>
  explicit AnyModule(const ModuleHolder<M>& holder) : AnyModule(holder.ptr()) {}

  bool is_empty() const noexcept { return module_ == nullptr; }
  const std::shared_ptr<Module>& ptr() const {
    check();
    return module_;
  }
  template <class T>
  std::shared_ptr<T> ptr() const {
    check();
    auto cast = std::dynamic_pointer_cast<T>(module_);
    GRADUS_CHECK_TYPE(cast != nullptr, "AnyModule: the module is a {}, not a {}", module_->name(),
                      detail::type_name(typeid(T)));
    return cast;
  }
  template <class T>
  detail::impl_t<T>& get() const {
    return *ptr<detail::impl_t<T>>();
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
    (values.emplace_back(std::decay_t<Args>(std::forward<Args>(arguments))), ...);
    return any_forward(std::move(values));
  }
  template <class R = Tensor, class... Args>
  R forward(Args&&... arguments) const {
    return any_forward(std::forward<Args>(arguments)...).template get<R>();
  }

 private:
  using Forward = AnyValue (*)(Module&, const std::vector<AnyValue>&);

  void check() const {
    GRADUS_CHECK(module_ != nullptr, "AnyModule: cannot call an empty AnyModule");
  }

  template <class M, class R, class... Args, size_t... I>
  static AnyValue call_forward(M& module, R (M::*forward)(Args...),
                               const std::vector<AnyValue>& arguments, std::index_sequence<I...>) {
    GRADUS_CHECK(arguments.size() == sizeof...(Args), "{}: forward() takes {} arguments, got {}",
                 module.name(), sizeof...(Args), arguments.size());
    const auto check_type = [&](size_t index, bool fits, const std::type_info& expected) {
      GRADUS_CHECK_TYPE(fits, "{}: forward() expects argument {} to be {}, got {}", module.name(),
                        index, detail::type_name(expected),
                        detail::type_name(arguments[index].type_info()));
    };
    (check_type(I, arguments[I].template try_get<std::decay_t<Args>>() != nullptr,
                typeid(std::decay_t<Args>)),
     ...);
    // A copy, since forward may take its arguments by non-const reference.
    std::tuple<std::decay_t<Args>...> values(
        *arguments[I].template try_get<std::decay_t<Args>>()...);
    if constexpr (std::is_void_v<R>) {
      (module.*forward)(static_cast<Args>(std::get<I>(values))...);
      return AnyValue();
    } else {
      return AnyValue((module.*forward)(static_cast<Args>(std::get<I>(values))...));
    }
  }
  template <class M, class R, class... Args>
  static AnyValue call_forward(M& module, R (M::*forward)(Args...),
                               const std::vector<AnyValue>& arguments) {
    return call_forward(module, forward, arguments, std::index_sequence_for<Args...>());
  }
  template <class M, class R, class... Args>
  static AnyValue call_forward(M& module, R (M::*forward)(Args...) const,
                               const std::vector<AnyValue>& arguments) {
    return call_forward(module, reinterpret_cast<R (M::*)(Args...)>(forward), arguments);
  }
  template <class M>
  static AnyValue call(Module& module, const std::vector<AnyValue>& arguments) {
    M& typed = static_cast<M&>(module);
    return call_forward(typed, &M::forward, arguments);
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
