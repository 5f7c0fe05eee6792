#include "core/thread_buffers.h"

#include "core/parallel.h"

namespace gradus {
namespace {

constexpr std::size_t kLine = 64;

}  // namespace

ThreadBuffers::ThreadBuffers(std::size_t bytes)
    : bytes_((bytes + kLine - 1) / kLine * kLine),
      threads_(get_num_threads()),
      space_(bytes_ * static_cast<std::size_t>(threads_)) {}

void* ThreadBuffers::of_this_thread() const {
  const int me = get_thread_num();
  if (me < threads_) return static_cast<char*>(space_.data()) + bytes_ * static_cast<size_t>(me);
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Buffer>& buffer = more_[me];
  if (buffer == nullptr) buffer = std::make_unique<Buffer>(bytes_);
  return buffer->data();
}

}  // namespace gradus
