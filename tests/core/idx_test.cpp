#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/io/gzip.h>
#include <gradus/core/io/idx.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/allocation_peak.h"
#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::ValueError;
using gradus::io::GzipReader;
using gradus::io::IdxArray;
using gradus::io::read_idx;
using gradus::test::AllocationPeak;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string idx(int code, const std::vector<uint32_t>& shape, const std::string& bytes) {
  std::string file{0, 0, static_cast<char>(code), static_cast<char>(shape.size())};
  for (const uint32_t extent : shape) file += big_endian(extent);
  return file + bytes;
}

std::string gzip(const std::string& content) {
  std::string out(compressBound(content.size()) + 32, '\0');
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string bytes_of(const IdxArray& array) {
  return {array.bytes.begin(), array.bytes.end()};
}

TEST(Idx, Bytes) {
  ScratchFolder folder;
  write_all(folder / "a", idx(0x08, {2, 3}, "abcdef"));
  const IdxArray array = read_idx(folder / "a");
  EXPECT_EQ(array.dtype, gradus::kByte);
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_EQ(bytes_of(array), "abcdef");
}

TEST(Idx, BigEndianElements) {
  ScratchFolder folder;
  write_all(folder / "short", idx(0x0b, {2}, std::string("\x01\x02\xff\xfe", 4)));
  const IdxArray shorts = read_idx(folder / "short");
  int16_t values[2];
  ASSERT_EQ(shorts.bytes.size(), sizeof values);
  std::memcpy(values, shorts.bytes.data(), sizeof values);
  EXPECT_THAT(values, ElementsAre(258, -2));

  write_all(folder / "double", idx(0x0e, {1}, std::string("\x3f\xf8\0\0\0\0\0\0", 8)));
  double value;
  const IdxArray doubles = read_idx(folder / "double");
  ASSERT_EQ(doubles.bytes.size(), sizeof value);
  std::memcpy(&value, doubles.bytes.data(), sizeof value);
  EXPECT_EQ(value, 1.5);
}

TEST(Idx, EveryDtype) {
  ScratchFolder folder;
  const std::pair<int, gradus::ScalarType> types[] = {
      {0x08, gradus::kByte}, {0x09, gradus::kChar},  {0x0b, gradus::kShort},
      {0x0c, gradus::kInt},  {0x0d, gradus::kFloat}, {0x0e, gradus::kDouble}};
  for (const auto& [code, dtype] : types) {
    write_all(folder / "a", idx(code, {3}, std::string(3 * gradus::element_size(dtype), 'x')));
    EXPECT_EQ(read_idx(folder / "a").dtype, dtype);
  }
}

TEST(Idx, ScalarAndEmpty) {
  ScratchFolder folder;
  write_all(folder / "scalar", idx(0x08, {}, "x"));
  EXPECT_EQ(bytes_of(read_idx(folder / "scalar")), "x");
  write_all(folder / "empty", idx(0x0d, {0xffffffff, 0xffffffff, 0xffffffff, 0}, ""));
  EXPECT_TRUE(read_idx(folder / "empty").bytes.empty());
}

TEST(Idx, GzipIsToldByContent) {
  ScratchFolder folder;
  std::string content(3'000'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 7);
  write_all(folder / "a", gzip(idx(0x08, {3000, 1000}, content)));
  const IdxArray array = read_idx(folder / "a");
  EXPECT_THAT(array.shape, ElementsAre(3000, 1000));
  EXPECT_TRUE(bytes_of(array) == content);
}

TEST(Idx, GzipOfSeveralMembers) {
  ScratchFolder folder;
  const std::string file = idx(0x08, {6}, "abcdef");
  write_all(folder / "a", gzip(file.substr(0, 5)) + gzip("") + gzip(file.substr(5)));
  EXPECT_EQ(bytes_of(read_idx(folder / "a")), "abcdef");
}

TEST(Idx, MissingFileAndFolder) {
  ScratchFolder folder;
  EXPECT_THAT([] { read_idx("/nonexistent/train-images"); },
              ThrowsMessage<Error>(HasSubstr("'/nonexistent/train-images': No such file")));
  EXPECT_THROW(read_idx(folder.path()), Error);
  EXPECT_THROW(read_idx("/dev/zero"), Error);
  EXPECT_THROW(read_idx(""), ValueError);
}

TEST(Idx, DamagedFilesAreTypedErrors) {
  const std::string good = idx(0x08, {2, 3}, "abcdef");
  const std::string zipped = gzip(good);
  std::string bad_checksum = zipped;
  bad_checksum[zipped.size() - 6] ^= 1;
  std::string bad_length = zipped;
  bad_length[zipped.size() - 1] ^= 1;
  std::string bad_method = zipped;
  bad_method[2] = 7;
  std::vector<std::string> files = {
      "",
      std::string(1, '\0'),
      good.substr(0, 3),
      good.substr(0, 4),
      good.substr(0, 7),
      good.substr(0, good.size() - 1),
      good + "x",
      "PK" + good.substr(2),
      std::string("\0\1", 2) + good.substr(2),
      idx(0x00, {1}, "x"),
      idx(0x0a, {1}, "x"),
      idx(0x0f, {1}, "x"),
      idx(0x88, {1}, "x"),
      idx(0x08, {0xffffffff}, "x"),
      idx(0x08, {0xffffffff, 0xffffffff, 0xffffffff}, "x"),
      idx(0x0e, {0x80000000, 0x40000000}, ""),          // 2^64 bytes
      idx(0x08, std::vector<uint32_t>(255, 256), "x"),  // 2^2040 bytes
      idx(0x08, {0}, "x"),
      "<html>404 not found</html>",
      zipped.substr(0, 1),
      zipped.substr(0, 5),
      zipped.substr(0, 12),
      zipped.substr(0, zipped.size() - 1),
      zipped.substr(0, zipped.size() - 8),
      zipped + "trailing",
      zipped + zipped,
      zipped + std::string(8, '\0'),
      bad_checksum,
      bad_length,
      bad_method,
      gzip(""),
      gzip(good + "x"),
      gzip(good.substr(0, good.size() - 1)),
      gzip("not idx"),
      gzip(gzip(good)),
  };
  // What is wrong in a plain file is wrong in a gzipped one.
  for (size_t i = 1; i < 19; ++i) files.push_back(gzip(files[i]));
  // Dtypes that there are not.
  for (const uint8_t dtype : {0x01, 0x02, 0x07, 0x10, 0x18, 0x7f, 0x80, 0xff}) {
    files.push_back(idx(dtype, {1}, "x"));
  }
  EXPECT_GE(files.size(), 60u);
  ScratchFolder folder;
  for (size_t i = 0; i < files.size(); ++i) {
    write_all(folder / "a", files[i]);
    AllocationPeak peak;
    EXPECT_THAT([&] { read_idx(folder / "a"); }, ThrowsMessage<ValueError>(HasSubstr(folder / "a")))
        << i;
    EXPECT_LE(peak.bytes(), files[i].size() + (size_t{1} << 20)) << i;
  }
}

TEST(Idx, EveryTruncationAndEveryByteChanged) {
  ScratchFolder folder;
  const std::string good = idx(0x0b, {2, 2}, "abcdefgh");
  for (const std::string& file : {good, gzip(good)}) {
    for (size_t size = 0; size < file.size(); ++size) {
      write_all(folder / "a", file.substr(0, size));
      EXPECT_THROW(read_idx(folder / "a"), ValueError) << size;
    }
    for (size_t i = 0; i < file.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string changed = file;
        changed[i] = static_cast<char>(changed[i] ^ flip);
        write_all(folder / "a", changed);
        AllocationPeak peak;
        try {
          read_idx(folder / "a");  // a change of the elements goes unnoticed
        } catch (const ValueError&) {
        }
        EXPECT_LE(peak.bytes(), size_t{1} << 20) << i;
      }
    }
  }
}

// 1 MiB of zeros packs into about 1 KiB. A header that promises a thousand times more than that is
// refused before any of it is allocated; one that promises 100 MiB is refused when the data ends.
TEST(Idx, GzipThatPromisesMoreThanItHolds) {
  ScratchFolder folder;
  const std::string zeros(1 << 20, '\0');
  for (const uint32_t rows : {100u, 100'000u}) {
    write_all(folder / "a", gzip(idx(0x08, {rows, 1 << 20}, zeros)));
    AllocationPeak peak;
    EXPECT_THROW(read_idx(folder / "a"), ValueError);
    EXPECT_LE(peak.bytes(), size_t{4} << 20);
  }
}

TEST(GzipReader, ReadsInAnyPieces) {
  ScratchFolder folder;
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += std::to_string(i);
  write_all(folder / "a.gz", gzip(content));
  for (const size_t piece : {size_t{1000}, size_t{77'777}, size_t{10'000'000}}) {
    GzipReader reader(folder / "a.gz");
    std::string got, buffer(piece, '\0');
    while (const size_t size = reader.read(buffer.data(), piece)) got.append(buffer, 0, size);
    EXPECT_TRUE(got == content) << piece;
    EXPECT_EQ(reader.read(buffer.data(), piece), 0u);
  }
}

}  // namespace
