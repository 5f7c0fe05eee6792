#pragma once

#include "core/export.h"

namespace gradus {

/// While it lives, SIGTERM and SIGINT (Ctrl-C) no longer end the program but ask it to stop: so
/// that a run can save a checkpoint and exit cleanly. A second signal of the same kind ends it as
/// ever.
///
///     StopSignal stop;
///     for (auto& batch : *loader) {
///       train(batch);
///       if (stop.requested()) {
///         checkpoint.save("run.safetensors");
///         return 0;
///       }
///     }
///
/// There may be one at a time.
class GRADUS_API StopSignal {
 public:
  /// @throws Error where there is another one
  StopSignal();
  /// Restores what the signals did before.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Whether a signal has come.
  bool requested() const noexcept { return signal() != 0; }
  /// The number of the signal that came last; 0 before one has.
  int signal() const noexcept;
};

}  // namespace gradus
