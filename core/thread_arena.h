#pragma once

// Private: the part of parallel.cpp and data/prefetcher.cpp that touches oneTBB.

#include <memory>

namespace gradus::detail {

/// A oneTBB arena with so many slots, the caller's included.
class ThreadArena {
 public:
  explicit ThreadArena(int threads);
  ~ThreadArena();

  int threads() const { return threads_; }

  /// Calls body(context, 0) ... body(context, n - 1), each once, on as many threads as come in
  /// time, and returns when all are done. The caller's thread takes no work of others while it
  /// waits. `body` must not throw.
  void run(int n, void (*body)(void* context, int i), void* context);

 private:
  struct Impl;
  int threads_;
  std::unique_ptr<Impl> impl_;
};

/// A oneTBB arena without a slot for the caller: tasks run on up to so many threads beside it.
class WorkerArena {
 public:
  explicit WorkerArena(int threads);
  /// Does not wait: tasks that have not run yet run later.
  ~WorkerArena();

  /// Calls body(context) once, on another thread. `body` must not throw.
  void enqueue(void (*body)(void* context), void* context);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Lets oneTBB run as many threads in all; fewer than it has by default are not asked for. Not
/// thread-safe.
void set_thread_limit(int threads);

/// Returns how many threads oneTBB would use by itself.
int default_concurrency();

}  // namespace gradus::detail
