#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gradus/core/error.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

// Restores the number of threads when a test ends.
class Parallel : public testing::Test {
 protected:
  void TearDown() override { set_num_threads(threads_); }

 private:
  int threads_ = get_num_threads();
};

TEST_F(Parallel, ChunksCoverTheRangeAndFollowFromItAlone) {
  for (int64_t n : {0, 1, 2, 7, 63, 64, 65, 1000, 4096, 1000003}) {
    for (int64_t grain : {-1, 0, 1, 2, 16, 100, 5000}) {
      const Chunks c = chunks_of(n, grain);
      EXPECT_LE(c.count, kMaxChunks);
      EXPECT_GE(c.size * c.count, n);
      EXPECT_TRUE(c.count == 0 || c.size * (c.count - 1) < n);
      EXPECT_TRUE(c.count <= 1 || grain <= 1 || c.size % grain == 0);
      std::vector<std::vector<std::pair<int64_t, int64_t>>> seen;
      for (int threads : {1, 2, 3, 8}) {
        set_num_threads(threads);
        std::mutex mutex;
        std::set<std::pair<int64_t, int64_t>> ranges;
        parallel_for(n, grain, [&](int64_t begin, int64_t end) {
          const std::lock_guard lock(mutex);
          ranges.emplace(begin, end);
        });
        int64_t at = 0;
        for (auto [begin, end] : ranges) {
          EXPECT_EQ(begin, at);
          EXPECT_LT(begin, end);
          at = end;
        }
        EXPECT_EQ(at, n);
        EXPECT_EQ(static_cast<int64_t>(ranges.size()), c.count);
        seen.emplace_back(ranges.begin(), ranges.end());
        EXPECT_EQ(seen.back(), seen.front());
      }
    }
  }
}

TEST_F(Parallel, HugeRangesDoNotOverflow) {
  const int64_t n = INT64_MAX;
  const Chunks c = chunks_of(n, 1);
  EXPECT_LE(c.count, kMaxChunks);
  EXPECT_EQ((n - 1) / c.size + 1, c.count);
  EXPECT_EQ(chunks_of(n, n).count, 1);
  EXPECT_EQ(chunks_of(n, n - 1).count, 2);
}

TEST_F(Parallel, SoManyThreadsReallyTakePart) {
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    EXPECT_EQ(get_num_threads(), threads);
    // Each chunk waits for all the others, so it ends only if they run at the same time.
    std::atomic<int> arrived{0};
    std::mutex mutex;
    std::set<std::thread::id> ids;
    parallel_for(threads, 1, [&](int64_t, int64_t) {
      {
        const std::lock_guard lock(mutex);
        ids.insert(std::this_thread::get_id());
      }
      ++arrived;
      while (arrived < threads) std::this_thread::yield();
    });
    EXPECT_EQ(static_cast<int>(ids.size()), threads);
  }
}

TEST_F(Parallel, ReduceIsBitwiseTheSameForEveryNumberOfThreads) {
  std::vector<float> x(100003);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1.0f / static_cast<float>(1 + (i * 7919) % 1013);
  }
  const auto sum = [&](int64_t grain) {
    return parallel_reduce(
        static_cast<int64_t>(x.size()), grain, 0.0f,
        [&](int64_t begin, int64_t end) {
          float s = 0;
          for (int64_t i = begin; i < end; ++i) s += x[static_cast<std::size_t>(i)];
          return s;
        },
        std::plus<>());
  };
  for (int64_t grain : {1, 100, 4096, 200000}) {
    set_num_threads(1);
    const float expected = sum(grain);
    for (int threads : {2, 3, 8}) {
      set_num_threads(threads);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(sum(grain), expected);
    }
  }
}

TEST_F(Parallel, ReduceOfNothingIsTheIdentity) {
  EXPECT_EQ(parallel_reduce(
                0, 1, 42, [](int64_t, int64_t) { return 1; }, std::plus<>()),
            42);
}

TEST_F(Parallel, NestedLoopsRunSeriallyInOrder) {
  set_num_threads(4);
  std::atomic<int> bad{0};
  parallel_for(8, 1, [&](int64_t, int64_t) {
    const auto outer = std::this_thread::get_id();
    int64_t at = 0;
    parallel_for(100, 10, [&](int64_t begin, int64_t end) {
      if (std::this_thread::get_id() != outer || begin != at) ++bad;
      at = end;
    });
    if (at != 100) ++bad;
  });
  EXPECT_EQ(bad, 0);
}

TEST_F(Parallel, SerialGuardKeepsLoopsOnTheThread) {
  set_num_threads(4);
  const SerialGuard guard;
  int64_t at = 0;
  parallel_for(64, 1, [&](int64_t begin, int64_t end) {
    EXPECT_EQ(begin, at);
    at = end;
  });
  EXPECT_EQ(at, 64);
}

TEST_F(Parallel, ExceptionsReachTheCaller) {
  for (int threads : {1, 2, 8}) {
    set_num_threads(threads);
    for (int i = 0; i < 50; ++i) {
      EXPECT_THROW(parallel_for(64, 1,
                                [](int64_t begin, int64_t) {
                                  if (begin % 3 == 1) throw std::domain_error("chunk");
                                }),
                   std::domain_error);
    }
    std::atomic<int> count{0};
    parallel_for(64, 1, [&](int64_t, int64_t) { ++count; });
    EXPECT_EQ(count, 64);
  }
}

TEST_F(Parallel, LoopsFromSeveralThreadsWhileTheNumberChanges) {
  std::atomic<int64_t> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const int64_t sum = parallel_reduce(
            1000, 10, int64_t{0}, [](int64_t begin, int64_t end) { return end - begin; },
            std::plus<>());
        if (sum != 1000) ++wrong;
      }
    });
  }
  for (int i = 0; i < 100; ++i) set_num_threads(1 + i % 5);
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Parallel, TheNumberOfThreadsMustBePositive) {
  EXPECT_THROW(set_num_threads(0), ValueError);
  EXPECT_THROW(set_num_threads(-3), ValueError);
  EXPECT_THROW(set_num_threads(1 << 20), ValueError);
}

TEST_F(Parallel, ThreadNumbers) {
  EXPECT_EQ(get_thread_num(), 0);
  EXPECT_FALSE(in_parallel_region());
  const int threads = get_num_threads();
  parallel_for(1000, 1, [&](int64_t, int64_t) {
    EXPECT_TRUE(get_thread_num() >= 0 && get_thread_num() < threads);
  });
  EXPECT_EQ(get_thread_num(), 0);
}

}  // namespace
}  // namespace gradus
