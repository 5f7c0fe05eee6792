#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/datasets.h>
#include <gradus/core/data/transforms.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace {

using gradus::Error;
using gradus::ScalarType;
using gradus::Tensor;
using gradus::ValueError;
using gradus::data::Example;
using gradus::data::TensorExample;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
namespace datasets = gradus::data::datasets;
namespace transforms = gradus::data::transforms;

template <class T>
std::vector<T> values(const Tensor& x) {
  const Tensor y = x.contiguous();
  return {y.data_ptr<T>(), y.data_ptr<T>() + y.numel()};
}

Tensor image(std::vector<int64_t> sizes, float first) {
  Tensor x = gradus::empty(sizes);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = first + static_cast<float>(i);
  return x;
}

Tensor label(int64_t value) {
  return gradus::full({}, value, gradus::kLong);
}

std::vector<Example<>> batch_of(std::vector<Tensor> images) {
  std::vector<Example<>> batch;
  for (size_t i = 0; i < images.size(); ++i)
    batch.emplace_back(images[i], label(static_cast<int64_t>(i)));
  return batch;
}

TEST(Stack, DataAndTargets) {
  const Example<> batch =
      transforms::Stack<>().apply_batch(batch_of({image({1, 2}, 0), image({1, 2}, 5)}));
  EXPECT_THAT(batch.data.sizes().vec(), ElementsAre(2, 1, 2));
  EXPECT_THAT(values<float>(batch.data), ElementsAre(0, 1, 5, 6));
  EXPECT_THAT(batch.target.sizes().vec(), ElementsAre(2));
  EXPECT_THAT(values<int64_t>(batch.target), ElementsAre(0, 1));
}

TEST(Stack, NotContiguousAndScalar) {
  const Tensor x = image({2, 3}, 0);
  const TensorExample columns =
      transforms::Stack<TensorExample>().apply_batch({x.select(1, 0), x.select(1, 2)});
  EXPECT_THAT(values<float>(columns.data), ElementsAre(0, 3, 2, 5));
  const TensorExample scalars =
      transforms::Stack<TensorExample>().apply_batch({label(4), label(7)});
  EXPECT_THAT(scalars.data.sizes().vec(), ElementsAre(2));
  const TensorExample empty =
      transforms::Stack<TensorExample>().apply_batch({image({0, 3}, 0), image({0, 3}, 0)});
  EXPECT_THAT(empty.data.sizes().vec(), ElementsAre(2, 0, 3));
}

TEST(Stack, EveryDtype) {
  for (const ScalarType dtype :
       {gradus::kFloat, gradus::kDouble, gradus::kHalf, gradus::kBFloat16, gradus::kLong,
        gradus::kInt, gradus::kShort, gradus::kChar, gradus::kByte, gradus::kBool}) {
    const TensorExample batch = transforms::Stack<TensorExample>().apply_batch(
        {gradus::full({3}, 1, dtype), gradus::full({3}, 0, dtype)});
    EXPECT_EQ(batch.data.dtype(), dtype);
    EXPECT_THAT(batch.data.sizes().vec(), ElementsAre(2, 3));
  }
}

TEST(Stack, RaggedExamplesAreAnError) {
  transforms::Stack<> stack;
  EXPECT_THAT(
      [&] {
        stack.apply_batch(batch_of({image({1, 2}, 0), image({1, 2}, 0), image({2, 1}, 0)}));
      },
      ThrowsMessage<Error>(HasSubstr("got Float [1, 2] at 0 and Float [2, 1] at 2")));
  EXPECT_THROW(stack.apply_batch(batch_of({image({2}, 0), gradus::full({2}, 1, gradus::kLong)})),
               Error);
  EXPECT_THROW(stack.apply_batch({}), Error);
  EXPECT_THAT([&] { stack.apply_batch({Example<>(image({2}, 0), Tensor())}); },
              ThrowsMessage<Error>(HasSubstr("example 0 is undefined")));
}

// Rows of one tensor that nobody else holds become that tensor again; all others are copied.
TEST(Stack, NeverSharesMemoryThatSomebodyHolds) {
  datasets::TensorDataset dataset(image({4, 3}, 0));
  const size_t indices[] = {0, 1, 2, 3};
  std::vector<TensorExample> batch = dataset.get_batch({indices, 4});
  const void* rows = batch[0].data.data_ptr();
  EXPECT_NE(rows, dataset.tensor.data_ptr());
  EXPECT_EQ(transforms::Stack<TensorExample>().apply_batch(std::move(batch)).data.data_ptr(), rows);

  batch = dataset.get_batch({indices, 4});
  const Tensor held = batch[2].data;
  Tensor stacked = transforms::Stack<TensorExample>().apply_batch(std::move(batch)).data;
  stacked.data_ptr<float>()[6] = -1;
  EXPECT_EQ(held.data_ptr<float>()[0], 6);

  stacked = transforms::Stack<TensorExample>().apply_batch({dataset.get(0), dataset.get(1)}).data;
  EXPECT_NE(stacked.data_ptr(), dataset.tensor.data_ptr());

  float memory[] = {1, 2, 3};
  std::vector<TensorExample> foreign;
  foreign.emplace_back(gradus::from_blob(memory, {3}));
  stacked = transforms::Stack<TensorExample>().apply_batch(std::move(foreign)).data;
  EXPECT_NE(stacked.data_ptr(), static_cast<void*>(memory));
}

TEST(Stack, RowsInAnotherOrder) {
  datasets::TensorDataset dataset(image({3, 2}, 0));
  const size_t indices[] = {0, 1, 2};
  std::vector<TensorExample> batch = dataset.get_batch({indices, 3});
  std::swap(batch[0], batch[2]);
  EXPECT_THAT(values<float>(transforms::Stack<TensorExample>().apply_batch(std::move(batch)).data),
              ElementsAre(4, 5, 2, 3, 0, 1));
  batch = dataset.get_batch({indices, 3});
  batch.pop_back();
  EXPECT_THAT(values<float>(transforms::Stack<TensorExample>().apply_batch(std::move(batch)).data),
              ElementsAre(0, 1, 2, 3));
}

TEST(Normalize, OneValueForAllChannels) {
  transforms::Normalize<> normalize(1.0, 2.0);
  EXPECT_THAT(values<float>(normalize(image({2, 1, 2}, 0))), ElementsAre(-0.5, 0, 0.5, 1));
}

TEST(Normalize, OneValuePerChannel) {
  transforms::Normalize<> normalize({1.0, 2.0}, {2.0, 4.0});
  const Tensor y = normalize(image({2, 1, 20}, 0));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(values<float>(y)[static_cast<size_t>(i)], (static_cast<float>(i) - 1) / 2);
    EXPECT_EQ(values<float>(y)[static_cast<size_t>(20 + i)], (static_cast<float>(20 + i) - 2) / 4);
  }
}

TEST(Normalize, BytesBecomeFloats) {
  transforms::Normalize<> normalize(100.0, 50.0);
  const Tensor y = normalize(gradus::full({1, 3, 7}, 200, gradus::kByte));
  EXPECT_EQ(y.dtype(), gradus::kFloat);
  EXPECT_THAT(values<float>(y), testing::Each(2.0f));
}

TEST(Normalize, InputIsNotChanged) {
  transforms::Normalize<> normalize(1.0, 2.0);
  const Tensor x = image({1, 2, 2}, 0);
  std::vector<Example<>> batch = normalize.apply_batch(batch_of({x, x}));
  EXPECT_THAT(values<float>(x), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(values<float>(batch[1].data), ElementsAre(-0.5, 0, 0.5, 1));
}

TEST(Normalize, BatchOfOwnRows) {
  datasets::TensorDataset dataset(image({2, 1, 1, 2}, 0));
  const size_t indices[] = {1, 0};
  std::vector<TensorExample> rows = dataset.get_batch({indices, 2});
  std::vector<Example<>> batch;
  for (TensorExample& row : rows) batch.emplace_back(std::move(row.data), label(0));
  const Example<> stacked = transforms::Stack<>().apply_batch(
      transforms::Normalize<>(1.0, 2.0).apply_batch(std::move(batch)));
  EXPECT_THAT(values<float>(stacked.data), ElementsAre(0.5, 1, -0.5, 0));
  EXPECT_THAT(values<float>(dataset.tensor), ElementsAre(0, 1, 2, 3));
}

TEST(Normalize, BatchOfSeveralShapes) {
  transforms::Normalize<> normalize(1.0, 2.0);
  const std::vector<Example<>> batch =
      normalize.apply_batch(batch_of({image({1, 1, 2}, 0), image({1, 2, 1}, 4)}));
  EXPECT_THAT(values<float>(batch[0].data), ElementsAre(-0.5, 0));
  EXPECT_THAT(values<float>(batch[1].data), ElementsAre(1.5, 2));
  EXPECT_TRUE(normalize.apply_batch({}).empty());
}

TEST(Normalize, WhatTheFastLoopsDoNotTake) {
  transforms::Normalize<> normalize(1.0, 2.0);
  const Tensor plane = normalize(image({2, 2}, 0));
  EXPECT_THAT(plane.sizes().vec(), ElementsAre(1, 2, 2));
  EXPECT_THAT(values<float>(plane), ElementsAre(-0.5, 0, 0.5, 1));
  EXPECT_THAT(values<float>(normalize(image({1, 2, 2}, 0).transpose(1, 2))),
              ElementsAre(-0.5, 0.5, 0, 1));
  const Tensor wide = normalize(gradus::full({1, 2, 2}, 5, gradus::kDouble));
  EXPECT_EQ(wide.dtype(), gradus::kDouble);
  EXPECT_THAT(values<double>(wide), testing::Each(2.0));
  // One channel in, two out.
  const Tensor two = transforms::Normalize<>({0.0, 1.0}, 2.0)(image({1, 1, 2}, 0));
  EXPECT_THAT(two.sizes().vec(), ElementsAre(2, 1, 2));
  EXPECT_THAT(values<float>(two), ElementsAre(0, 0.5, -0.5, 0));
  EXPECT_THROW(transforms::Normalize<>({0.0, 1.0}, 2.0)(image({3, 1, 2}, 0)), Error);
}

TEST(Normalize, NeedsValues) {
  using Values = gradus::ArrayRef<double>;
  EXPECT_THROW(transforms::Normalize<>(Values(), 1.0), ValueError);
  EXPECT_THROW(transforms::Normalize<>(1.0, Values()), ValueError);
}

TEST(Transforms, LambdasAndCollations) {
  transforms::Lambda<int, std::string> text([](int i) { return std::to_string(i); });
  EXPECT_THAT(text.apply_batch({1, 2}), ElementsAre("1", "2"));
  transforms::BatchLambda<std::vector<int>, size_t> count(
      [](std::vector<int> v) { return v.size(); });
  EXPECT_EQ(count.apply_batch({5, 6, 7}), 3u);
  transforms::Collate<int> sum([](std::vector<int> v) { return v[0] + v[1]; });
  EXPECT_EQ(sum.apply_batch({5, 6}), 11);
  transforms::TensorLambda<> first([](Tensor x) { return x.select(0, 0); });
  EXPECT_EQ(first.apply({image({3}, 7), label(1)}).data.numel(), 1);
}

TEST(Transforms, Map) {
  struct Numbers : datasets::Dataset<Numbers, int> {
    int get(size_t index) override { return static_cast<int>(index); }
    std::optional<size_t> size() const override { return 10; }
  };
  Numbers numbers;
  auto squares = numbers.map(transforms::Lambda<int>([](int i) { return i * i; }));
  const size_t indices[] = {3, 4};
  EXPECT_THAT(squares.get_batch({indices, 2}), ElementsAre(9, 16));
  auto sum = std::move(squares).map(
      transforms::Collate<int>([](std::vector<int> v) { return v[0] + v[1]; }));
  EXPECT_EQ(sum.get_batch({indices, 2}), 25);
  EXPECT_EQ(sum.size(), 10u);
}

TEST(TensorDataset, RowsAndErrors) {
  datasets::TensorDataset dataset({image({2}, 0), image({2}, 5), image({2}, 8)});
  EXPECT_EQ(dataset.size(), 3u);
  EXPECT_THAT(values<float>(dataset.get(1)), ElementsAre(5, 6));
  const size_t indices[] = {2, 0, 2};
  const std::vector<TensorExample> batch = dataset.get_batch({indices, 3});
  EXPECT_THAT(values<float>(batch[0]), ElementsAre(8, 9));
  EXPECT_THAT(values<float>(batch[2]), ElementsAre(8, 9));
  EXPECT_TRUE(dataset.get_batch({}).empty());
  const size_t beyond[] = {0, 3};
  EXPECT_THROW(dataset.get(3), gradus::IndexError);
  EXPECT_THROW(dataset.get(SIZE_MAX), gradus::IndexError);
  EXPECT_THROW(dataset.get_batch({beyond, 2}), gradus::IndexError);
  EXPECT_THROW(datasets::TensorDataset(label(1)), ValueError);
  EXPECT_THROW(datasets::TensorDataset(std::vector<Tensor>()), Error);
  EXPECT_THROW(datasets::TensorDataset({image({2}, 0), image({3}, 0)}), Error);
}

TEST(TensorDataset, RowsOfAStridedTensor) {
  datasets::TensorDataset dataset(image({2, 3}, 0).transpose(0, 1));
  const size_t indices[] = {2, 0};
  const std::vector<TensorExample> batch = dataset.get_batch({indices, 2});
  EXPECT_THAT(values<float>(batch[0]), ElementsAre(2, 5));
  EXPECT_THAT(values<float>(batch[1]), ElementsAre(0, 3));
}

}  // namespace
