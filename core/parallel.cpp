#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <sched.h>

#include "core/error.h"
#include "core/sanitizer.h"
#include "core/thread_arena.h"

namespace gradus {
namespace {

constexpr int kMaxThreads = 1024;

using detail::ThreadArena;

// Loops read `current` without a lock, so an arena, once made, stays: there is one per number of
// threads ever asked for.
struct State {
  std::mutex mutex;
  std::map<int, std::unique_ptr<ThreadArena>> arenas;
  int reserved = 0;
  std::atomic<ThreadArena*> current{nullptr};
};

State& state() {
  static State* const s = new State;  // never destroyed: static destructors may still compute
  return *s;
}

// Distinct physical cores among the processors this process may run on, within its control group's
// quota.
int default_num_threads() {
  int cores = 0;
#ifdef __linux__
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
    std::set<std::string> siblings;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &cpus)) continue;
      std::string core = std::to_string(cpu);
      const std::string path =
          "/sys/devices/system/cpu/cpu" + core + "/topology/thread_siblings_list";
      if (std::FILE* f = std::fopen(path.c_str(), "r")) {
        char line[256];
        if (std::fgets(line, sizeof line, f) != nullptr) core = line;
        std::fclose(f);
      }
      siblings.insert(core);
    }
    cores = static_cast<int>(siblings.size());
  }
  if (std::FILE* f = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    long long quota = 0;
    long long period = 0;
    if (std::fscanf(f, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0) {
      cores = static_cast<int>(std::min<long long>(cores, (quota + period - 1) / period));
    }
    std::fclose(f);
  }
#endif
  if (cores < 1) cores = detail::default_concurrency();
  return std::clamp(cores, 1, kMaxThreads);
}

// Needs s.mutex held.
ThreadArena& use_arena(State& s, int n) {
  std::unique_ptr<ThreadArena>& arena = s.arenas[n];
  if (arena == nullptr) arena = std::make_unique<ThreadArena>(n);
  detail::set_thread_limit(n + s.reserved);
  s.current.store(arena.get(), std::memory_order_release);
  return *arena;
}

ThreadArena& current_arena() {
  State& s = state();
  if (ThreadArena* const arena = s.current.load(std::memory_order_acquire)) return *arena;
  const std::lock_guard lock(s.mutex);
  if (ThreadArena* const arena = s.current.load(std::memory_order_relaxed)) return *arena;
  return use_arena(s, default_num_threads());
}

void reserve_threads(int n) {
  current_arena();
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.reserved += n;
  detail::set_thread_limit(s.current.load(std::memory_order_relaxed)->threads() + s.reserved);
}

// Whether this thread is inside a chunk, or under a SerialGuard.
constinit thread_local bool serial = false;

// See get_thread_num().
constinit thread_local int thread_num = 0;

using Body = FunctionRef<void(int64_t, int64_t)>;

// Note [parallel_for]
// The chunks are dealt to as many segments as there are threads. A thread takes the chunks of its
// own segment from the front, then those of the others: what a thread wrote in one loop it mostly
// finds in its cache in the next, and a thread that the system takes away for a while holds up no
// more than one chunk. oneTBB only brings the threads: a helper that comes late finds nothing left
// to do.
class Job {
 public:
  Job(int64_t n, Chunks chunks, int segments, Body body)
      : n_(n), chunks_(chunks), segments_(segments), body_(body) {
    for (int i = 0; i < segments; ++i) {
      segment_[i].next.store(chunks.count * i / segments, std::memory_order_relaxed);
    }
    happens_before(this);
  }

  void take_part(int first) noexcept {
    happens_after(this);
    const bool previous = std::exchange(serial, true);
    const int previous_num = std::exchange(thread_num, first);
    for (int k = 0; k < segments_; ++k) {
      const int i = first + k < segments_ ? first + k : first + k - segments_;
      const int64_t end = chunks_.count * (i + 1) / segments_;
      std::atomic<int64_t>& next = segment_[i].next;
      while (next.load(std::memory_order_relaxed) < end) {
        const int64_t chunk = next.fetch_add(1, std::memory_order_relaxed);
        if (chunk < end) run(chunk);
      }
    }
    serial = previous;
    thread_num = previous_num;
    happens_before(this);
  }

  // To be called when all who take part are done.
  void finish() {
    happens_after(this);
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

 private:
  void run(int64_t chunk) noexcept {
    if (failed_.load(std::memory_order_relaxed)) return;
    try {
      const int64_t begin = chunk * chunks_.size;
      body_(begin, std::min(n_, begin + chunks_.size));
    } catch (...) {
      if (!failed_.exchange(true)) exception_ = std::current_exception();
    }
  }

  struct alignas(64) Segment {
    std::atomic<int64_t> next;
  };

  int64_t n_;
  Chunks chunks_;
  int segments_;
  Body body_;
  std::atomic<bool> failed_{false};
  std::exception_ptr exception_;
  Segment segment_[kMaxChunks];
};

}  // namespace

void set_num_threads(int n) {
  GRADUS_CHECK_VALUE(n >= 1 && n <= kMaxThreads,
                     "set_num_threads: the number of threads must be from 1 to {}, got {}",
                     kMaxThreads, n);
  State& s = state();
  const std::lock_guard lock(s.mutex);
  use_arena(s, n);
}

int get_num_threads() {
  return current_arena().threads();
}

int get_thread_num() noexcept {
  return thread_num;
}

bool in_parallel_region() noexcept {
  return serial;
}

namespace detail {

void run_chunks(int64_t n, Chunks chunks, Body body) {
  if (chunks.count <= 0) return;
  if (chunks.count == 1) return body(0, n);
  ThreadArena* const arena = serial ? nullptr : &current_arena();
  if (arena == nullptr || arena->threads() == 1) {
    for (int64_t begin = 0; begin < n; begin += chunks.size) {
      body(begin, std::min(n, begin + chunks.size));
    }
    return;
  }
  const int threads = static_cast<int>(std::min<int64_t>(arena->threads(), chunks.count));
  Job job(n, chunks, threads, body);
  // Not by a lambda's capture: that would be read before take_part() states its happens-after.
  arena->run(
      threads, [](void* context, int i) { static_cast<Job*>(context)->take_part(i); }, &job);
  job.finish();
}

}  // namespace detail

SerialGuard::SerialGuard() : previous_(std::exchange(serial, true)) {}

SerialGuard::~SerialGuard() {
  serial = previous_;
}

ThreadReservation::ThreadReservation(int n) : n_(n) {
  reserve_threads(n_);
}

ThreadReservation::~ThreadReservation() {
  reserve_threads(-n_);
}

}  // namespace gradus
