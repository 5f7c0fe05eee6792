#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/image_file.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/core/io/hostile_files.h"
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
using gradus::test::expect_rejected;
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

// A PNG file out of its chunks, with their lengths and check sums.
std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}
std::string chunk(const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  const auto sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + checked +
         big_endian(static_cast<uint32_t>(sum));
}
std::string header(uint32_t width, uint32_t height, int depth = 8, int color = 0,
                   const std::string& methods = std::string(3, '\0')) {
  return chunk("IHDR", big_endian(width) + big_endian(height) + static_cast<char>(depth) +
                           static_cast<char>(color) + methods);
}
std::string deflated(const std::string& data) {
  std::string bytes(::compressBound(data.size()), '\0');
  auto size = static_cast<uLongf>(bytes.size());
  ::compress(reinterpret_cast<Bytef*>(bytes.data()), &size,
             reinterpret_cast<const Bytef*>(data.data()), data.size());
  return bytes.substr(0, size);
}
const std::string kSignature = "\x89PNG\r\n\x1a\n";
const std::string kEnd = chunk("IEND", "");

TEST(ImageFile, HostilePngs) {
  if (!can_write_png()) GTEST_SKIP() << "SKIPPED: built without libpng";
  const std::string rows(8, '\0');  // two rows of a filter and 3 gray pixels
  const std::string pixels = chunk("IDAT", deflated(rows));
  const std::string good = kSignature + header(3, 2) + pixels + kEnd;
  {
    ScratchFolder folder;
    write_all(folder / "a", good);
    EXPECT_EQ(load_image(folder / "a").numel(), 6);
  }
  const auto broken_sum = [](std::string bytes) {
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    return bytes;
  };
  std::vector<std::string> files = {
      // what is no PNG
      "",
      "\x89",
      "\x89PNG",
      kSignature.substr(0, 7),
      "GIF89a",
      "BM",
      "P5 3 2 255 abcdef",
      "RIFF....WEBP",
      "<html>404</html>",
      std::string(100, '\0'),
      "\x89PNG\n\n\x1a\n" + good.substr(8),
      // chunks
      kSignature,
      kSignature + kEnd,
      kSignature + pixels + kEnd,
      kSignature + pixels + header(3, 2) + kEnd,
      kSignature + chunk("IHDR", ""),
      kSignature + chunk("IHDR", std::string(12, '\1')) + pixels,
      kSignature + chunk("IHDR", std::string(14, '\1')) + pixels + kEnd,
      kSignature + big_endian(0x7fffffff) + header(3, 2).substr(4) + pixels + kEnd,
      kSignature + big_endian(0xffffffff) + header(3, 2).substr(4) + pixels + kEnd,
      kSignature + broken_sum(header(3, 2)) + pixels + kEnd,
      kSignature + header(3, 2) + broken_sum(pixels) + kEnd,
      kSignature + header(3, 2),
      kSignature + header(3, 2) + kEnd,
      kSignature + header(3, 2) + chunk("IDAT", "") + kEnd,
      kSignature + header(3, 2) + chunk("ABCD", "x") + pixels + kEnd,
      kSignature + header(3, 2) + big_endian(0x7fffffff) + pixels.substr(4),
      // pixels
      kSignature + header(3, 2) + chunk("IDAT", "not deflated") + kEnd,
      kSignature + header(3, 2) + chunk("IDAT", deflated(rows).substr(0, 5)) + kEnd,
      kSignature + header(3, 2) + chunk("IDAT", deflated(rows.substr(0, 3))) + kEnd,
      kSignature + header(3, 2) + chunk("IDAT", deflated(std::string(8, '\7'))) + kEnd,
      good.substr(0, 50),
      // palettes
      kSignature + header(3, 2, 8, 3) + pixels + kEnd,
      kSignature + header(3, 2, 8, 3) + chunk("PLTE", "") + pixels + kEnd,
      kSignature + header(3, 2, 8, 3) + chunk("PLTE", "1234") + pixels + kEnd,
      kSignature + header(3, 2, 8, 3) + chunk("PLTE", std::string(3 * 257, 'x')) + pixels + kEnd,
  };
  // Sizes that are none, or that so few bytes cannot hold.
  constexpr uint32_t kSizes[][2] = {{0, 2},
                                    {3, 0},
                                    {0, 0},
                                    {1u << 31, 2},
                                    {3, 1u << 31},
                                    {0xffffffff, 0xffffffff},
                                    {0x7fffffff, 1},
                                    {1, 0x7fffffff},
                                    {0x7fffffff, 0x7fffffff},
                                    {65535, 65535},
                                    {1'000'000, 1'000},
                                    {40'000, 40'000}};
  for (const auto& [width, height] : kSizes) {
    files.push_back(kSignature + header(width, height) + pixels + kEnd);
    files.push_back(kSignature + header(width, height, 16, 6) + pixels + kEnd);
  }
  for (const int depth : {0, 3, 5, 7, 9, 17, 32, 255})
    files.push_back(kSignature + header(3, 2, depth) + pixels + kEnd);
  for (const int color : {1, 5, 7, 8, 255})
    files.push_back(kSignature + header(3, 2, 8, color) + pixels + kEnd);
  constexpr int kCombinations[][2] = {{4, 2}, {16, 3}, {2, 4}, {1, 6}};
  for (const auto& [depth, color] : kCombinations)
    files.push_back(kSignature + header(3, 2, depth, color) + pixels + kEnd);
  for (const char* methods : {"\1\0\0", "\0\1\0", "\0\0\2"})
    files.push_back(kSignature + header(3, 2, 8, 0, std::string(methods, 3)) + pixels + kEnd);
  EXPECT_GE(files.size(), 60u);
  expect_rejected(files, [](const std::string& path) { load_image(path); });
}

TEST(ImageFile, HostileJpegs) {
  if (!can_read_jpeg()) GTEST_SKIP() << "SKIPPED: built without libjpeg";
  const std::string good = jpeg();
  // Segments begin with their marker; `frame` is the one of the size, `scan` the last.
  const size_t frame = good.find("\xff\xc0"), scan = good.find("\xff\xda");
  const size_t tables = good.find("\xff\xdb"), codes = good.find("\xff\xc4");
  const auto with = [&](size_t at, const std::string& bytes) {
    std::string file = good;
    file.replace(at, bytes.size(), bytes);
    return file;
  };
  std::vector<std::string> files = {
      "\xff\xd8",
      "\xff\xd8\xff",
      "\xff\xd8\xff\xd9",
      "\xff\xd8\xff\xe0",
      "\xff\xd8\xff" + std::string(200, 'x'),
      "\xff\xd8" + std::string(200, '\xff'),
      // without one of the parts
      good.substr(0, frame),
      good.substr(0, scan),
      good.substr(0, codes),
      good.substr(0, frame) + good.substr(codes),
      good.substr(0, codes) + good.substr(scan),
      good.substr(0, tables) + good.substr(frame),
      good.substr(0, 2) + good.substr(scan),
      good.substr(0, frame) + good.substr(frame, codes - frame) + good.substr(frame),  // two frames
      // the frame: length, precision, height, width, components
      with(frame + 2, std::string("\0\0", 2)),
      with(frame + 2, std::string("\0\1", 2)),
      with(frame + 2, std::string("\0\7", 2)),
      with(frame + 2, "\xff\xff"),
      with(frame + 4, std::string("\0", 1)),
      with(frame + 4, "\1"),
      with(frame + 4, "\14"),
      with(frame + 4, "\20"),
      with(frame + 4, "\xff"),
      with(frame + 5, std::string("\0\0", 2)),
      with(frame + 7, std::string("\0\0", 2)),
      with(frame + 5, "\xff\xff\xff\xff"),
      with(frame + 5, "\xff\xdc\xff\xdc"),
      with(frame + 9, std::string("\0", 1)),
      with(frame + 9, "\1"),
      with(frame + 9, "\2"),
      with(frame + 9, "\4"),
      with(frame + 9, "\xff"),
  };
  // Kinds of frames that libjpeg does not read.
  for (const char kind : {'\xc3', '\xc5', '\xc6', '\xc7', '\xc8', '\xcb', '\xcd', '\xce', '\xcf'})
    files.push_back(with(frame + 1, std::string(1, kind)));
  // Sampling factors, and tables that there are not.
  for (const char factors : {'\x00', '\x01', '\x10', '\x15', '\x51', '\xff'})
    files.push_back(with(frame + 11, std::string(1, factors)));
  for (const char table : {'\4', '\11', '\xff'}) {
    files.push_back(with(frame + 12, std::string(1, table)));
    files.push_back(with(tables + 4, std::string(1, table)));
    files.push_back(with(codes + 4, std::string(1, table)));
  }
  // Lengths of the other segments.
  for (const size_t segment : {tables, codes, scan}) {
    files.push_back(with(segment + 2, std::string("\0\0", 2)));
    files.push_back(with(segment + 2, std::string("\0\2", 2)));
    files.push_back(with(segment + 2, "\xff\xff"));
  }
  // A code of more values than there are, and a scan of other components.
  files.push_back(with(codes + 5, std::string(16, '\xff')));
  files.push_back(with(codes + 5, "\3"));
  files.push_back(with(scan + 4, std::string("\0", 1)));
  files.push_back(with(scan + 4, "\5"));
  files.push_back(with(scan + 5, "\77"));
  files.push_back(with(scan + 6, "\x44"));
  EXPECT_GE(files.size(), 60u);
  expect_rejected(files, [](const std::string& path) { load_image(path); });
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
