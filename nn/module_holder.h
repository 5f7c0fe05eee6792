#pragma once

#include <ios>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "nn/hooks.h"

namespace gradus::nn {

class Module;
template <class Contained>
class ModuleHolder;

namespace detail {

struct ModuleHolderBase {};

// The implementation class of a holder, or the class itself.
template <class T, class = void>
struct ImplOf {
  using type = T;
};
template <class T>
struct ImplOf<T, std::enable_if_t<std::is_base_of_v<ModuleHolderBase, T>>> {
  using type = typename T::ContainedType;
};
template <class T>
using impl_t = typename ImplOf<T>::type;

}  // namespace detail

/// A shared pointer to a module that reads like a value: `nn::Linear fc(4, 2); fc(x);`. Copies
/// share the module. Constructed from nullptr it is empty.
template <class Contained>
class ModuleHolder : detail::ModuleHolderBase {
 public:
  using ContainedType = Contained;

  ModuleHolder() : impl_(std::make_shared<Contained>()) {
    static_assert(std::is_default_constructible_v<Contained>,
                  "construct the holder from nullptr to leave it empty");
  }
  ModuleHolder(std::nullptr_t) {}
  // Here and below a template, so that copying a holder does not instantiate
  // std::shared_ptr<Contained>.
  template <class T, class = std::enable_if_t<std::is_convertible_v<T*, Contained*>>>
  ModuleHolder(std::shared_ptr<T> module) : impl_(std::move(module)) {}
  // Arguments of the module's constructor, but not a single holder of, or pointer to, such a
  // module.
  template <class Head, class... Tail,
            class = std::enable_if_t<
                (sizeof...(Tail) > 0) ||
                !(std::is_same_v<typename detail::ImplOf<std::decay_t<Head>>::type, Contained> &&
                  std::is_base_of_v<detail::ModuleHolderBase, std::decay_t<Head>>)>,
            class = std::enable_if_t<(sizeof...(Tail) > 0) ||
                                     !std::is_convertible_v<Head, std::shared_ptr<Contained>>>>
  explicit ModuleHolder(Head&& head, Tail&&... tail)
      : impl_(std::make_shared<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

  explicit operator bool() const noexcept { return impl_ != nullptr; }
  bool is_empty() const noexcept { return impl_ == nullptr; }
  /// The module; weights that it computes from others (see nn/utils/parametrize.h) are brought up
  /// to date.
  Contained* operator->() { return get(); }
  const Contained* operator->() const { return get(); }
  Contained& operator*() { return *get(); }
  const Contained& operator*() const { return *get(); }
  Contained* get() {
    check();
    auto* module = static_cast<Contained*>(impl_.get());
    module->update_computed();
    return module;
  }
  const Contained* get() const {
    check();
    const auto* module = static_cast<const Contained*>(impl_.get());
    module->update_computed();
    return module;
  }
  std::shared_ptr<Contained> ptr() const {
    check();
    return std::static_pointer_cast<Contained>(impl_);
  }
  template <class T, class = std::enable_if_t<std::is_same_v<T, Contained>>>
  operator std::shared_ptr<T>() const {
    return ptr();
  }

  /// An element, of containers: `layers[0]`.
  template <class Key>
  decltype(auto) operator[](Key&& key) {
    return (*get())[std::forward<Key>(key)];
  }
  template <class Key>
  decltype(auto) operator[](Key&& key) const {
    return (*get())[std::forward<Key>(key)];
  }

  /// Calls forward, and the hooks of the module. See Note [Hooks].
  template <class... Args>
  auto operator()(Args&&... args) {
    check();
    return detail::call(static_cast<Contained&>(*impl_), std::forward<Args>(args)...);
  }

 protected:
  /// Owns `module`.
  explicit ModuleHolder(Contained* module) : impl_(module) {}

 private:
  void check() const {
    GRADUS_CHECK(impl_ != nullptr, "module: accessing an empty holder (constructed from nullptr)");
  }

  // Of the base, so that a holder that is only declared costs no std::shared_ptr<Contained>.
  std::shared_ptr<Module> impl_;
};

/// Prints the module.
template <class Stream, class Contained,
          class = std::enable_if_t<std::is_base_of_v<std::ios_base, Stream>>>
Stream& operator<<(Stream& stream, const ModuleHolder<Contained>& module) {
  stream << *module;
  return stream;
}

}  // namespace gradus::nn

/// Defines the holder `Name` of the module class `Class`.
#define GRADUS_MODULE_IMPL(Name, Class)                                \
  class Name : public ::gradus::nn::ModuleHolder<Class> { /* NOLINT */ \
   public:                                                             \
    using ::gradus::nn::ModuleHolder<Class>::ModuleHolder;             \
    using Impl [[maybe_unused]] = Class;                               \
    using ImplType [[maybe_unused]] = Class;                           \
  }

/// Defines the holder `Name` of the module class `NameImpl`.
#define GRADUS_MODULE(Name) GRADUS_MODULE_IMPL(Name, Name##Impl)
