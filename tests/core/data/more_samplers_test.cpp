#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/generator.h>
#include <gtest/gtest.h>

namespace {

using gradus::Error;
using gradus::manual_seed;
using gradus::StateDict;
using gradus::ValueError;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using namespace gradus::data::samplers;  // NOLINT

template <class S>
std::vector<size_t> rest_of(S& sampler, size_t batch_size = 3) {
  std::vector<size_t> all;
  while (auto batch = sampler.next(batch_size)) all.insert(all.end(), batch->begin(), batch->end());
  return all;
}

// From any position, and into the epochs that follow, a restored sampler gives what the original
// gives.
template <class Make>
void expect_resumes(Make make) {
  for (size_t taken = 0; taken < 4; ++taken) {
    manual_seed(1);
    auto sampler = make();
    sampler.reset();
    for (size_t i = 0; i < taken; ++i) sampler.next(2);
    const StateDict state = sampler.state_dict();
    const auto generator = gradus::default_generator().get_state();
    std::vector<size_t> expected = rest_of(sampler);
    sampler.reset();
    for (const size_t index : rest_of(sampler)) expected.push_back(index);

    manual_seed(2);
    auto other = make();
    other.load_state_dict(state);
    gradus::default_generator().set_state(generator);
    std::vector<size_t> seen = rest_of(other);
    other.reset();
    for (const size_t index : rest_of(other)) seen.push_back(index);
    EXPECT_EQ(seen, expected) << taken;
  }
}

TEST(RandomSampler, WithReplacement) {
  manual_seed(1);
  RandomSampler sampler(4, /*replacement=*/true, /*num_samples=*/4000);
  std::vector<size_t> counts(4);
  for (const size_t index : rest_of(sampler)) ++counts[index];
  // 1000 each, give or take 5 standard deviations of sqrt(4000 * 1/4 * 3/4) = 27.
  for (const size_t count : counts) EXPECT_NEAR(static_cast<double>(count), 1000, 137);
  EXPECT_THROW(RandomSampler(0, true, 1), ValueError);
  EXPECT_THROW(RandomSampler(3, true, -1), ValueError);
}

TEST(RandomSampler, MoreOrFewerThanThereAre) {
  RandomSampler fewer(10, /*replacement=*/false, /*num_samples=*/3);
  EXPECT_THAT(rest_of(fewer), SizeIs(3));
  RandomSampler more(3, /*replacement=*/false, /*num_samples=*/7);
  const std::vector<size_t> all = rest_of(more);
  ASSERT_THAT(all, SizeIs(7));
  EXPECT_THAT(std::vector<size_t>(all.begin(), all.begin() + 3), UnorderedElementsAre(0, 1, 2));
  EXPECT_THAT(std::vector<size_t>(all.begin() + 3, all.begin() + 6), UnorderedElementsAre(0, 1, 2));
}

TEST(SubsetRandomSampler, EachOnce) {
  manual_seed(1);
  SubsetRandomSampler sampler({5, 2, 9});
  EXPECT_THAT(rest_of(sampler), UnorderedElementsAre(2, 5, 9));
  EXPECT_FALSE(sampler.next(1).has_value());
  sampler.reset();
  EXPECT_THAT(rest_of(sampler), SizeIs(3));
  SubsetRandomSampler empty({});
  EXPECT_FALSE(empty.next(1).has_value());
  EXPECT_THROW(sampler.reset(4), ValueError);
}

TEST(WeightedRandomSampler, InProportion) {
  manual_seed(1);
  WeightedRandomSampler sampler({0, 1, 0, 3, 0}, 8000);
  std::vector<size_t> counts(5);
  for (const size_t index : rest_of(sampler)) ++counts[index];
  EXPECT_THAT(counts[0] + counts[2] + counts[4], 0u);
  // 2000 and 6000, 5 standard deviations of sqrt(8000 * 1/4 * 3/4) = 39.
  EXPECT_NEAR(static_cast<double>(counts[1]), 2000, 194);
}

TEST(WeightedRandomSampler, WithoutReplacement) {
  manual_seed(1);
  int first_is_heavy = 0;
  for (int i = 0; i < 2000; ++i) {
    WeightedRandomSampler sampler({1, 0, 3}, 2, /*replacement=*/false);
    const std::vector<size_t> all = rest_of(sampler);
    EXPECT_THAT(all, UnorderedElementsAre(0, 2));
    first_is_heavy += all[0] == 2;
  }
  EXPECT_NEAR(first_is_heavy, 1500, 100);  // 3/4, 5 standard deviations of 19
}

TEST(WeightedRandomSampler, BadWeights) {
  EXPECT_THROW(WeightedRandomSampler({1, -1}, 1), ValueError);
  EXPECT_THROW(WeightedRandomSampler({1, NAN}, 1), ValueError);
  EXPECT_THROW(WeightedRandomSampler({0, 0}, 1), ValueError);
  EXPECT_THROW(WeightedRandomSampler({}, 1), ValueError);
  EXPECT_THROW(WeightedRandomSampler({1, 0}, 2, false), ValueError);
}

TEST(StratifiedSampler, EveryBatchHasTheClasses) {
  manual_seed(1);
  std::vector<int64_t> labels(100);
  for (size_t i = 0; i < 100; ++i) labels[i] = i < 25;
  StratifiedSampler sampler(gradus::tensor(labels));
  std::set<size_t> all;
  while (auto batch = sampler.next(20)) {
    size_t ones = 0;
    for (const size_t index : *batch) ones += labels[index] == 1;
    EXPECT_GE(ones, 4u);  // 5 each, give or take one at either end
    EXPECT_LE(ones, 6u);
    all.insert(batch->begin(), batch->end());
  }
  EXPECT_THAT(all, SizeIs(100));
}

TEST(BatchSampler, SizeOfItsOwn) {
  BatchSampler<SequentialSampler> sampler(SequentialSampler(7), 3, /*drop_last=*/true);
  EXPECT_THAT(*sampler.next(100), ElementsAre(0, 1, 2));
  EXPECT_THAT(*sampler.next(1), ElementsAre(3, 4, 5));
  EXPECT_FALSE(sampler.next(1).has_value());
  EXPECT_THROW(BatchSampler<SequentialSampler>(SequentialSampler(7), 0, false), ValueError);
}

TEST(DistributedSequentialSampler, BlocksAsInLibtorch) {
  const auto part = [](size_t rank, bool duplicates) {
    DistributedSequentialSampler sampler(7, 3, rank, duplicates);
    return rest_of(sampler);
  };
  EXPECT_THAT(part(0, true), ElementsAre(0, 1, 2));
  EXPECT_THAT(part(1, true), ElementsAre(3, 4, 5));
  EXPECT_THAT(part(2, true), ElementsAre(6, 0, 1));
  EXPECT_THAT(part(0, false), ElementsAre(0, 1));
  EXPECT_THAT(part(2, false), ElementsAre(4, 5));
}

TEST(DistributedRandomSampler, ReplicasShareOneOrder) {
  std::multiset<size_t> all;
  for (size_t rank = 0; rank < 3; ++rank) {
    DistributedRandomSampler sampler(7, 3, rank);
    const std::vector<size_t> part = rest_of(sampler);
    EXPECT_THAT(part, SizeIs(3));
    all.insert(part.begin(), part.end());
  }
  // libtorch fills up with the first elements.
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(all.count(i), i < 2 ? 2u : 1u);
}

TEST(DistributedRandomSampler, AnotherOrderEachEpoch) {
  DistributedRandomSampler sampler(50, 2, 1);
  sampler.reset();
  EXPECT_EQ(sampler.epoch(), 0u);
  const std::vector<size_t> first = rest_of(sampler);
  sampler.reset();
  EXPECT_EQ(sampler.epoch(), 1u);
  EXPECT_NE(rest_of(sampler), first);
  sampler.set_epoch(0);
  sampler.reset();
  EXPECT_EQ(sampler.epoch(), 0u);
  EXPECT_EQ(rest_of(sampler), first);
}

TEST(DistributedSamplers, BadArguments) {
  EXPECT_THROW(DistributedRandomSampler(7, 0), ValueError);
  EXPECT_THROW(DistributedSequentialSampler(7, 2, 2), ValueError);
  DistributedRandomSampler sampler(7, 2);
  EXPECT_THROW(sampler.load_state_dict(DistributedRandomSampler(7, 3).state_dict()), Error);
  EXPECT_THROW(sampler.load_state_dict(DistributedRandomSampler(8, 2).state_dict()), Error);
  DistributedRandomSampler empty(0, 2, 1);
  EXPECT_FALSE(empty.next(3).has_value());
}

TEST(Samplers, ResumeAnywhere) {
  expect_resumes([] { return RandomSampler(9, true, 12); });
  expect_resumes([] { return SubsetRandomSampler({4, 8, 1, 0, 2, 9, 7}); });
  expect_resumes([] { return WeightedRandomSampler({1, 2, 3, 4}, 9); });
  expect_resumes([] { return StratifiedSampler({0, 0, 1, 1, 1, 2, 0, 2}); });
  expect_resumes([] { return BatchSampler<RandomSampler>(RandomSampler(9), 2, false); });
  expect_resumes([] { return DistributedRandomSampler(20, 2, 1); });
  expect_resumes([] { return DistributedSequentialSampler(20, 2, 1); });
}

// Between two epochs the loader keeps the sampler's epoch too.
TEST(Samplers, LoaderRemembersTheEpochOfADistributedSampler) {
  struct Numbers : gradus::data::datasets::Dataset<Numbers, size_t> {
    size_t get(size_t index) override { return index; }
    std::optional<size_t> size() const override { return 20; }
  };
  const auto make = [] {
    return gradus::data::make_data_loader(Numbers(), DistributedRandomSampler(20, 2, 0), 4);
  };
  const auto epoch_of = [](auto& loader) {
    std::vector<size_t> all;
    for (auto& batch : *loader) all.insert(all.end(), batch.begin(), batch.end());
    return all;
  };
  auto loader = make();
  epoch_of(loader);
  const StateDict state = loader->state_dict();
  const std::vector<size_t> second = epoch_of(loader);
  auto other = make();
  other->load_state_dict(state);
  EXPECT_EQ(epoch_of(other), second);
}

}  // namespace
