#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include "core/callable.h"
#include "core/export.h"
#include "core/hidden.h"

namespace gradus::data::detail {

/// The loading of one batch.
class GRADUS_API LoaderJob {
 public:
  virtual ~LoaderJob();
  /// Loads the batch; runs once, on any thread.
  virtual void run() = 0;

  std::exception_ptr exception;        ///< what run() threw
  std::optional<size_t> failed_index;  ///< the sample on which it threw, where known
  bool at_end = false;                 ///< there was nothing more to load
};

/// Lets jobs read from a stream one at a time, in the order of their numbers. Jobs must begin in
/// that order, as those of a Prefetcher do.
class GRADUS_API Turns {
 public:
  Turns();
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// The next job to come has this number; none may be running.
  void restart(uint64_t number);

  /// While it lives, it is the turn of job `number`.
  class GRADUS_API Guard {
   public:
    Guard(Turns& turns, uint64_t number);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// Whether an earlier job has called set_ended().
    bool ended() const;
    void set_ended();

   private:
    Turns& turns_;
  };

 private:
  struct State;
  Hidden<State> state_;
};

/// Runs jobs on threads of its own, some jobs ahead of whoever takes their results. See Note
/// [Prefetcher].
class GRADUS_API Prefetcher {
 public:
  /// `ordered`: results come in the order of submit(), otherwise as they get ready. `init` is
  /// called on each thread before its first job, with a number that counts the threads.
  Prefetcher(size_t workers, bool ordered, Callable<void(int64_t)> init = nullptr);
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
  Hidden<Threads> threads_;
};

}  // namespace gradus::data::detail
