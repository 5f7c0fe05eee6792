#pragma once

#include "core/export.h"

namespace gradus {

/// Whether ops of this thread record what backward() needs. On by default, per thread.
struct GRADUS_API GradMode {
  static bool is_enabled();
  static void set_enabled(bool enabled);
};

/// Sets the mode and puts the former one back at the end of the scope: `AutoGradMode
/// guard(false);`.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : before_(GradMode::is_enabled()) {
    GradMode::set_enabled(enabled);
  }
  ~AutoGradMode() { GradMode::set_enabled(before_); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool before_;
};

/// Nothing is recorded in this scope: evaluation, updates of weights.
class NoGradGuard : public AutoGradMode {
 public:
  NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace gradus
