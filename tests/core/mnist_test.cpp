#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/mnist.h>
#include <gradus/core/error.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::IndexError;
using gradus::Tensor;
using gradus::ValueError;
using gradus::data::Example;
using gradus::data::datasets::MNIST;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string idx(int code, const std::vector<int>& shape, const std::string& bytes) {
  std::string file{0, 0, static_cast<char>(code), static_cast<char>(shape.size())};
  for (const int extent : shape)
    file += {0, 0, static_cast<char>(extent >> 8), static_cast<char>(extent)};
  return file + bytes;
}

std::vector<float> pixels(const Tensor& x) {
  return {x.data_ptr<float>(), x.data_ptr<float>() + x.numel()};
}

class Mnist : public testing::Test {
 protected:
  void SetUp() override {
    write_all(folder_ / "train-images-idx3-ubyte",
              idx(8, {3, 1, 2}, std::string("\x00\xff\x33\x66\x99\xcc", 6)));
    write_all(folder_ / "train-labels-idx1-ubyte", idx(8, {3}, std::string("\x07\x00\x09", 3)));
    write_all(folder_ / "t10k-images-idx3-ubyte", idx(8, {1, 1, 2}, "ab"));
    write_all(folder_ / "t10k-labels-idx1-ubyte", idx(8, {1}, "\x05"));
  }
  ScratchFolder folder_;
};

TEST_F(Mnist, Get) {
  MNIST train(folder_.path());
  EXPECT_EQ(train.size(), 3u);
  EXPECT_TRUE(train.is_train());
  const Example<> example = train.get(0);
  EXPECT_THAT(example.data.sizes().vec(), ElementsAre(1, 1, 2));
  EXPECT_THAT(pixels(example.data), ElementsAre(0, 1));
  EXPECT_EQ(example.target.dim(), 0);
  EXPECT_EQ(*example.target.data_ptr<int64_t>(), 7);
}

TEST_F(Mnist, GetBatch) {
  MNIST train(folder_.path());
  const size_t indices[] = {2, 1};
  const std::vector<Example<>> batch = train.get_batch({indices, 2});
  EXPECT_THAT(pixels(batch[0].data), ElementsAre(153.0f / 255, 204.0f / 255));
  EXPECT_THAT(pixels(batch[1].data), ElementsAre(51.0f / 255, 102.0f / 255));
  EXPECT_EQ(*batch[0].target.data_ptr<int64_t>(), 9);
  EXPECT_TRUE(train.get_batch({}).empty());
}

TEST_F(Mnist, TestModeAndWholeTensors) {
  const MNIST test(folder_.path(), MNIST::Mode::kTest);
  EXPECT_FALSE(test.is_train());
  EXPECT_EQ(test.size(), 1u);
  const MNIST train(folder_.path());
  EXPECT_THAT(train.images().sizes().vec(), ElementsAre(3, 1, 1, 2));
  EXPECT_EQ(pixels(train.images())[1], 1);
  EXPECT_THAT(train.targets().sizes().vec(), ElementsAre(3));
  EXPECT_EQ(train.targets().data_ptr<int64_t>()[2], 9);
}

TEST_F(Mnist, WritingToAnExampleLeavesTheDataset) {
  MNIST train(folder_.path());
  train.get(0).data.data_ptr<float>()[0] = 5;
  EXPECT_EQ(pixels(train.get(0).data)[0], 0);
}

TEST_F(Mnist, BadIndices) {
  MNIST train(folder_.path());
  const size_t indices[] = {0, 3};
  EXPECT_THAT([&] { train.get(3); },
              ThrowsMessage<IndexError>(HasSubstr("index 3 is out of range for 3")));
  EXPECT_THROW(train.get_batch({indices, 2}), IndexError);
}

TEST_F(Mnist, BadFiles) {
  EXPECT_THAT([] { MNIST("/nonexistent"); },
              ThrowsMessage<Error>(HasSubstr("'/nonexistent/train-images-idx3-ubyte'")));
  const std::string images = folder_ / "train-images-idx3-ubyte",
                    labels = folder_ / "train-labels-idx1-ubyte";
  write_all(labels, idx(8, {2}, "ab"));
  EXPECT_THAT([&] { MNIST(folder_.path()); },
              ThrowsMessage<ValueError>(HasSubstr("3 train images and 2 labels")));
  write_all(labels, idx(8, {3}, "ab"));
  EXPECT_THAT([&] { MNIST(folder_.path()); },
              ThrowsMessage<ValueError>(HasSubstr("train-labels-idx1-ubyte")));
  write_all(labels, idx(8, {3, 1}, "abc"));
  EXPECT_THROW(MNIST(folder_.path()), ValueError);
  write_all(labels, idx(9, {3}, "abc"));
  EXPECT_THROW(MNIST(folder_.path()), ValueError);
  write_all(images, "");
  EXPECT_THROW(MNIST(folder_.path()), ValueError);
  write_all(images, idx(8, {3, 300, 300}, "x"));
  EXPECT_THROW(MNIST(folder_.path()), ValueError);
}

TEST_F(Mnist, NoImagesAndNoPixels) {
  write_all(folder_ / "train-images-idx3-ubyte", idx(8, {0, 28, 28}, ""));
  write_all(folder_ / "train-labels-idx1-ubyte", idx(8, {0}, ""));
  EXPECT_EQ(MNIST(folder_.path()).size(), 0u);
  write_all(folder_ / "train-images-idx3-ubyte", idx(8, {2, 0, 28}, ""));
  write_all(folder_ / "train-labels-idx1-ubyte", idx(8, {2}, "ab"));
  EXPECT_THAT(MNIST(folder_.path()).get(1).data.sizes().vec(), ElementsAre(1, 0, 28));
}

}  // namespace
