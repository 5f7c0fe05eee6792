#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace gradus {

template <class Signature>
class Callable;

/// Owns a function object of any type, copies share it: what hooks and closures are kept in. Does
/// what std::function does for a tenth of the compile time, which every includer of tensor.h would
/// pay.
template <class R, class... Args>
class Callable<R(Args...)> {
 public:
  Callable() = default;
  Callable(std::nullptr_t) {}
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Callable> &&
                                              std::is_invocable_r_v<R, std::decay_t<F>&, Args...>>>
  Callable(F&& f)
      : body_(std::make_shared<std::decay_t<F>>(std::forward<F>(f))),
        call_(&call<std::decay_t<F>>) {}

  explicit operator bool() const { return body_ != nullptr; }
  R operator()(Args... args) const { return call_(body_.get(), std::forward<Args>(args)...); }

 private:
  template <class F>
  static R call(void* body, Args... args) {
    F& f = *static_cast<F*>(body);
    if constexpr (std::is_void_v<R>) {
      f(std::forward<Args>(args)...);
    } else {
      return f(std::forward<Args>(args)...);
    }
  }

  std::shared_ptr<void> body_;  // of no type, so that all signatures have one in common
  R (*call_)(void*, Args...) = nullptr;
};

}  // namespace gradus
