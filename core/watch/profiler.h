#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/watch/record_scope.h"

namespace gradus {

/// Settings of a ProfilerGuard.
struct ProfilerOptions {
  /// Whether to keep how many bytes each scope allocated and kept; costs a microsecond or two a
  /// scope. Default: true.
  GRADUS_ARG(bool, memory) = true;
  /// Scopes beyond so many are counted and dropped. Default: 1,000,000, some 64 MB.
  GRADUS_ARG(size_t, max_events) = 1'000'000;
};

/// While it lives, the RecordScopes of all threads are recorded, among them those of gradus itself:
/// - each op that is recorded on the tape, each op made of others, and the in-place and out= forms,
///   by name ("conv2d", "add_"): from the call to the return, on the calling thread, so with
///   checks, allocation, the kernel with the threads it used, and the record on the tape. Ops that
///   an op calls lie inside it; in total time, calls and bytes a call inside one of the same name
///   is part of that.
/// - "backward", each node that it runs ("Conv2dBackward0") with the ops that it calls inside,
///   under their own names, and "AccumulateGrad"
/// - Optimizer::step() by the optimizer's name ("Adam")
/// - "DataLoader: load a batch", on the thread that does, and "DataLoader: wait"
///
/// Not recorded: factories such as zeros(), and what is no op, such as reading sizes. Hooks are
/// part of "backward".
///
///     {
///       ProfilerGuard profiler;
///       for (int i = 0; i < 10; ++i) train_step();
///       profiler.save("trace.json");  // for https://ui.perfetto.dev or chrome://tracing
///       fmt::print("{}", profiler.table());
///     }
///
/// There may be one at a time.
class GRADUS_API ProfilerGuard {
 public:
  /// What all scopes of one name did. Bytes are those that the process held more (or fewer) at the
  /// end of the scope than at its begin, so what other threads allocate meanwhile is in them.
  struct Entry {
    std::string name;
    int64_t count = 0;
    double total_ms = 0;  ///< with the scopes inside
    double self_ms = 0;   ///< without them
    int64_t bytes = 0;    ///< allocated and kept, with the scopes inside
  };

  /// @throws Error where there is another one
  explicit ProfilerGuard(ProfilerOptions options = {});
  ~ProfilerGuard();
  ProfilerGuard(const ProfilerGuard&) = delete;
  ProfilerGuard& operator=(const ProfilerGuard&) = delete;

  /// Ends the recording before the guard's end; results stay.
  void stop();
  /// What was recorded so far by name, most self time first. Scopes that are still open are not in
  /// it.
  std::vector<Entry> entries() const;
  /// The same as a table of the first `rows` names, for a terminal.
  std::string table(size_t rows = 30) const;
  /// The scopes in Chrome's trace event format (JSON).
  std::string trace() const;
  /// Writes trace() as io::AtomicFile does. @throws Error
  void save(const std::string& path) const;
  /// How many scopes came after max_events.
  size_t dropped() const;

 private:
  struct Session;
  std::shared_ptr<Session> session_;
  friend class RecordScope;
};

}  // namespace gradus
