#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include "core/export.h"

namespace gradus::data::detail {

/// The loading of one batch.
class GRADUS_API LoaderJob {
 public:
  virtual ~LoaderJob();
  /// Loads the batch; runs once, on any thread.
  virtual void run() = 0;

  std::exception_ptr exception;        ///< what run() threw
  std::optional<size_t> failed_index;  ///< the sample on which it threw, where known
};

/// Runs jobs on threads of its own, some jobs ahead of whoever takes their results. See Note
/// [Prefetcher].
class GRADUS_API Prefetcher {
 public:
  /// `ordered`: results come in the order of submit(), otherwise as they get ready.
  Prefetcher(size_t workers, bool ordered);
  /// As cancel().
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  void submit(std::unique_ptr<LoaderJob> job);
  /// Waits for the next finished job and returns it. There must be one in flight.
  /// @throws Error if that takes longer than `milliseconds`; the job goes on
  std::unique_ptr<LoaderJob> take(std::optional<int64_t> milliseconds);
  /// Drops the jobs that have not begun and the results, and waits for the jobs that run.
  void cancel();
  /// Jobs that were submitted and not taken.
  size_t in_flight() const;

 private:
  struct State;
  struct Threads;
  std::shared_ptr<State> state_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace gradus::data::detail
