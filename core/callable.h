#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace gradus {

template <class Signature>
class Callable;

/// Owns a function object of any type, copies share it: what hooks and closures are kept in. Does
/// what std::function does for a fifth of the compile time, which every includer of tensor.h would
/// pay.
template <class R, class... Args>
class Callable<R(Args...)> {
 public:
  Callable() = default;
  Callable(std::nullptr_t) {}
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Callable> &&
                                              std::is_invocable_r_v<R, std::decay_t<F>&, Args...>>>
  Callable(F&& f) : body_(std::make_shared<Body<std::decay_t<F>>>(std::forward<F>(f))) {}

  explicit operator bool() const { return body_ != nullptr; }
  R operator()(Args... args) const { return body_->call(std::forward<Args>(args)...); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Body final : Base {
    explicit Body(F f) : f(std::move(f)) {}
    R call(Args... args) override { return f(std::forward<Args>(args)...); }
    F f;
  };
  std::shared_ptr<Base> body_;
};

}  // namespace gradus
