#include "core/thread_buffers.h"

#include <algorithm>

#include "core/parallel.h"

namespace gradus {
namespace {

constexpr std::size_t kLine = 64;

}  // namespace

ThreadBuffers::ThreadBuffers(std::size_t bytes)
    : bytes_((bytes + kLine - 1) / kLine * kLine),
      first_(in_parallel_region() ? get_thread_num() : 0),
      threads_(in_parallel_region()
                   ? 1
                   : static_cast<int>(std::min<int64_t>(get_num_threads(), kMaxChunks))),
      space_(bytes_ * static_cast<std::size_t>(threads_)) {}

void* ThreadBuffers::of_this_thread() const {
  const int me = get_thread_num(), i = me - first_;
  if (i >= 0 && i < threads_) {
    return static_cast<char*>(space_.data()) + bytes_ * static_cast<std::size_t>(i);
  }
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Buffer>& buffer = more_[me];
  if (buffer == nullptr) buffer = std::make_unique<Buffer>(bytes_);
  return buffer->data();
}

}  // namespace gradus
