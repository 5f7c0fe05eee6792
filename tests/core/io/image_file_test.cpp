#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/image_file.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::ImageMode;
using gradus::load_image;
using gradus::NotImplementedError;
using gradus::save_png;
using gradus::Tensor;
using gradus::TypeError;
using gradus::ValueError;
using gradus::data::datasets::ImageFolder;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// 8 x 8 pixels of (200, 100, 50).
constexpr const char* kJpeg =
    "ffd8ffe000104a46494600010100000100010000ffdb00430003020203020203030303040303040508050504040"
    "50a070706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f1718161418121415"
    "14ffdb00430103040405040509050509140d0b0d14141414141414141414141414141414141414141414141414"
    "14141414141414141414141414141414141414141414141414ffc0001108000800080301110002110103"
    "1101ffc40014000100000000000000000000000000000004ffc400141001000000000000000000000000"
    "00000000ffc4001501010100000000000000000000000000000708ffc4001411010000000000000000000000"
    "0000000000ffda000c03010002110311003f00203d483fffd9";

std::string jpeg() {
  std::string bytes;
  const std::string hex = kJpeg;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

bool can_write_png() {
  ScratchFolder folder;
  try {
    save_png(gradus::zeros({1, 1, 1}, gradus::kByte), folder / "a.png");
    return true;
  } catch (const NotImplementedError&) {
    return false;
  }
}

bool can_read_jpeg() {
  ScratchFolder folder;
  write_all(folder / "a.jpg", jpeg());
  try {
    load_image(folder / "a.jpg");
    return true;
  } catch (const NotImplementedError&) {
    return false;
  }
}

TEST(ImageFile, PngOfAllChannels) {
  if (!can_write_png()) GTEST_SKIP() << "SKIPPED: built without libpng";
  ScratchFolder folder;
  for (int64_t channels = 1; channels <= 4; ++channels) {
    const Tensor x = gradus::randint(256, {channels, 5, 7}, gradus::kByte);
    save_png(x, folder / "a.png");
    EXPECT_TRUE(load_image(folder / "a.png").equal(x)) << channels;
    EXPECT_THAT(load_image(folder / "a.png", ImageMode::kGray).sizes().vec(), ElementsAre(1, 5, 7));
    const Tensor rgb = load_image(folder / "a.png", ImageMode::kRgb);
    EXPECT_THAT(rgb.sizes().vec(), ElementsAre(3, 5, 7));
    EXPECT_TRUE(rgb[0].equal(x[0]));
    EXPECT_TRUE(rgb[2].equal(x[channels >= 3 ? 2 : 0]));
  }
}

TEST(ImageFile, Jpeg) {
  if (!can_read_jpeg()) GTEST_SKIP() << "SKIPPED: built without libjpeg";
  ScratchFolder folder;
  write_all(folder / "a.png", jpeg());  // told by its content
  const Tensor x = load_image(folder / "a.png");
  EXPECT_THAT(x.sizes().vec(), ElementsAre(3, 8, 8));
  EXPECT_NEAR(x[0][0][0].item<int64_t>(), 200, 2);
  EXPECT_NEAR(x[2][7][7].item<int64_t>(), 50, 2);
  // 0.299 * 200 + 0.587 * 100 + 0.114 * 50
  EXPECT_NEAR(load_image(folder / "a.png", ImageMode::kGray)[0][0][0].item<int64_t>(), 124, 2);
}

TEST(ImageFile, DamagedFilesNeverCrash) {
  ScratchFolder folder;
  std::vector<std::string> good;
  if (can_read_jpeg()) good.push_back(jpeg());
  if (can_write_png()) {
    save_png(gradus::randint(256, {3, 6, 6}, gradus::kByte), folder / "a.png");
    good.push_back(read_all(folder / "a.png"));
  }
  const std::string path = folder / "mutant";
  const auto attempt = [&](const std::string& bytes) {
    write_all(path, bytes);
    try {
      load_image(path);
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  for (const std::string& file : good) {
    EXPECT_FALSE(attempt(file));
    // Without the two bytes of its end mark a JPEG is still whole.
    for (size_t size = 0; size + 12 < file.size(); size += 3) {
      EXPECT_TRUE(attempt(file.substr(0, size))) << size;
    }
    for (size_t i = 0; i < file.size(); ++i) {
      std::string mutant = file;
      mutant[i] = static_cast<char>(mutant[i] ^ (i % 2 == 0 ? 0xff : 0x10));
      attempt(mutant);
    }
  }
  if (can_write_png()) {
    // A header that claims 2^31 - 1 pixels each way; libpng checks its sum, so this is refused
    // there, or for its size.
    std::string huge = good.back();
    huge.replace(16, 8, "\x7f\xff\xff\xff\x7f\xff\xff\xff");
    EXPECT_TRUE(attempt(huge));
  }
  for (const char* bytes : {"", "GIF89a", "\x89PNG", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff"}) {
    EXPECT_TRUE(attempt(bytes));
  }
  EXPECT_THROW(load_image("/nonexistent"), Error);
  EXPECT_THROW(save_png(gradus::zeros({1, 2, 2}), path), TypeError);
  EXPECT_THROW(save_png(gradus::zeros({5, 2, 2}, gradus::kByte), path), ValueError);
  EXPECT_THROW(save_png(gradus::zeros({1, 0, 2}, gradus::kByte), path), ValueError);
  EXPECT_THROW(save_png(gradus::zeros({2, 2}, gradus::kByte), path), ValueError);
}

TEST(ImageFolder, ClassesByFolder) {
  ScratchFolder folder;
  for (const char* name : {"dog", "cat", "cat/more"}) ::mkdir((folder / name).c_str(), 0755);
  for (const char* name : {"dog/b.jpg", "dog/a.JPEG", "cat/more/x.jpg", "cat/notes.txt"}) {
    write_all(folder / name, jpeg());
  }
  write_all(folder / "readme.jpg", "not in a class");
  ImageFolder dataset(folder.path());
  EXPECT_THAT(dataset.classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(dataset.size(), 3u);
  EXPECT_THAT(dataset.path(0), HasSubstr("cat/more/x.jpg"));
  EXPECT_THAT(dataset.path(1), HasSubstr("dog/a.JPEG"));
  EXPECT_EQ(dataset.targets().sum().item<int64_t>(), 2);
  EXPECT_THROW(dataset.path(3), gradus::IndexError);
  if (can_read_jpeg()) {
    const auto example = dataset.get(2);
    EXPECT_EQ(example.target.item<int64_t>(), 1);
    EXPECT_THAT(example.data.sizes().vec(), ElementsAre(3, 8, 8));
    EXPECT_NEAR(example.data[0][0][0].item<float>(), 200 / 255.0, 0.01);
  }
  ::mkdir((folder / "empty").c_str(), 0755);
  EXPECT_THROW(ImageFolder(folder.path()), ValueError);
  EXPECT_THROW(ImageFolder(folder / "cat/more"), ValueError);
  EXPECT_THROW(ImageFolder("/nonexistent"), Error);
}

}  // namespace
