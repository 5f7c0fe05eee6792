#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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
  explicit RecordScope(const char* name, const char* category = "scope") {
    if (detail::profiling.load(std::memory_order_relaxed)) [[unlikely]]
      begin(name, category);
  }
  explicit RecordScope(std::string&&, const char* = "") = delete;  // would not live as long
  ~RecordScope() {
    if (session_ != 0) [[unlikely]]
      end();
  }
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;

 private:
  GRADUS_API void begin(std::string_view name, const char* category) noexcept;
  GRADUS_API void end() noexcept;

  uint64_t session_ = 0;  // of the profiler that saw the begin; the rest is set by begin()
  const char* name_;
  size_t name_size_;
  const char* category_;
  int64_t begin_;  // nanoseconds
  int64_t bytes_;  // allocated at the begin
};

/// The scope of an op: the first line of each function that records itself on the tape.
struct OpScope : RecordScope {
  explicit OpScope(const char* op) : RecordScope(op, "op") {}
};

}  // namespace gradus
