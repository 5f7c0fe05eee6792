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

/// Nothing is recorded in this scope, and less is remembered than under NoGradGuard: tensors made
/// in it are inference tensors, which have no version counter. Outside they can be read, but not
/// written to in place nor saved for a backward: clone() them first. Views of other tensors are no
/// inference tensors. `InferenceMode guard(false);` inside goes back to recording.
class GRADUS_API InferenceMode {
 public:
  explicit InferenceMode(bool enabled = true);
  ~InferenceMode();
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;
  static bool is_enabled();

 private:
  AutoGradMode grad_mode_;
  bool before_;
};

}  // namespace gradus
