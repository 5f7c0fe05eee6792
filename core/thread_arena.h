#pragma once

// Private: the part of parallel.cpp that touches oneTBB.

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

/// Lets oneTBB run as many threads in all; fewer than it has by default are not asked for. Not
/// thread-safe.
void set_thread_limit(int threads);

/// Returns how many threads oneTBB would use by itself.
int default_concurrency();

}  // namespace gradus::detail
