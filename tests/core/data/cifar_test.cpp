#include <string>

#include <gmock/gmock.h>
#include <gradus/core/data/cifar.h>
#include <gradus/core/error.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::IndexError;
using gradus::ValueError;
using gradus::data::datasets::CIFAR10;
using gradus::data::datasets::CIFAR100;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string record(const std::string& labels, char pixel) {
  return labels + std::string(3072, pixel);
}

TEST(CIFAR10, ReadsTheBinaryVersion) {
  ScratchFolder folder;
  for (int i = 1; i <= 5; ++i) {
    write_all(folder / ("data_batch_" + std::to_string(i) + ".bin"),
              record(std::string(1, static_cast<char>(i)), '\x33') + record("\x09", '\xff'));
  }
  CIFAR10 dataset(folder.path());
  EXPECT_EQ(dataset.size(), 10u);
  EXPECT_TRUE(dataset.is_train());
  const auto example = dataset.get(4);
  EXPECT_THAT(example.data.sizes().vec(), ElementsAre(3, 32, 32));
  EXPECT_EQ(example.data[2][31][31].item<float>(), 0x33 / 255.0f);
  EXPECT_EQ(example.target.item<int64_t>(), 3);
  EXPECT_EQ(dataset.images().dtype(), gradus::kByte);
  EXPECT_EQ(dataset.targets()[9].item<int64_t>(), 9);
  EXPECT_THROW(dataset.get(10), IndexError);
  EXPECT_THAT([&] { CIFAR10(folder.path(), CIFAR10::Mode::kTest); },
              ThrowsMessage<Error>(HasSubstr("test_batch.bin")));
}

TEST(CIFAR100, FineAndCoarseLabels) {
  ScratchFolder folder;
  ::mkdir((folder / "cifar-100-binary").c_str(), 0755);
  write_all(folder / "cifar-100-binary/test.bin", record("\x0b\x63", '\0'));
  const auto mode = CIFAR100::Mode::kTest;
  EXPECT_EQ(CIFAR100(folder.path(), mode).get(0).target.item<int64_t>(), 99);
  EXPECT_EQ(CIFAR100(folder.path(), mode, /*coarse=*/true).get(0).target.item<int64_t>(), 11);
}

TEST(CIFAR, DamagedFiles) {
  ScratchFolder folder;
  write_all(folder / "test.bin", record("\x0b\x64", '\0'));  // class 100
  EXPECT_THROW(CIFAR100(folder.path(), CIFAR100::Mode::kTest), ValueError);
  write_all(folder / "test.bin", record("\x14\x63", '\0'));
  EXPECT_THROW(CIFAR100(folder.path(), CIFAR100::Mode::kTest, true), ValueError);
  write_all(folder / "test_batch.bin", record("\x01", '\0') + "x");
  EXPECT_THROW(CIFAR10(folder.path(), CIFAR10::Mode::kTest), ValueError);
  write_all(folder / "test_batch.bin", record("\x0a", '\0'));
  EXPECT_THROW(CIFAR10(folder.path(), CIFAR10::Mode::kTest), ValueError);
  write_all(folder / "test_batch.bin", "");
  EXPECT_EQ(CIFAR10(folder.path(), CIFAR10::Mode::kTest).size(), 0u);
}

}  // namespace
