#pragma once

#include "core/export.h"

namespace gradus::autograd {

/// Looks for errors in backward, for debugging: each op remembers the call stack of its forward
/// call, and an error in its backward tells it. With check_nan a backward that returns NaN is such
/// an error. For all threads; slows every op down.
struct GRADUS_API AnomalyMode {
  static bool is_enabled();
  static bool should_check_nan();
  static void set_enabled(bool enabled, bool check_nan = true);
};

/// Anomaly mode in a scope that holds both forward and backward:
///
///     autograd::DetectAnomalyGuard guard;
///     loss(model, x).backward();  // Error: Function 'SqrtBackward0' returned nan values ...
class GRADUS_API DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool check_nan = true)
      : before_(AnomalyMode::is_enabled()), checked_nan_before_(AnomalyMode::should_check_nan()) {
    AnomalyMode::set_enabled(true, check_nan);
  }
  ~DetectAnomalyGuard() { AnomalyMode::set_enabled(before_, checked_nan_before_); }
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool before_, checked_nan_before_;
};

}  // namespace gradus::autograd
