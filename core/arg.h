#pragma once

#include <utility>

/// One setting of an options struct: a chained setter, a getter and the value, whose default
/// follows the macro.
///
///     struct LinearOptions {
///       /// Whether a bias is added. Default: true
///       GRADUS_ARG(bool, bias) = true;
///     };
///     LinearOptions options = LinearOptions().bias(false);
///     if (options.bias()) ...
#define GRADUS_ARG(T, name)             \
 public:                                \
  auto name(T value)->decltype(*this) { \
    this->name##_ = std::move(value);   \
    return *this;                       \
  }                                     \
  const T& name() const noexcept {      \
    return name##_;                     \
  }                                     \
  T& name() noexcept {                  \
    return name##_;                     \
  }                                     \
                                        \
 private:                               \
  T name##_ /* NOLINT */
