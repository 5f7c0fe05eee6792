#include "core/thread_arena.h"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include "core/sanitizer.h"

// Half of oneTBB is templates that would be instrumented here, half is a library that is not:
// ThreadSanitizer would see the accesses and not the synchronization. parallel.cpp and
// data/prefetcher.cpp state the happens-before of a loop and of a task instead.
#if GRADUS_THREAD_SANITIZER
#error "compile core/thread_arena.cpp with -fno-sanitize=thread"
#endif

namespace gradus::detail {

struct ThreadArena::Impl {
  tbb::task_arena arena;
};

ThreadArena::ThreadArena(int threads)
    : threads_(threads), impl_(new Impl{tbb::task_arena(threads)}) {}

ThreadArena::~ThreadArena() = default;

void ThreadArena::run(int n, void (*body)(void* context, int i), void* context) {
  impl_->arena.execute([=] {
    tbb::this_task_arena::isolate([=] {
      tbb::parallel_for(
          tbb::blocked_range<int>(0, n, 1),
          [=](const tbb::blocked_range<int>& range) {
            for (int i = range.begin(); i < range.end(); ++i) body(context, i);
          },
          tbb::simple_partitioner());
    });
  });
}

struct WorkerArena::Impl {
  tbb::task_arena arena;
};

WorkerArena::WorkerArena(int threads)
    : impl_(new Impl{tbb::task_arena(threads, /*reserved_for_masters=*/0)}) {}

WorkerArena::~WorkerArena() = default;

void WorkerArena::enqueue(void (*body)(void* context), void* context) {
  impl_->arena.enqueue([=] { body(context); });
}

void set_thread_limit(int threads) {
  static auto* const control = new std::unique_ptr<tbb::global_control>;
  if (threads <= default_concurrency()) {
    control->reset();
  } else {
    // The smallest of several controls counts, so the old one goes after the new one has come.
    *control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                     static_cast<std::size_t>(threads));
  }
}

int default_concurrency() {
  return tbb::info::default_concurrency();
}

}  // namespace gradus::detail
