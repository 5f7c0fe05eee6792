#include "core/allocator.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/sanitizer.h"

namespace gradus {
namespace {

// Note [Allocator]
// A freed block goes to the bin of its size class and is handed out again. Small blocks are cached
// per thread, without any locked instruction; a thread's bin that is full passes half of its blocks
// to the shared bins, an empty one takes a batch from there. Large blocks live in the shared bins
// only. Blocks are chained through their own first bytes. A thread's cache is created at its first
// small block and dissolved by a thread_local destructor; whatever that thread allocates or frees
// afterwards (other destructors) takes the shared path. The shared state is constant-initialized
// and trivially destructible, so tensors in static variables may die as late as they like. Under
// sanitizers nothing is cached: every block is a malloc of exactly the size asked for.
constexpr bool kBypass = GRADUS_ADDRESS_SANITIZER || GRADUS_THREAD_SANITIZER;

constexpr std::size_t kMaxSmall = std::size_t{64} << 10;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
// Beyond this the answer is no without asking; sanitizers abort on what they find too large.
constexpr std::size_t kMaxBytes = std::size_t{1} << (kBypass ? 37 : 46);
constexpr int64_t kMaxBatch = 64;

constexpr int size_class(std::size_t bytes) {
  const std::size_t m = (bytes - 1) / kAlignment;
  if (m < 4) return static_cast<int>(m);
  const int shift = std::bit_width(m) - 3;
  return 4 * shift + static_cast<int>(m >> shift);
}

constexpr std::size_t class_bytes(int index) {
  if (index < 4) return kAlignment * static_cast<std::size_t>(index + 1);
  const int shift = index / 4 - 1;
  return (kAlignment * static_cast<std::size_t>(index % 4 + 5)) << shift;
}

constexpr int kSmallClasses = size_class(kMaxSmall) + 1;
constexpr int kClasses = size_class(kMaxBytes) + 1;
static_assert(class_bytes(size_class(1)) == 64 && class_bytes(size_class(64)) == 64);
static_assert(class_bytes(size_class(65)) == 128 && class_bytes(size_class(513)) == 640);
static_assert(class_bytes(kSmallClasses - 1) == kMaxSmall &&
              class_bytes(kClasses - 1) == kMaxBytes);

struct Block {
  Block* next;
};

// A chain of free blocks of one class.
struct Chain {
  Block* head = nullptr;
  int64_t count = 0;

  void push(void* p) {
    head = ::new (p) Block{head};
    ++count;
  }
  void* pop() {
    Block* block = head;
    head = block->next;
    --count;
    return block;
  }
};

void move_blocks(Chain& from, Chain& to, int64_t count) {
  for (count = std::min(count, from.count); count > 0; --count) to.push(from.pop());
}

// A counter that one thread writes with plain instructions and any thread may read.
class Counter {
 public:
  void add(int64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

struct Counters {
  Counter allocations;
  Counter deallocations;
  Counter bytes;

  void count_allocation(std::size_t n) {
    allocations.add(1);
    bytes.add(static_cast<int64_t>(n));
  }
  void count_deallocation(std::size_t n) {
    deallocations.add(1);
    bytes.add(-static_cast<int64_t>(n));
  }
};

struct ThreadCache {
  Chain bins[kSmallClasses];
  Counters counters;
  int64_t published_bytes = 0;  // the part of counters.bytes that Shared::in_use contains
  ThreadCache* next = nullptr;
};

struct SharedBin {
  Chain chain;
  int64_t last_use = 0;
};

struct Shared {
  std::mutex mutex;
  SharedBin bins[kClasses];
  ThreadCache* threads = nullptr;
  Counters counters;  // of large blocks, of threads that have ended, and of bypassed blocks
  int64_t published_bytes = 0;
  int64_t in_use =
      0;  // all published bytes: allocated_bytes but for what threads did since they last came here
  int64_t peak_in_use = 0;
  int64_t cached = 0;
  int64_t limit = -1;  // not yet determined
  int64_t clock = 0;
  int64_t reserved = 0;
  int64_t peak_reserved = 0;
  int64_t system_allocations = 0;
  int64_t system_deallocations = 0;
  int64_t retries = 0;

  template <class T>
  void publish(T& counted, const Counters& c) {
    const int64_t bytes = c.bytes.get();
    in_use += bytes - counted.published_bytes;
    counted.published_bytes = bytes;
    peak_in_use = std::max(peak_in_use, in_use);
  }
};

constinit Shared shared;

enum class ThreadState : unsigned char { kNew, kAlive, kEnded };

#if defined(__GNUC__) && defined(__linux__)
#define GRADUS_FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define GRADUS_FAST_TLS
#endif
constinit thread_local ThreadCache* thread_cache GRADUS_FAST_TLS = nullptr;
constinit thread_local ThreadState thread_state GRADUS_FAST_TLS = ThreadState::kNew;
#undef GRADUS_FAST_TLS

constexpr int64_t thread_capacity(int index) {
  return std::clamp<int64_t>(static_cast<int64_t>((std::size_t{256} << 10) / class_bytes(index)), 4,
                             512);
}

// The memory that this process may use: the machine's, or its control group's if that is less.
int64_t usable_memory() {
  int64_t bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  if (std::FILE* f = std::fopen("/sys/fs/cgroup/memory.max", "r")) {
    long long limit = 0;
    if (std::fscanf(f, "%lld", &limit) == 1 && limit > 0) bytes = std::min<int64_t>(bytes, limit);
    std::fclose(f);
  }
  return bytes;
}

void* map_huge(std::size_t bytes) {
  const std::size_t mapped = bytes + kHugePage;
  void* const p = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(p);
  const std::size_t head =
      (kHugePage - reinterpret_cast<std::uintptr_t>(p) % kHugePage) % kHugePage;
  if (head > 0) munmap(begin, head);
  munmap(begin + head + bytes, kHugePage - head);
#ifdef MADV_HUGEPAGE
  madvise(begin + head, bytes, MADV_HUGEPAGE);
#endif
  return begin + head;
}

void* system_allocate(std::size_t bytes) {
  if (!kBypass && bytes >= kHugePage) return map_huge(bytes);
  void* p = nullptr;
  return posix_memalign(&p, kAlignment, bytes) == 0 ? p : nullptr;
}

void system_deallocate(void* p, std::size_t bytes) noexcept {
  if (!kBypass && bytes >= kHugePage) {
    munmap(p, bytes);
  } else {
    std::free(p);
  }
}

// Unmapping takes long, so blocks are collected under the lock and released after it: declare it
// before the lock.
class Garbage {
 public:
  Garbage() = default;
  Garbage(const Garbage&) = delete;
  Garbage& operator=(const Garbage&) = delete;
  ~Garbage() {
    while (head_ != nullptr) {
      Item* const item = head_;
      head_ = item->next;
      system_deallocate(item, item->bytes);
    }
  }
  void add(void* p, std::size_t bytes) { head_ = ::new (p) Item{head_, bytes}; }

 private:
  struct Item {
    Item* next;
    std::size_t bytes;
  };
  Item* head_ = nullptr;
};

// The next three need shared.mutex held.

void discard(Garbage& garbage, int index, int64_t count) {
  Chain& chain = shared.bins[index].chain;
  count = std::min(count, chain.count);
  const std::size_t block_bytes = class_bytes(index);
  for (int64_t i = 0; i < count; ++i) garbage.add(chain.pop(), block_bytes);
  const int64_t bytes = count * static_cast<int64_t>(block_bytes);
  shared.cached -= bytes;
  shared.reserved -= bytes;
  shared.system_deallocations += count;
}

void shrink_to_limit(Garbage& garbage) {
  if (shared.limit < 0) shared.limit = usable_memory() / 2;
  while (shared.cached > shared.limit) {
    int oldest = -1;
    for (int i = 0; i < kClasses; ++i) {
      if (shared.bins[i].chain.count == 0) continue;
      if (oldest < 0 || shared.bins[i].last_use < shared.bins[oldest].last_use) oldest = i;
    }
    if (oldest < 0) return;
    const auto block = static_cast<int64_t>(class_bytes(oldest));
    discard(garbage, oldest, (shared.cached - shared.limit + block - 1) / block);
  }
}

// Moves blocks from a thread's bin, or a single freed block, to the shared bins.
void give_to_shared(Garbage& garbage, int index, Chain& from, int64_t count) {
  count = std::min(count, from.count);
  move_blocks(from, shared.bins[index].chain, count);
  shared.bins[index].last_use = ++shared.clock;
  shared.cached += count * static_cast<int64_t>(class_bytes(index));
  if (shared.limit < 0 || shared.cached > shared.limit) shrink_to_limit(garbage);
}

void dissolve_thread_cache() {
  ThreadCache* const cache = std::exchange(thread_cache, nullptr);
  thread_state = ThreadState::kEnded;
  if (cache == nullptr) return;
  {
    Garbage garbage;
    const std::lock_guard lock(shared.mutex);
    for (int i = 0; i < kSmallClasses; ++i)
      give_to_shared(garbage, i, cache->bins[i], cache->bins[i].count);
    shared.publish(*cache, cache->counters);
    shared.counters.allocations.add(cache->counters.allocations.get());
    shared.counters.deallocations.add(cache->counters.deallocations.get());
    shared.counters.bytes.add(cache->published_bytes);
    shared.published_bytes += cache->published_bytes;
    ThreadCache** link = &shared.threads;
    while (*link != cache) link = &(*link)->next;
    *link = cache->next;
  }
  delete cache;
}

struct ThreadExit {
  ~ThreadExit() { dissolve_thread_cache(); }
};

// Returns the calling thread's cache; null if there is none (bypass, thread ending, or no memory
// for it).
ThreadCache* get_thread_cache() noexcept {
  if (kBypass || thread_state == ThreadState::kEnded) return nullptr;
  if (thread_cache != nullptr) return thread_cache;
  auto* const cache = new (std::nothrow) ThreadCache;
  if (cache == nullptr) return nullptr;
  static thread_local ThreadExit on_exit;
  static_cast<void>(on_exit);
  {
    const std::lock_guard lock(shared.mutex);
    cache->next = shared.threads;
    shared.threads = cache;
  }
  thread_cache = cache;
  thread_state = ThreadState::kAlive;
  return cache;
}

[[noreturn]] void throw_out_of_memory(std::size_t bytes) {
  const MemoryStats s = memory_stats();
  detail::throw_error<OutOfMemoryError>(
      "allocate: {} bytes are not to be had ({} bytes in use, {} reserved)", bytes,
      s.allocated_bytes, s.reserved_bytes);
}

// Gets a block from the system, emptying the cache and asking again if it refuses.
void* allocate_from_system(std::size_t bytes, std::size_t requested) {
  void* p = system_allocate(bytes);
  if (p == nullptr) {
    empty_cache();
    p = system_allocate(bytes);
    const std::lock_guard lock(shared.mutex);
    ++shared.retries;
  }
  if (p == nullptr) throw_out_of_memory(requested);
  return p;
}

void count_system_allocation(std::size_t bytes) {
  shared.reserved += static_cast<int64_t>(bytes);
  shared.peak_reserved = std::max(shared.peak_reserved, shared.reserved);
  ++shared.system_allocations;
}

// Fills the thread's empty bin from the shared one, or gets one block from the system.
void* allocate_small(std::size_t bytes, ThreadCache& cache) {
  const int index = size_class(bytes);
  const std::size_t block_bytes = class_bytes(index);
  {
    const std::lock_guard lock(shared.mutex);
    SharedBin& bin = shared.bins[index];
    bin.last_use = ++shared.clock;
    const int64_t count = std::min({bin.chain.count, kMaxBatch, thread_capacity(index) / 2});
    if (count > 0) {
      move_blocks(bin.chain, cache.bins[index], count);
      shared.cached -= count * static_cast<int64_t>(block_bytes);
      cache.counters.count_allocation(block_bytes);
      shared.publish(cache, cache.counters);
      return cache.bins[index].pop();
    }
  }
  void* const p = allocate_from_system(block_bytes, bytes);
  const std::lock_guard lock(shared.mutex);
  count_system_allocation(block_bytes);
  cache.counters.count_allocation(block_bytes);
  shared.publish(cache, cache.counters);
  return p;
}

void* allocate_shared(std::size_t bytes) {
  const int index = size_class(bytes);
  const std::size_t block_bytes = kBypass ? bytes : class_bytes(index);
  if (!kBypass) {
    const std::lock_guard lock(shared.mutex);
    SharedBin& bin = shared.bins[index];
    bin.last_use = ++shared.clock;
    if (bin.chain.count > 0) {
      shared.cached -= static_cast<int64_t>(block_bytes);
      shared.counters.count_allocation(block_bytes);
      shared.publish(shared, shared.counters);
      return bin.chain.pop();
    }
  }
  void* const p = allocate_from_system(block_bytes, bytes);
  const std::lock_guard lock(shared.mutex);
  count_system_allocation(block_bytes);
  shared.counters.count_allocation(block_bytes);
  shared.publish(shared, shared.counters);
  return p;
}

[[gnu::noinline]] void* allocate_slow(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes > kMaxBytes) throw_out_of_memory(bytes);
  if (bytes <= kMaxSmall) {
    if (ThreadCache* cache = get_thread_cache()) return allocate_small(bytes, *cache);
  }
  return allocate_shared(bytes);
}

[[gnu::noinline]] void deallocate_slow(void* p, std::size_t bytes) noexcept {
  if (p == nullptr) return;
  const int index = size_class(bytes);
  const std::size_t block_bytes = kBypass ? bytes : class_bytes(index);
  Garbage garbage;
  if (bytes <= kMaxSmall) {
    if (ThreadCache* cache = get_thread_cache()) {
      Chain& bin = cache->bins[index];
      bin.push(p);
      cache->counters.count_deallocation(block_bytes);
      if (bin.count > thread_capacity(index)) {
        const std::lock_guard lock(shared.mutex);
        give_to_shared(garbage, index, bin, bin.count / 2);
        shared.publish(*cache, cache->counters);
      }
      return;
    }
  }
  if (kBypass) system_deallocate(p, block_bytes);
  const std::lock_guard lock(shared.mutex);
  shared.counters.count_deallocation(block_bytes);
  shared.publish(shared, shared.counters);
  if (kBypass) {
    shared.reserved -= static_cast<int64_t>(block_bytes);
    ++shared.system_deallocations;
    return;
  }
  Chain single;
  single.push(p);
  give_to_shared(garbage, index, single, 1);
}

}  // namespace

void* allocate(std::size_t bytes) {
  ThreadCache* const cache = thread_cache;
  if (cache != nullptr && bytes - 1 < kMaxSmall) {
    const int index = size_class(bytes);
    Chain& bin = cache->bins[index];
    if (bin.count > 0) {
      cache->counters.count_allocation(class_bytes(index));
      return bin.pop();
    }
  }
  return allocate_slow(bytes);
}

void deallocate(void* p, std::size_t bytes) noexcept {
  ThreadCache* const cache = thread_cache;
  if (cache != nullptr && p != nullptr && bytes - 1 < kMaxSmall) {
    const int index = size_class(bytes);
    Chain& bin = cache->bins[index];
    if (bin.count < thread_capacity(index)) {
      cache->counters.count_deallocation(class_bytes(index));
      bin.push(p);
      return;
    }
  }
  deallocate_slow(p, bytes);
}

MemoryStats memory_stats() {
  const std::lock_guard lock(shared.mutex);
  MemoryStats s;
  const auto add = [&s](const Counters& c) {
    s.num_allocations += c.allocations.get();
    s.num_deallocations += c.deallocations.get();
    s.allocated_bytes += c.bytes.get();
  };
  add(shared.counters);
  for (const ThreadCache* t = shared.threads; t != nullptr; t = t->next) add(t->counters);
  s.peak_allocated_bytes = shared.peak_in_use = std::max(shared.peak_in_use, s.allocated_bytes);
  s.reserved_bytes = shared.reserved;
  s.peak_reserved_bytes = shared.peak_reserved;
  s.num_system_allocations = shared.system_allocations;
  s.num_system_deallocations = shared.system_deallocations;
  s.num_retries = shared.retries;
  return s;
}

void reset_peak_memory_stats() {
  const std::lock_guard lock(shared.mutex);
  shared.peak_in_use = shared.in_use;
  shared.peak_reserved = shared.reserved;
}

void empty_cache() noexcept {
  Garbage garbage;
  const std::lock_guard lock(shared.mutex);
  if (ThreadCache* const cache = thread_cache) {
    for (int i = 0; i < kSmallClasses; ++i)
      give_to_shared(garbage, i, cache->bins[i], cache->bins[i].count);
  }
  for (int i = 0; i < kClasses; ++i) discard(garbage, i, shared.bins[i].chain.count);
}

void set_cache_limit(std::size_t bytes) {
  Garbage garbage;
  const std::lock_guard lock(shared.mutex);
  shared.limit = static_cast<int64_t>(std::min(bytes, kMaxBytes));
  shrink_to_limit(garbage);
}

std::size_t cache_limit() {
  const std::lock_guard lock(shared.mutex);
  if (shared.limit < 0) shared.limit = usable_memory() / 2;
  return static_cast<std::size_t>(shared.limit);
}

}  // namespace gradus
