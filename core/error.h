#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "core/export.h"

namespace gradus {

/// Base of every exception that gradus throws. Messages name the op, the argument, what was
/// expected and what came: `matmul: inner dimensions differ: [3, 4] x [5, 2] (4 vs 5)`.
class GRADUS_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  ~Error() override;

  /// The same text as what(); for programs written for c10::Error.
  const char* what_without_backtrace() const noexcept { return what(); }
};

/// An index or dimension that is out of range.
class GRADUS_API IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};

/// An argument whose value cannot be used (a negative size, a probability above 1).
class GRADUS_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

/// An argument of a dtype that the op does not take.
class GRADUS_API TypeError : public Error {
 public:
  using Error::Error;
  ~TypeError() override;
};

/// Something PyTorch has and gradus does not have.
class GRADUS_API NotImplementedError : public Error {
 public:
  using Error::Error;
  ~NotImplementedError() override;
};

/// Memory that the system does not give, after the cache was emptied.
class GRADUS_API OutOfMemoryError : public Error {
 public:
  using Error::Error;
  ~OutOfMemoryError() override;
};

namespace detail {

// That a format fits its arguments is checked when gradus is built; to check it again in every
// program would cost its compilation.
#ifdef GRADUS_BUILDING
template <class... Args>
using MessageFormat = fmt::format_string<Args...>;
#else
template <class...>
using MessageFormat = fmt::string_view;
#endif

/// The message. @throws fmt::format_error where the format does not fit the arguments
GRADUS_API std::string format_message(fmt::string_view format, fmt::format_args args);

// Cold and out of line, so that a check costs its caller one compare and one jump.
template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void throw_error(MessageFormat<Args...> format,
                                                        Args&&... args) {
  throw E(format_message(format, fmt::make_format_args(args...)));
}

}  // namespace detail
}  // namespace gradus

/// Throws gradus::TYPE with a formatted message unless `condition` holds.
#define GRADUS_CHECK_AS(TYPE, condition, ...)                     \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::gradus::detail::throw_error<::gradus::TYPE>(__VA_ARGS__); \
  } while (false)

/// Throws gradus::Error unless `condition` holds: GRADUS_CHECK(n > 0, "conv2d: groups must be
/// positive, got {}", n).
#define GRADUS_CHECK(condition, ...) GRADUS_CHECK_AS(Error, condition, __VA_ARGS__)
#define GRADUS_CHECK_INDEX(condition, ...) GRADUS_CHECK_AS(IndexError, condition, __VA_ARGS__)
#define GRADUS_CHECK_VALUE(condition, ...) GRADUS_CHECK_AS(ValueError, condition, __VA_ARGS__)
#define GRADUS_CHECK_TYPE(condition, ...) GRADUS_CHECK_AS(TypeError, condition, __VA_ARGS__)
