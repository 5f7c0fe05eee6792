#include "core/data/prefetcher.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/sanitizer.h"
#include "core/thread_arena.h"
#include "core/watch/record_scope.h"

namespace gradus::data::detail {

// Note [Prefetcher]
// Every submitted job puts one task into an arena of the loader's own. A task takes the first job
// that has not begun, whichever that is, so a task that comes late finds nothing to do and nobody
// has to wait for it: it holds a reference to the state. The arena has a slot for each worker and
// none for the caller, and the threads are reserved beside those that compute, so loading and
// computing never wait for each other's slots. Inside a job parallel_for runs serially: the workers
// are the parallelism.

LoaderJob::~LoaderJob() = default;

struct Turns::State {
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t next = 0;
  bool ended = false;
};

Turns::Turns() : state_(std::make_unique<State>()) {}
Turns::~Turns() = default;

void Turns::restart(uint64_t number) {
  const std::lock_guard lock(state_->mutex);
  state_->next = number;
  state_->ended = false;
}

Turns::Guard::Guard(Turns& turns, uint64_t number) : turns_(turns) {
  State& state = *turns.state_;
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return state.next >= number; });
}

Turns::Guard::~Guard() {
  {
    const std::lock_guard lock(turns_.state_->mutex);
    ++turns_.state_->next;
  }
  turns_.state_->changed.notify_all();
}

// Only the job whose turn it is reads or writes it.
bool Turns::Guard::ended() const {
  return turns_.state_->ended;
}

void Turns::Guard::set_ended() {
  turns_.state_->ended = true;
}

struct Prefetcher::State {
  enum class Stage { kWaiting, kRunning, kDone };
  struct Entry {
    std::unique_ptr<LoaderJob> job;
    Stage stage = Stage::kWaiting;
  };

  State(bool ordered, Callable<void(int64_t)> init) : ordered(ordered), init(std::move(init)) {}

  // What a worker does for one task.
  void work() {
    std::unique_lock lock(mutex);
    const auto waiting = [](const std::shared_ptr<Entry>& entry) {
      return entry->stage == Stage::kWaiting;
    };
    const auto found = std::find_if(entries.begin(), entries.end(), waiting);
    if (found == entries.end()) return;
    const std::shared_ptr<Entry> entry = *found;
    entry->stage = Stage::kRunning;
    ++running;
    std::optional<int64_t> new_thread;
    const auto id = std::this_thread::get_id();
    if (init && std::find(threads.begin(), threads.end(), id) == threads.end()) {
      new_thread = static_cast<int64_t>(threads.size());
      threads.push_back(id);
    }
    lock.unlock();
    try {
      if (new_thread) init(*new_thread);
      const SerialGuard serial;
      const RecordScope scope("DataLoader: load a batch", "data");
      entry->job->run();
    } catch (...) {
      entry->job->exception = std::current_exception();
    }
    lock.lock();
    entry->stage = Stage::kDone;
    --running;
    lock.unlock();
    changed.notify_all();
  }

  // The job that take() returns next, if it is done.
  std::deque<std::shared_ptr<Entry>>::iterator next_done() {
    const auto done = [](const std::shared_ptr<Entry>& entry) {
      return entry->stage == Stage::kDone;
    };
    const auto end = ordered && !entries.empty() ? entries.begin() + 1 : entries.end();
    const auto found = std::find_if(entries.begin(), end, done);
    return found == end ? entries.end() : found;
  }

  const bool ordered;
  const Callable<void(int64_t)> init;
  std::vector<std::thread::id> threads;  // on which init was called
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Entry>> entries;  // in the order of submit()
  int running = 0;
};

// Apart from the state: a task may hold the last reference to that, and an arena should not end
// inside itself.
struct Prefetcher::Threads {
  explicit Threads(int workers) : reservation(workers), arena(workers) {}
  ThreadReservation reservation;
  gradus::detail::WorkerArena arena;
};

Prefetcher::Prefetcher(size_t workers, bool ordered, Callable<void(int64_t)> init)
    : state_(std::make_shared<State>(ordered, std::move(init))),
      threads_(std::make_unique<Threads>(static_cast<int>(workers))) {}

Prefetcher::~Prefetcher() {
  cancel();
}

void Prefetcher::submit(std::unique_ptr<LoaderJob> job) {
  auto entry = std::make_shared<State::Entry>();
  entry->job = std::move(job);
  {
    const std::lock_guard lock(state_->mutex);
    state_->entries.push_back(std::move(entry));
  }
  auto* reference = new std::shared_ptr<State>(state_);
  happens_before(reference);
  threads_->arena.enqueue(
      [](void* context) {
        happens_after(context);
        const std::unique_ptr<std::shared_ptr<State>> state(
            static_cast<std::shared_ptr<State>*>(context));
        (*state)->work();
      },
      reference);
}

std::unique_ptr<LoaderJob> Prefetcher::take(std::optional<int64_t> milliseconds) {
  std::unique_lock lock(state_->mutex);
  const auto ready = [&] { return state_->next_done() != state_->entries.end(); };
  const RecordScope scope("DataLoader: wait", "data");
  if (!milliseconds) {
    state_->changed.wait(lock, ready);
  } else {
    GRADUS_CHECK(state_->changed.wait_for(lock, std::chrono::milliseconds(*milliseconds), ready),
                 "DataLoader: no batch came within the timeout of {} ms", *milliseconds);
  }
  const auto next = state_->next_done();
  std::unique_ptr<LoaderJob> job = std::move((*next)->job);
  state_->entries.erase(next);
  return job;
}

void Prefetcher::cancel() {
  std::deque<std::shared_ptr<State::Entry>> dropped;  // destroyed without the lock
  std::unique_lock lock(state_->mutex);
  for (const auto& entry : state_->entries) {
    if (entry->stage == State::Stage::kWaiting) entry->stage = State::Stage::kDone;
  }
  state_->changed.wait(lock, [&] { return state_->running == 0; });
  dropped.swap(state_->entries);
  lock.unlock();
}

size_t Prefetcher::in_flight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

}  // namespace gradus::data::detail
