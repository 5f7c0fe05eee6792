#include <atomic>
#include <cstdint>
#include <set>
#include <vector>

#include <gradus/core/allocator.h>
#include <gradus/core/parallel.h>
#include <gradus/core/thread_buffers.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

// Meanwhile each chunk waits until all threads have come, so that all take part.
void with_all_threads(int threads, const ThreadBuffers& buffers) {
  const int before = get_num_threads();
  set_num_threads(threads);
  std::atomic<int> arrived{0};
  std::vector<uint8_t*> seen(static_cast<size_t>(threads));
  parallel_for(threads, 1, [&](int64_t begin, int64_t) {
    uint8_t* const mine = buffers.mine<uint8_t>();
    mine[0] = mine[99] = static_cast<uint8_t>(begin);
    ++arrived;
    while (arrived < threads) {
    }
    seen[static_cast<size_t>(begin)] = mine;
    EXPECT_EQ(mine, buffers.mine<uint8_t>());
    EXPECT_EQ(mine[0], begin);
    EXPECT_EQ(mine[99], begin);
  });
  set_num_threads(before);
  EXPECT_EQ(std::set<uint8_t*>(seen.begin(), seen.end()).size(), seen.size());
  for (const uint8_t* data : seen) EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
}

TEST(ThreadBuffers, EachThreadHasItsOwn) {
  const int before = get_num_threads();
  set_num_threads(3);
  const ThreadBuffers buffers(100);
  with_all_threads(3, buffers);
  set_num_threads(before);
}

TEST(ThreadBuffers, MoreThreadsThanThereWere) {
  const int before = get_num_threads();
  set_num_threads(1);
  const ThreadBuffers buffers(100);
  set_num_threads(before);
  with_all_threads(4, buffers);
}

// What buffers of this size take.
int64_t allocated_for(std::size_t bytes) {
  const int64_t before = memory_stats().allocated_bytes;
  const ThreadBuffers buffers(bytes);
  return memory_stats().allocated_bytes - before;
}

// A loop has kMaxChunks chunks at most, and one inside of a loop a single thread.
TEST(ThreadBuffers, NoMoreThanALoopUses) {
  constexpr int64_t kBytes = int64_t{1} << 20;
  const int before = get_num_threads();
  set_num_threads(1000);
  EXPECT_LE(allocated_for(kBytes), kMaxChunks * kBytes);
  set_num_threads(4);
  const SerialGuard serial;
  EXPECT_LE(allocated_for(kBytes), kBytes);
  set_num_threads(before);
}

TEST(ThreadBuffers, InsideOfLoops) {
  const int before = get_num_threads();
  set_num_threads(3);
  std::atomic<bool> equal{true};
  parallel_for(64, 1, [&](int64_t begin, int64_t) {
    const ThreadBuffers buffers(sizeof(int64_t));
    parallel_for(8, 1, [&](int64_t i, int64_t) { *buffers.mine<int64_t>() = begin + i; });
    if (*buffers.mine<int64_t>() != begin + 7) equal = false;
  });
  EXPECT_TRUE(equal);
  set_num_threads(before);
}

TEST(ThreadBuffers, OutsideOfLoops) {
  const ThreadBuffers buffers(sizeof(double));
  *buffers.mine<double>() = 2;
  EXPECT_EQ(*buffers.mine<double>(), 2);
}

}  // namespace
}  // namespace gradus
