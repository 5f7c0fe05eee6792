#include "core/onednn.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gradus/core/error.h>
#include <gtest/gtest.h>

namespace gradus::onednn {
namespace {

struct Key {
  int64_t a, b;
};

TEST(OnednnCache, KeepsWhatWasUsedLast) {
  Cache<Key, int64_t> cache(3);
  int made = 0;
  const auto get = [&](int64_t a) {
    return *cache.get({a, -a}, [&] {
      ++made;
      return 10 * a;
    });
  };
  for (int64_t a : {1, 2, 3, 1}) EXPECT_EQ(get(a), 10 * a);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(get(4), 40);  // 2 was used longest ago and goes
  EXPECT_EQ(cache.size(), 3u);
  get(1);
  get(3);
  EXPECT_EQ(made, 4);
  get(2);
  EXPECT_EQ(made, 5);
}

TEST(OnednnCache, ValuesOutliveTheirEntry) {
  Cache<Key, std::vector<int>> cache(1);
  const auto first = cache.get({1, 1}, [] { return std::vector<int>{7}; });
  cache.get({2, 2}, [] { return std::vector<int>{8}; });
  EXPECT_EQ(first->at(0), 7);
}

TEST(OnednnCache, AFailedMakeLeavesNothing) {
  Cache<Key, int> cache(2);
  EXPECT_THROW(cache.get({1, 1}, []() -> int { throw Error("no"); }), Error);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(OnednnCache, SharedByThreads) {
  Cache<Key, int64_t> cache(16);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int64_t i = 0; i < 2000; ++i) {
        const int64_t a = i * 7 % 40;
        if (*cache.get({a, 0}, [a] { return a; }) != a) ++wrong;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache.size(), 16u);
}

TEST(Onednn, ErrorsAreOurs) {
  const auto odd = strided({2, 3}, {3, 1}, kFloat);
  EXPECT_THROW(make_matmul(odd, odd, {}, odd, attributes()), Error);
  EXPECT_THROW(data_type(kDouble), TypeError);
}

}  // namespace
}  // namespace gradus::onednn
