#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "core/allocator.h"
#include "core/export.h"

namespace gradus {

/// A buffer for each thread of a loop. A thread finds its own again in the next chunk, still in its
/// cache, and nothing is allocated in the loop.
///
///   ThreadBuffers space(bytes);
///   parallel_for(n, 1, [&](int64_t begin, int64_t end) {
///     float* const mine = space.mine<float>();
class GRADUS_API ThreadBuffers {
 public:
  /// `bytes` for each thread that a loop can have here: get_num_threads(), but no more than there
  /// are chunks, kMaxChunks, and one inside of a loop. @throws OutOfMemoryError
  explicit ThreadBuffers(std::size_t bytes);

  /// Returns the buffer of this thread, on a line of its own; see get_thread_num(). What it holds
  /// is what the thread left there. @throws OutOfMemoryError if the number of threads has grown
  /// since and there is no memory for another one
  template <class T>
  T* mine() const {
    return static_cast<T*>(of_this_thread());
  }

 private:
  void* of_this_thread() const;

  std::size_t bytes_;
  int first_, threads_;  // the numbers of those in space_: first_ and so on
  Buffer space_;
  mutable std::mutex mutex_;
  mutable std::map<int, std::unique_ptr<Buffer>> more_;  // of other threads
};

}  // namespace gradus
