#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace {

using gradus::Generator;
using gradus::IndexError;
using gradus::Tensor;
using gradus::ValueError;
using gradus::data::default_collate;
using gradus::data::Example;
using testing::ElementsAre;
using testing::SizeIs;
namespace datasets = gradus::data::datasets;
namespace transforms = gradus::data::transforms;

struct Numbers : datasets::Dataset<Numbers, int> {
  explicit Numbers(int count, int first = 0) : count(count), first(first) {}
  int get(size_t index) override {
    ++*calls;
    return first + static_cast<int>(index);
  }
  std::optional<size_t> size() const override { return count; }
  int count, first;
  std::shared_ptr<int> calls = std::make_shared<int>(0);
};

TEST(Subset, PicksElements) {
  datasets::Subset<Numbers> subset(Numbers(10, 100), {7, 0, 7});
  EXPECT_EQ(subset.size(), 3u);
  EXPECT_EQ(subset.get(0), 107);
  const size_t indices[] = {2, 1};
  EXPECT_THAT(subset.get_batch({indices, 2}), ElementsAre(107, 100));
  EXPECT_THROW(subset.get(3), IndexError);
  EXPECT_THROW(datasets::Subset<Numbers>(Numbers(10), {10}), IndexError);
  // Of a subset.
  datasets::Subset<datasets::Subset<Numbers>> inner(subset, {1});
  EXPECT_EQ(inner.get(0), 100);
}

TEST(RandomSplit, EveryElementOnce) {
  const auto parts = random_split(Numbers(10), std::vector<size_t>{3, 0, 7}, Generator(1));
  ASSERT_THAT(parts, SizeIs(3));
  std::set<size_t> all;
  for (const auto& part : parts) all.insert(part.indices().begin(), part.indices().end());
  EXPECT_THAT(all, SizeIs(10));
  EXPECT_THAT(parts[2].indices(), SizeIs(7));
  EXPECT_EQ(random_split(Numbers(10), std::vector<size_t>{3, 7}, Generator(1))[0].indices(),
            parts[0].indices());
  EXPECT_NE(random_split(Numbers(10), std::vector<size_t>{3, 7}, Generator(2))[0].indices(),
            parts[0].indices());
  EXPECT_THROW(random_split(Numbers(10), std::vector<size_t>{3, 8}), ValueError);
  EXPECT_THROW(random_split(Numbers(10), std::vector<size_t>{SIZE_MAX, 11}), ValueError);
}

TEST(RandomSplit, FractionsAsInPython) {
  // Python: floor(10 * 0.34) = 3 each for 0.34 and 0.33 twice; the one that remains goes to the
  // first.
  const auto parts = random_split(Numbers(10), {0.34, 0.33, 0.33}, Generator(1));
  EXPECT_THAT(parts[0].indices(), SizeIs(4));
  EXPECT_THAT(parts[1].indices(), SizeIs(3));
  EXPECT_THAT(parts[2].indices(), SizeIs(3));
  EXPECT_THROW(random_split(Numbers(10), {0.5, 0.4}), ValueError);
  EXPECT_THROW(random_split(Numbers(10), {1.5, -0.5}), ValueError);
}

TEST(StratifiedSplit, KeepsTheProportions) {
  std::vector<int64_t> labels(100);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = i % 10 == 0;
  const auto parts =
      stratified_split(Numbers(100), gradus::tensor(labels), {0.8, 0.2}, Generator(3));
  for (const auto& part : parts) {
    size_t ones = 0;
    for (const size_t index : part.indices()) ones += labels[index] == 1;
    EXPECT_EQ(ones * 10, part.indices().size());
  }
  EXPECT_THROW(stratified_split(Numbers(99), gradus::tensor(labels), {0.8, 0.2}), ValueError);
}

TEST(ConcatDataset, OneAfterTheOther) {
  datasets::ConcatDataset<Numbers> all({Numbers(2), Numbers(0), Numbers(3, 10)});
  EXPECT_EQ(all.size(), 5u);
  EXPECT_THAT(all.cumulative_sizes(), ElementsAre(2, 2, 5));
  const size_t indices[] = {0, 1, 2, 3, 4};
  EXPECT_THAT(all.get_batch({indices, 5}), ElementsAre(0, 1, 10, 11, 12));
  EXPECT_THROW(all.get(5), IndexError);
  EXPECT_THROW(datasets::ConcatDataset<Numbers>({}), ValueError);
}

TEST(StackDataset, TuplesOfElements) {
  datasets::StackDataset stacked(Numbers(3), Numbers(3, 10));
  EXPECT_EQ(stacked.get(2), std::make_tuple(2, 12));
  EXPECT_EQ(stacked.size(), 3u);
  EXPECT_THROW(datasets::StackDataset(Numbers(3), Numbers(4)), ValueError);
}

TEST(CachedDataset, MakesEachElementOnce) {
  Numbers numbers(4);
  auto loader = gradus::data::make_data_loader(datasets::CachedDataset<Numbers>(numbers),
                                               gradus::data::DataLoaderOptions(2).workers(2));
  for (int round = 0; round < 5; ++round) {
    int sum = 0;
    for (auto& batch : *loader) sum += std::accumulate(batch.begin(), batch.end(), 0);
    EXPECT_EQ(sum, 6);
  }
  EXPECT_EQ(*numbers.calls, 4);
  EXPECT_THROW(datasets::CachedDataset<Numbers>(numbers).get(4), IndexError);
}

TEST(TensorPairDataset, RowsAndBatches) {
  datasets::TensorPairDataset dataset(gradus::arange(6).view({3, 2}), gradus::arange(3));
  EXPECT_EQ(dataset.get(2).data.sum().item<int64_t>(), 9);
  EXPECT_EQ(dataset.get(2).target.item<int64_t>(), 2);
  auto loader = gradus::data::make_data_loader<gradus::data::samplers::SequentialSampler>(
      dataset.map(transforms::Stack<>()), 2);
  const Example<> batch = *loader->begin();
  EXPECT_THAT(batch.data.sizes().vec(), ElementsAre(2, 2));
  EXPECT_THAT(batch.target.sizes().vec(), ElementsAre(2));
  EXPECT_THROW(datasets::TensorPairDataset(gradus::zeros({3}), gradus::zeros({4})), ValueError);
  EXPECT_THROW(datasets::TensorPairDataset(gradus::zeros({}), gradus::zeros({})), ValueError);
  EXPECT_THROW(dataset.get(3), IndexError);
}

TEST(DefaultCollate, AsInPython) {
  EXPECT_THAT(
      default_collate(std::vector<Tensor>{gradus::zeros({3}), gradus::ones({3})}).sizes().vec(),
      ElementsAre(2, 3));
  const Tensor ints = default_collate(std::vector<int>{4, 5});
  EXPECT_EQ(ints.dtype(), gradus::kLong);
  EXPECT_EQ(ints[1].item<int64_t>(), 5);
  EXPECT_EQ(default_collate(std::vector<float>{0.5F}).dtype(), gradus::kDouble);
  EXPECT_EQ(default_collate(std::vector<bool>{true}).dtype(), gradus::kBool);
  EXPECT_THAT(default_collate(std::vector<std::string>{"a", "b"}), ElementsAre("a", "b"));

  const auto tuple = default_collate(std::vector<std::tuple<Tensor, int, std::string>>{
      {gradus::zeros({2}), 1, "a"}, {gradus::zeros({2}), 2, "b"}});
  EXPECT_THAT(std::get<0>(tuple).sizes().vec(), ElementsAre(2, 2));
  EXPECT_EQ(std::get<1>(tuple).sum().item<int64_t>(), 3);
  EXPECT_THAT(std::get<2>(tuple), ElementsAre("a", "b"));

  const auto pair = default_collate(std::vector<std::pair<int, double>>{{1, 2.5}, {3, 4.5}});
  EXPECT_EQ(pair.second.sum().item<double>(), 7.0);

  const auto map = default_collate(std::vector<std::map<std::string, int>>{{{"x", 1}}, {{"x", 2}}});
  EXPECT_EQ(map.at("x").sum().item<int64_t>(), 3);
  EXPECT_THROW(default_collate(std::vector<std::map<std::string, int>>{{{"x", 1}}, {}}),
               gradus::Error);
}

TEST(DefaultCollate, AsATransform) {
  auto dataset = datasets::StackDataset(Numbers(3), Numbers(3, 10))
                     .map(transforms::DefaultCollate<std::tuple<int, int>>());
  auto loader =
      gradus::data::make_data_loader<gradus::data::samplers::SequentialSampler>(dataset, 3);
  auto [x, y] = *loader->begin();
  EXPECT_EQ(x.sum().item<int64_t>(), 3);
  EXPECT_EQ(y.sum().item<int64_t>(), 33);
}

}  // namespace
