#pragma once

#include <string>
#include <utility>

#include "core/export.h"

namespace gradus {

/// What the library has to say that is no error: probably a mistake, or slow.
class Warning {
 public:
  explicit Warning(std::string message) : message_(std::move(message)) {}
  const std::string& msg() const { return message_; }

 private:
  std::string message_;
};

/// Receives warnings: derive from it and give it to WarningUtils::set_warning_handler.
class GRADUS_API WarningHandler {
 public:
  virtual ~WarningHandler();
  /// Called on the thread that warns. This one writes a line to the standard error.
  virtual void process(const Warning& warning);
};

/// Tells the handler of this thread.
GRADUS_API void warn(const Warning& warning);
inline void warn(std::string message) {
  warn(Warning(std::move(message)));
}

namespace WarningUtils {

/// Sends this thread's warnings to `handler`, which must outlive that; null is the default one.
GRADUS_API void set_warning_handler(WarningHandler* handler) noexcept;
GRADUS_API WarningHandler* get_warning_handler() noexcept;
/// Whether warnings that are given once in a program are given each time, on any thread.
GRADUS_API void set_warnAlways(bool always) noexcept;
GRADUS_API bool get_warnAlways() noexcept;

/// While it lives, `handler` receives this thread's warnings.
class WarningHandlerGuard {
 public:
  explicit WarningHandlerGuard(WarningHandler* handler) : previous_(get_warning_handler()) {
    set_warning_handler(handler);
  }
  ~WarningHandlerGuard() { set_warning_handler(previous_); }
  WarningHandlerGuard(const WarningHandlerGuard&) = delete;
  WarningHandlerGuard& operator=(const WarningHandlerGuard&) = delete;

 private:
  WarningHandler* previous_;
};

/// While it lives, get_warnAlways() is `always`.
class WarnAlways {
 public:
  explicit WarnAlways(bool always = true) : previous_(get_warnAlways()) { set_warnAlways(always); }
  ~WarnAlways() { set_warnAlways(previous_); }
  WarnAlways(const WarnAlways&) = delete;
  WarnAlways& operator=(const WarnAlways&) = delete;

 private:
  bool previous_;
};

}  // namespace WarningUtils
}  // namespace gradus
