#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/arg.h"
#include "core/export.h"

namespace gradus {

namespace detail {
// Whether a ProfilerGuard lives. Read by every RecordScope.
GRADUS_API extern std::atomic<bool> profiling;
}  // namespace detail

/// A span of time in the trace of a ProfilerGuard, from its construction to its end. Costs a load
/// and a branch where nobody profiles; scopes may nest.
///
///     RecordScope scope("augment");
class RecordScope {
 public:
  /// `name` must live as long as the scope; `category` forever.
  explicit RecordScope(std::string_view name, const char* category = "scope") {
    if (detail::profiling.load(std::memory_order_relaxed)) [[unlikely]]
      begin(name, category);
  }
  ~RecordScope() {
    if (session_ != 0) [[unlikely]]
      end();
  }
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;

 private:
  GRADUS_API void begin(std::string_view name, const char* category) noexcept;
  GRADUS_API void end() noexcept;

  uint64_t session_ = 0;  // of the profiler that saw the begin
  std::string_view name_;
  const char* category_ = nullptr;
  int64_t begin_ = 0;  // nanoseconds
  int64_t bytes_ = 0;  // allocated at the begin
};

/// Settings of a ProfilerGuard.
struct ProfilerOptions {
  /// Whether to keep how many bytes each scope allocated and kept; costs a microsecond or two a
  /// scope. Default: true.
  GRADUS_ARG(bool, memory) = true;
  /// Scopes beyond so many are counted and dropped. Default: 1,000,000, some 64 MB.
  GRADUS_ARG(size_t, max_events) = 1'000'000;
};

/// While it lives, RecordScopes of all threads are recorded.
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
  /// What all scopes of one name did.
  struct Entry {
    std::string name;
    int64_t count = 0;
    double total_ms = 0;  ///< with the scopes inside
    double self_ms = 0;   ///< without them
    int64_t bytes = 0;    ///< allocated and kept, summed up
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
