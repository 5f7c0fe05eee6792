#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <gradus/core/allocator.h>
#include <gradus/core/error.h>
#include <gradus/core/sanitizer.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

constexpr bool kCaching = !GRADUS_ADDRESS_SANITIZER && !GRADUS_THREAD_SANITIZER;
constexpr std::size_t kMiB = std::size_t{1} << 20;

bool aligned(const void* p, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

TEST(Allocator, EverySizeIsAlignedAndDistinct) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t bytes = 1; bytes < 3 * kMiB; bytes += 1 + bytes / 7) {
    auto* p = static_cast<unsigned char*>(allocate(bytes));
    ASSERT_TRUE(aligned(p, kAlignment)) << bytes;
    std::memset(p, static_cast<int>(bytes % 251), bytes);
    blocks.emplace_back(p, bytes);
  }
  for (auto [p, bytes] : blocks) {
    EXPECT_EQ(p[0], bytes % 251);
    EXPECT_EQ(p[bytes - 1], bytes % 251);
    deallocate(p, bytes);
  }
}

TEST(Allocator, ZeroBytesIsNull) {
  EXPECT_EQ(allocate(0), nullptr);
  deallocate(nullptr, 0);
}

TEST(Allocator, LargeBlocksStandOnHugePages) {
  if (!kCaching) return;
  for (std::size_t bytes : {2 * kMiB, 3 * kMiB + 1, 40 * kMiB}) {
    void* p = allocate(bytes);
    EXPECT_TRUE(aligned(p, 2 * kMiB));
    static_cast<char*>(p)[bytes - 1] = 1;
    deallocate(p, bytes);
  }
}

TEST(Allocator, FreedBlocksAreUsedAgain) {
  if (!kCaching) return;
  for (std::size_t bytes : {std::size_t{100}, std::size_t{60000}, kMiB, 5 * kMiB}) {
    void* p = allocate(bytes);
    deallocate(p, bytes);
    const int64_t before = memory_stats().num_system_allocations;
    void* q = allocate(bytes - 7);  // the same class
    EXPECT_EQ(p, q);
    EXPECT_EQ(memory_stats().num_system_allocations, before);
    deallocate(q, bytes - 7);
  }
}

TEST(Allocator, StatsCountWhatIsHeld) {
  empty_cache();
  const MemoryStats before = memory_stats();
  void* small = allocate(64);
  void* large = allocate(4 * kMiB);
  const MemoryStats held = memory_stats();
  EXPECT_EQ(held.allocated_bytes - before.allocated_bytes, static_cast<int64_t>(4 * kMiB + 64));
  EXPECT_EQ(held.num_allocations - before.num_allocations, 2);
  EXPECT_GE(held.peak_allocated_bytes, held.allocated_bytes);
  EXPECT_GE(held.reserved_bytes, held.allocated_bytes);
  deallocate(large, 4 * kMiB);
  deallocate(small, 64);
  const MemoryStats after = memory_stats();
  EXPECT_EQ(after.allocated_bytes, before.allocated_bytes);
  EXPECT_EQ(after.num_deallocations - before.num_deallocations, 2);
  EXPECT_GE(after.peak_allocated_bytes, held.allocated_bytes);
  reset_peak_memory_stats();
  EXPECT_LT(memory_stats().peak_allocated_bytes, held.allocated_bytes);
  empty_cache();
  EXPECT_EQ(memory_stats().reserved_bytes, before.reserved_bytes);
}

TEST(Allocator, LimitEvictsTheLeastRecentlyUsed) {
  if (!kCaching) return;
  const std::size_t limit = cache_limit();
  empty_cache();
  const int64_t held = memory_stats().reserved_bytes;
  set_cache_limit(8 * kMiB);
  void* a = allocate(6 * kMiB);
  void* b = allocate(4 * kMiB);
  deallocate(a, 6 * kMiB);
  deallocate(b, 4 * kMiB);  // 10 MiB would be cached: a goes
  EXPECT_EQ(memory_stats().reserved_bytes - held, static_cast<int64_t>(4 * kMiB));
  set_cache_limit(0);
  EXPECT_EQ(memory_stats().reserved_bytes, held);
  set_cache_limit(limit);
}

TEST(Allocator, ImpossibleSizesThrow) {
  for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - 63, std::size_t{1} << 63, std::size_t{1} << 62,
                            (std::size_t{1} << 46) + 1, std::size_t{1} << 45}) {
    EXPECT_THROW(allocate(bytes), OutOfMemoryError) << bytes;
  }
  void* p = allocate(100);
  EXPECT_NE(p, nullptr);
  deallocate(p, 100);
}

TEST(Allocator, BlocksMayBeFreedByAnotherThread) {
  const int64_t before = memory_stats().allocated_bytes;
  std::vector<void*> blocks(10000);
  std::thread([&] {
    for (void*& p : blocks) p = allocate(300);
  }).join();
  std::thread([&] {
    for (void* p : blocks) deallocate(p, 300);
  }).join();
  EXPECT_EQ(memory_stats().allocated_bytes, before);
}

// A block in a variable that is destroyed after the thread's cache.
struct LateBlock {
  void* p = nullptr;
  ~LateBlock() {
    deallocate(p, 128);
    deallocate(allocate(128), 128);
  }
};

TEST(Allocator, WorksAfterTheThreadCacheIsGone) {
  const int64_t before = memory_stats().allocated_bytes;
  std::thread([] {
    static thread_local LateBlock late;  // constructed before the cache, so destroyed after it
    late.p = nullptr;
    late.p = allocate(128);
  }).join();
  EXPECT_EQ(memory_stats().allocated_bytes, before);
}

TEST(Allocator, ThreadsInParallel) {
  const int64_t before = memory_stats().allocated_bytes;
  std::vector<std::thread> threads;
  std::atomic<bool> good{true};
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([t, &good] {
      std::vector<std::pair<unsigned char*, std::size_t>> live;
      unsigned x = t + 1;
      for (int i = 0; i < 20000; ++i) {
        x = x * 1664525U + 1013904223U;
        const std::size_t bytes = 1 + (x >> 8) % 90000;
        if (live.size() > 50) {
          auto& slot = live[x % live.size()];
          if (slot.first[0] != (slot.second & 0xff)) good = false;
          deallocate(slot.first, slot.second);
          slot = live.back();
          live.pop_back();
        }
        auto* p = static_cast<unsigned char*>(allocate(bytes));
        p[0] = static_cast<unsigned char>(bytes & 0xff);
        live.emplace_back(p, bytes);
      }
      for (auto [p, bytes] : live) deallocate(p, bytes);
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(good);
  EXPECT_EQ(memory_stats().allocated_bytes, before);
}

}  // namespace
}  // namespace gradus
