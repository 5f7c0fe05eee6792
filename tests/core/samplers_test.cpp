#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/samplers.h>
#include <gradus/core/error.h>
#include <gradus/core/generator.h>
#include <gtest/gtest.h>

namespace {

using gradus::Error;
using gradus::manual_seed;
using gradus::NotImplementedError;
using gradus::StateDict;
using gradus::TypeError;
using gradus::ValueError;
using gradus::data::samplers::RandomSampler;
using gradus::data::samplers::Sampler;
using gradus::data::samplers::SequentialSampler;
using testing::ElementsAre;

template <class S>
std::vector<size_t> rest_of(S& sampler, size_t batch_size) {
  std::vector<size_t> all;
  while (auto batch = sampler.next(batch_size)) all.insert(all.end(), batch->begin(), batch->end());
  return all;
}

TEST(SequentialSampler, OrderAndLastBatch) {
  SequentialSampler sampler(5);
  EXPECT_THAT(*sampler.next(2), ElementsAre(0, 1));
  EXPECT_EQ(sampler.index(), 2u);
  EXPECT_THAT(*sampler.next(2), ElementsAre(2, 3));
  EXPECT_THAT(*sampler.next(2), ElementsAre(4));
  EXPECT_FALSE(sampler.next(2).has_value());
  sampler.reset();
  EXPECT_EQ(rest_of(sampler, 100).size(), 5u);
  sampler.reset(3);
  EXPECT_THAT(rest_of(sampler, 2), ElementsAre(0, 1, 2));
}

TEST(SequentialSampler, Empty) {
  SequentialSampler sampler(0);
  EXPECT_FALSE(sampler.next(1).has_value());
  SequentialSampler some(3);
  EXPECT_FALSE(some.next(0).has_value());
}

TEST(RandomSampler, EveryIndexOnce) {
  manual_seed(1);
  for (const int64_t size : {0, 1, 2, 3, 1000, 1001}) {
    RandomSampler sampler(size);
    std::vector<size_t> all = rest_of(sampler, 7);
    std::sort(all.begin(), all.end());
    std::vector<size_t> expected(static_cast<size_t>(size));
    std::iota(expected.begin(), expected.end(), size_t{0});
    EXPECT_EQ(all, expected);
  }
}

TEST(RandomSampler, OrderFollowsTheSeedAndChangesWithTheEpoch) {
  manual_seed(1);
  RandomSampler a(100);
  const std::vector<size_t> first = rest_of(a, 9);
  a.reset();
  const std::vector<size_t> second = rest_of(a, 9);
  manual_seed(1);
  RandomSampler b(100);
  EXPECT_EQ(rest_of(b, 30), first);
  b.reset();
  EXPECT_EQ(rest_of(b, 1), second);
  EXPECT_NE(first, second);
  manual_seed(2);
  RandomSampler c(100);
  EXPECT_NE(rest_of(c, 9), first);
}

// Each of the 24 orders of four elements comes in 1/24 of the epochs: 1000 of 24,000, give or take
// 5 standard deviations of sqrt(24000 * 1/24 * 23/24) = 31.
TEST(RandomSampler, OrdersAreEquallyLikely) {
  manual_seed(3);
  RandomSampler sampler(4);
  std::map<std::vector<size_t>, int> counts;
  for (int epoch = 0; epoch < 24'000; ++epoch) {
    sampler.reset();
    ++counts[rest_of(sampler, 4)];
  }
  EXPECT_EQ(counts.size(), 24u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 155);
}

TEST(RandomSampler, NewSize) {
  RandomSampler sampler(10);
  sampler.reset(20);
  EXPECT_EQ(rest_of(sampler, 6).size(), 20u);
}

TEST(RandomSampler, StateContinuesTheEpoch) {
  manual_seed(4);
  RandomSampler sampler(50);
  sampler.next(20);
  const StateDict state = sampler.state_dict();
  const std::vector<size_t> rest = rest_of(sampler, 8);
  RandomSampler other(50);
  other.load_state_dict(state);
  EXPECT_EQ(other.index(), 20u);
  EXPECT_EQ(rest_of(other, 7), rest);
}

TEST(SequentialSampler, StateContinuesTheEpoch) {
  SequentialSampler sampler(5);
  sampler.next(2);
  SequentialSampler other(5);
  other.load_state_dict(sampler.state_dict());
  EXPECT_THAT(rest_of(other, 2), ElementsAre(2, 3, 4));
}

TEST(Samplers, StatesThatDoNotFitChangeNothing) {
  RandomSampler random(5);
  random.next(2);
  const std::vector<size_t> before = *RandomSampler(random).next(3);
  StateDict state = random.state_dict();
  EXPECT_THROW(random.load_state_dict({}), Error);
  EXPECT_THROW(random.load_state_dict(RandomSampler(6).state_dict()), Error);
  for (const char* key : {"size", "seed", "index"}) {
    StateDict lacking = state;
    lacking.erase(key);
    EXPECT_THROW(random.load_state_dict(lacking), Error) << key;
    StateDict undefined = state;
    undefined[key] = gradus::Tensor();
    EXPECT_THROW(random.load_state_dict(undefined), Error) << key;
  }
  for (const int64_t index : {int64_t{-1}, int64_t{6}, INT64_MIN, INT64_MAX}) {
    StateDict beyond = random.state_dict();
    *beyond["index"].data_ptr<int64_t>() = index;
    EXPECT_THROW(random.load_state_dict(beyond), Error) << index;
    SequentialSampler sequential(5);
    EXPECT_THROW(sequential.load_state_dict(beyond), Error) << index;
  }
  EXPECT_EQ(*random.next(3), before);
}

TEST(Samplers, BadArguments) {
  EXPECT_THROW(RandomSampler(-1), ValueError);
  EXPECT_THROW(RandomSampler(3, gradus::kFloat), TypeError);
  EXPECT_NO_THROW(RandomSampler(3, gradus::kInt32));
}

TEST(Samplers, OneOfYourOwnNeedsNoState) {
  struct Backwards : Sampler<> {
    void reset(std::optional<size_t>) override { left = 3; }
    std::optional<std::vector<size_t>> next(size_t) override {
      if (left == 0) return std::nullopt;
      return std::vector<size_t>{--left};
    }
    size_t left = 3;
  };
  Backwards sampler;
  EXPECT_THAT(rest_of(sampler, 1), ElementsAre(2, 1, 0));
  EXPECT_THROW(sampler.state_dict(), NotImplementedError);
  EXPECT_THROW(sampler.load_state_dict({}), NotImplementedError);
}

}  // namespace
