#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/npy.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/allocation_peak.h"
#include "tests/core/io/hostile_files.h"
#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::NotImplementedError;
using gradus::OrderedDict;
using gradus::ScalarType;
using gradus::Tensor;
using gradus::TypeError;
using gradus::ValueError;
using gradus::test::expect_rejected;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::survive_mutations;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr ScalarType kTypes[] = {gradus::kBool,  gradus::kChar,  gradus::kByte,
                                 gradus::kShort, gradus::kInt,   gradus::kLong,
                                 gradus::kHalf,  gradus::kFloat, gradus::kDouble};

std::string npy(const std::string& dict, const std::string& data, int version = 1) {
  std::string file = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  const size_t length = dict.size();
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(length >> (8 * i));
  return file + dict + data;
}

std::string dict(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }\n";
}

void load(const std::string& path) {
  gradus::load_npy(path);
  gradus::load_npy(path, /*mapped=*/true);
}

TEST(Npy, EveryDtypeAndShape) {
  ScratchFolder folder;
  const std::vector<int64_t> shapes[] = {{}, {0}, {5}, {2, 3}, {2, 0, 3}, {1, 2, 3, 4}};
  for (const ScalarType dtype : kTypes) {
    for (const auto& shape : shapes) {
      const Tensor x = gradus::randint(2, shape, dtype);
      gradus::save_npy(x, folder / "x.npy");
      for (const bool mapped : {false, true}) {
        const Tensor y = gradus::load_npy(folder / "x.npy", mapped);
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_EQ(y.sizes(), x.sizes());
        EXPECT_TRUE(y.equal(x));
      }
    }
  }
}

TEST(Npy, StridedTensorsAreWrittenRowMajor) {
  ScratchFolder folder;
  const Tensor x = gradus::arange(6).view({2, 3}).t();
  gradus::save_npy(x, folder / "x.npy");
  EXPECT_TRUE(gradus::load_npy(folder / "x.npy").equal(x));
}

TEST(Npy, HeaderAsNumpyWritesIt) {
  ScratchFolder folder;
  gradus::save_npy(gradus::zeros({3}), folder / "x.npy");
  const std::string file = read_all(folder / "x.npy");
  EXPECT_EQ(file.size(), 128u + 12);
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\1\0", 8));
  EXPECT_THAT(file, HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } "));
  EXPECT_EQ(file[127], '\n');
}

TEST(Npy, FortranOrderBigEndianAndVersions) {
  ScratchFolder folder;
  const std::string path = folder / "x.npy";
  for (const bool mapped : {false, true}) {
    write_all(path, npy(dict("|u1", "(2, 3)", true), "abcdef"));
    const Tensor x = gradus::load_npy(path, mapped);
    EXPECT_EQ(x[0][1].item<int64_t>(), 'c');
    EXPECT_EQ(x[1][0].item<int64_t>(), 'b');
    write_all(path, npy(dict(">i2", "(2,)"), std::string("\1\2\xff\xfe", 4)));
    EXPECT_EQ(gradus::load_npy(path, mapped)[0].item<int64_t>(), 258);
    EXPECT_EQ(gradus::load_npy(path, mapped)[1].item<int64_t>(), -2);
    for (const int version : {2, 3}) {
      write_all(path, npy(dict("<i4", "(1L,)"), std::string("\7\0\0\0", 4), version));
      EXPECT_EQ(gradus::load_npy(path, mapped)[0].item<int64_t>(), 7);
    }
    write_all(path, npy("{\"shape\":(),\"descr\":\"<f8\",\"fortran_order\":False}",
                        std::string("\0\0\0\0\0\0\xf8\x3f", 8)));
    EXPECT_EQ(gradus::load_npy(path, mapped).item<double>(), 1.5);
  }
}

TEST(Npy, MappedTensorsArePrivateViews) {
  ScratchFolder folder;
  gradus::save_npy(gradus::zeros({1000}), folder / "x.npy");
  Tensor x = gradus::load_npy(folder / "x.npy", /*mapped=*/true);
  x.fill_(1);
  EXPECT_EQ(gradus::load_npy(folder / "x.npy").sum().item<double>(), 0);
  gradus::save_npy(gradus::ones({2}), folder / "x.npy");  // the old file lives on
  EXPECT_EQ(x.sum().item<double>(), 1000);
}

// A dataset of 64 MiB of which a few rows are read: nothing like its size is allocated.
TEST(Npy, DatasetLargerThanWhatIsAllocated) {
  ScratchFolder folder;
  gradus::save_npy(gradus::zeros({16'384, 1024}, gradus::kFloat), folder / "x.npy");
  gradus::save_npy(gradus::arange(16'384), folder / "y.npy");
  const gradus::test::AllocationPeak peak;
  auto loader = gradus::data::make_data_loader(
      gradus::data::datasets::TensorPairDataset(gradus::load_npy(folder / "x.npy", /*mapped=*/true),
                                                gradus::load_npy(folder / "y.npy", /*mapped=*/true))
          .map(gradus::data::transforms::Stack<>()),
      gradus::data::DataLoaderOptions(8).workers(2));
  int left = 10;
  for (auto& batch : *loader) {
    EXPECT_THAT(batch.data.sizes().vec(), ElementsAre(8, 1024));
    if (--left == 0) break;
  }
  EXPECT_LE(peak.bytes(), 4u << 20);
}

TEST(Npy, HostileFiles) {
  const std::string six = "abcdef";
  const auto shape = [&](const std::string& text) { return npy(dict("|u1", text), six); };
  const auto header = [&](const std::string& text) { return npy(text, six); };
  std::string long_header = npy(dict("|u1", "(6,)"), six, 2);
  long_header[8] = long_header[9] = long_header[10] = '\xff';
  const std::vector<std::string> files = {
      "",
      "\x93",
      "\x93NUMPY",
      std::string("\x93NUMPY\1\0", 8),
      std::string("\x93NUMPY\1\0\1", 9),
      std::string("\x93NUMPY\1\0\0\0", 10),
      std::string("\x93NUMPY\2\0\1\0", 10),
      std::string("\x93NUMPY\2\0\1\0\0", 11),
      std::string("\x93NUMPY\2\0\0\0\0\0", 12),
      "NUMPY\1\0" + six,
      npy(dict("|u1", "(6,)"), six, 4),
      npy(dict("|u1", "(6,)"), six, 0),
      std::string("\x93NUMPY\1\0\xff\xff", 10) + dict("|u1", "(6,)") + six,
      long_header,
      shape("(5,)"),
      shape("(7,)"),
      shape("(0,)"),
      shape("()"),
      shape("(2, 4)"),
      shape("(-6,)"),
      shape("(6.0,)"),
      shape("(6)"),
      shape("6"),
      shape("[6]"),
      shape("(6,"),
      shape("(6,))"),
      shape("(,)"),
      shape("(2 3)"),
      shape("(0x6,)"),
      shape("(99999999999999999999,)"),
      shape("(9223372036854775807,)"),
      shape("(9223372036854775807, 9223372036854775807)"),
      shape("(4611686018427387904, 4)"),
      shape("(4294967296, 4294967296)"),
      shape("(9223372036854775807, 9223372036854775807, 0)"),
      shape("(" +
            [] {
              std::string ones;
              for (int i = 0; i < 100; ++i) ones += "1, ";
              return ones;
            }() +
            "6)"),
      npy(dict("<f8", "(2305843009213693952,)"), six),
      npy(dict("<f4", "(6,)"), six),
      npy(dict("|b1", "(6,)"), six),  // 'a' is no bool
      npy(dict("|O", "(6,)"), six),
      npy(dict("<O8", "(6,)"), six),
      npy(dict("<u2", "(3,)"), six),
      npy(dict("<c8", "()"), six),
      npy(dict("<U6", "()"), six),
      npy(dict("|S6", "()"), six),
      npy(dict("|V6", "()"), six),
      npy(dict("<M8[ns]", "()"), six),
      npy(dict("|i2", "(3,)"), six),
      npy(dict("i2", "(3,)"), six),
      npy(dict("?i2", "(3,)"), six),
      npy(dict("", "(6,)"), six),
      npy(dict("<", "(6,)"), six),
      npy(dict("<f3", "(2,)"), six),
      header("{'descr': [('x', '<i2')], 'fortran_order': False, 'shape': (3,), }"),
      header("{'descr': 5, 'fortran_order': False, 'shape': (6,), }"),
      header("{'descr': '|u1', 'fortran_order': False}"),
      header("{'descr': '|u1', 'shape': (6,)}"),
      header("{'fortran_order': False, 'shape': (6,)}"),
      header("{'descr': '|u1', 'fortran_order': 0, 'shape': (6,)}"),
      header("{'descr': '|u1', 'fortran_order': Falsch, 'shape': (6,)}"),
      header("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'x': 1}"),
      header("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,)}"),
      header("{'descr': '|u1', 'fortran_order': False, 'fortran_order': False, 'shape': (6,)}"),
      header("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'shape': (6,)}"),
      header("{'descr': '|u1', 'fortran_order': False, 'shape': (6,)} x"),
      header("{'descr': '|u1', 'fortran_order': False, 'shape': (6,)"),
      header("{'descr': '|u1' 'fortran_order': False, 'shape': (6,)}"),
      header("{'descr' '|u1', 'fortran_order': False, 'shape': (6,)}"),
      header("{descr: '|u1', 'fortran_order': False, 'shape': (6,)}"),
      header("{'descr': '|u1"),
      header("{'d\\x65scr': '|u1', 'fortran_order': False, 'shape': (6,)}"),
      header("{}"),
      header("{"),
      header("}"),
      header("__import__('os').system('true')"),
      header(""),
      header(std::string(1000, '{')),
      header(std::string(60'000, ' ')),
  };
  EXPECT_GE(files.size(), 60u);
  expect_rejected(files, [](const std::string& path) { gradus::load_npy(path); });
  expect_rejected(files, [](const std::string& path) { gradus::load_npy(path, /*mapped=*/true); });
}

TEST(Npy, MutatedFiles) {
  survive_mutations(npy(dict("<i2", "(3, 2)"), "abcdefghijkl"), load);
  survive_mutations(npy(dict(">f4", "(1, 2)", true), "abcdefgh"), load);
}

TEST(Npy, ErrorsNameTheFileAndTheRule) {
  ScratchFolder folder;
  write_all(folder / "x.npy", npy(dict("|O", "(1,)"), "x"));
  EXPECT_THAT([&] { gradus::load_npy(folder / "x.npy"); },
              ThrowsMessage<ValueError>(HasSubstr("x.npy' says that it holds Python objects")));
  write_all(folder / "x.npy", npy(dict("<c8", "(1,)"), "12345678"));
  EXPECT_THAT([&] { gradus::load_npy(folder / "x.npy"); },
              ThrowsMessage<NotImplementedError>(HasSubstr("'<c8'")));
  EXPECT_THROW(gradus::load_npy("/nonexistent/x.npy"), Error);
  EXPECT_THROW(gradus::load_npy(folder.path()), Error);
  EXPECT_THAT([&] { gradus::save_npy(gradus::zeros({1}, gradus::kBFloat16), folder / "y.npy"); },
              ThrowsMessage<TypeError>(HasSubstr("BFloat16")));
  EXPECT_THROW(gradus::save_npy(Tensor(), folder / "y.npy"), ValueError);
  EXPECT_THROW(gradus::save_npy(gradus::zeros({1}), "/nonexistent/y.npy"), Error);
}

OrderedDict<std::string, Tensor> some_arrays() {
  return {{"x", gradus::arange(12).view({3, 4})},
          {"empty", gradus::zeros({0, 2})},
          {"scalar", gradus::full({}, 2.5)},
          {"zeros", gradus::zeros({100, 100})}};
}

TEST(Npz, StoredAndDeflated) {
  ScratchFolder folder;
  const auto arrays = some_arrays();
  for (const bool compressed : {false, true}) {
    gradus::save_npz(arrays, folder / "a.npz", compressed);
    const auto loaded = gradus::load_npz(folder / "a.npz");
    EXPECT_EQ(loaded.keys(), arrays.keys());
    for (const auto& item : arrays) EXPECT_TRUE(loaded[item.key()].equal(item.value()));
    EXPECT_EQ(read_all(folder / "a.npz").size() > 40'000, !compressed);
  }
  gradus::save_npz({}, folder / "none.npz");
  EXPECT_TRUE(gradus::load_npz(folder / "none.npz").is_empty());
}

TEST(Npz, LargeDeflatedArray) {
  ScratchFolder folder;
  const Tensor x = gradus::randint(100, {300'000});
  gradus::save_npz({{"x", x}}, folder / "a.npz", /*compressed=*/true);
  EXPECT_TRUE(gradus::load_npz(folder / "a.npz")["x"].equal(x));
}

TEST(Npz, BadArguments) {
  ScratchFolder folder;
  EXPECT_THROW(gradus::save_npz({{"", gradus::zeros({1})}}, folder / "a"), ValueError);
  EXPECT_THROW(gradus::save_npz({{"x", Tensor()}}, folder / "a"), ValueError);
  EXPECT_THROW(gradus::save_npz({{"x", gradus::zeros({1}, gradus::kBFloat16)}}, folder / "a"),
               TypeError);
  EXPECT_THROW(gradus::save_npz({{std::string(70'000, 'x'), gradus::zeros({1})}}, folder / "a"),
               ValueError);
  EXPECT_TRUE(folder.names().empty());
}

// A zip file made by hand, each field of which can be made to lie.
struct Zip {
  static void put(std::string& to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i));
  }
  std::string build() const {
    std::string file = before;
    const std::string& data = content;
    const size_t local_at = file.size();
    put(file, local_signature, 4);
    put(file, 20, 2);
    put(file, 0, 2);
    put(file, local_method, 2);
    put(file, 0, 4);
    put(file, crc, 4);
    put(file, compressed_size, 4);
    put(file, size, 4);
    put(file, local_name.size(), 2);
    put(file, 0, 2);
    file += local_name + data;
    const size_t central_at = file.size();
    for (int i = 0; i < members; ++i) {
      put(file, central_signature, 4);
      put(file, 20, 4);
      put(file, flags, 2);
      put(file, method, 2);
      put(file, 0, 4);
      put(file, crc, 4);
      put(file, compressed_size, 4);
      put(file, size, 4);
      put(file, central_name_size, 2);
      put(file, extra.size(), 2);
      put(file, 0, 2);
      put(file, 0, 8);
      put(file, local_offset + local_at, 4);
      file += central_name + extra;
    }
    const size_t end_at = file.size();
    file += between;
    put(file, end_signature, 4);
    put(file, disk, 4);
    put(file, count, 2);
    put(file, total_count, 2);
    put(file, end_at - central_at + directory_size, 4);
    put(file, central_at + directory_offset, 4);
    put(file, comment_size, 2);
    return file + after;
  }

  std::string before, between, after, extra;
  std::string content = npy(dict("|u1", "(6,)"), "abcdef");
  std::string local_name = "x.npy", central_name = "x.npy";
  uint64_t central_name_size = 5;
  uint64_t crc =
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  uint64_t size = content.size(), compressed_size = content.size();
  uint64_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50;
  uint64_t method = 0, local_method = 0, flags = 0, disk = 0, count = 1, total_count = 1;
  uint64_t local_offset = 0, directory_size = 0, directory_offset = 0, comment_size = 0;
  int members = 1;
};

// Deflated zeros that claim another size than they have.
Zip bomb(uint64_t claimed) {
  Zip zip;
  std::string zeros = npy(dict("|u1", "(10000000,)"), std::string(10'000'000, '\0'));
  std::string packed(100'000, '\0');
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  z.next_in = reinterpret_cast<Bytef*>(zeros.data());
  z.avail_in = static_cast<uInt>(zeros.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  deflate(&z, Z_FINISH);
  packed.resize(z.total_out);
  deflateEnd(&z);
  zip.content = packed;
  zip.method = zip.local_method = 8;
  zip.compressed_size = packed.size();
  zip.size = claimed == 0 ? zeros.size() : claimed;
  zip.crc = crc32(0, reinterpret_cast<const Bytef*>(zeros.data()), static_cast<uInt>(zeros.size()));
  return zip;
}

template <class Change>
std::string changed(Change&& change) {
  Zip zip;
  change(zip);
  return zip.build();
}

TEST(Npz, HostileFiles) {
  ScratchFolder folder;
  write_all(folder / "good", Zip().build());
  EXPECT_EQ(gradus::load_npz(folder / "good")["x"].numel(), 6);
  write_all(folder / "good", bomb(0).build());
  EXPECT_EQ(gradus::load_npz(folder / "good")["x"].numel(), 10'000'000);

  const std::string good = Zip().build();
  std::vector<std::string> files = {
      "",
      "PK",
      "PK\5\6",
      std::string(22, '\0'),
      std::string(21, 'P'),
      good + "x",
      good.substr(1),
      "x" + good,
      good.substr(0, good.size() - 1),
      good + good.substr(good.size() - 22),
      bomb(1).build(),
      bomb(100).build(),
      bomb(9'999'999).build(),
      bomb(11'000'000).build(),
      bomb(0xfffffffe).build(),
      changed([](Zip& z) { z.local_signature = 0; }),
      changed([](Zip& z) { z.central_signature = 0; }),
      changed([](Zip& z) { z.end_signature = 0; }),
      changed([](Zip& z) { z.method = z.local_method = 1; }),
      changed([](Zip& z) { z.method = z.local_method = 12; }),
      changed([](Zip& z) { z.method = z.local_method = 0xffff; }),
      changed([](Zip& z) { z.method = 8; }),
      changed([](Zip& z) { z.local_method = 8; }),
      changed([](Zip& z) { z.method = z.local_method = 8; }),  // not deflated data
      changed([](Zip& z) { z.flags = 1; }),
      changed([](Zip& z) { z.crc ^= 1; }),
      changed([](Zip& z) { z.crc = 0; }),
      changed([](Zip& z) { z.size += 1; }),
      changed([](Zip& z) { z.size = 0; }),
      changed([](Zip& z) { z.compressed_size -= 1; }),
      changed([](Zip& z) { z.size = z.compressed_size = 5; }),
      changed([](Zip& z) { z.size = z.compressed_size += 1; }),
      changed([](Zip& z) { z.size = z.compressed_size = 0xfffffffe; }),
      changed([](Zip& z) { z.size = z.compressed_size = 0xffffffff; }),
      changed([](Zip& z) { z.local_offset = 1; }),
      changed([](Zip& z) { z.local_offset = 1000; }),
      changed([](Zip& z) { z.local_offset = 0xffffffff; }),
      changed([](Zip& z) { z.local_offset = 0xfffffff0; }),
      changed([](Zip& z) { z.directory_offset = 1; }),
      changed([](Zip& z) { z.directory_offset = static_cast<uint64_t>(-1); }),
      changed([](Zip& z) { z.directory_offset = 0x7fffffff; }),
      changed([](Zip& z) { z.directory_size = 1; }),
      changed([](Zip& z) { z.directory_size = static_cast<uint64_t>(-1); }),
      changed([](Zip& z) { z.directory_size = 0xffffff00; }),
      changed([](Zip& z) { z.count = 0; }),
      changed([](Zip& z) { z.count = z.total_count = 0; }),
      changed([](Zip& z) { z.count = z.total_count = 2; }),
      changed([](Zip& z) { z.count = z.total_count = 0xffff; }),
      changed([](Zip& z) { z.total_count = 7; }),
      changed([](Zip& z) { z.disk = 1; }),
      changed([](Zip& z) { z.disk = 0x10000; }),
      changed([](Zip& z) { z.comment_size = 1; }),
      changed([](Zip& z) { z.comment_size = 0xffff; }),
      changed([](Zip& z) { z.after = "comment"; }),
      changed([](Zip& z) { z.between = "gap"; }),
      changed([](Zip& z) { z.before = "gap", z.local_offset = static_cast<uint64_t>(-3); }),
      changed([](Zip& z) { z.members = 2; }),
      changed([](Zip& z) { z.members = z.count = z.total_count = 2; }),  // overlapping
      changed([](Zip& z) { z.members = 0; }),
      changed([](Zip& z) { z.central_name = "y.npy"; }),
      changed([](Zip& z) { z.local_name = "longer.npy"; }),
      changed([](Zip& z) { z.local_name = z.central_name = "x.txt"; }),
      changed([](Zip& z) { z.local_name = z.central_name = ".npyx"; }),
      changed([](Zip& z) { z.central_name_size = 0xffff; }),
      changed([](Zip& z) { z.central_name_size = 4; }),
      changed([](Zip& z) { z.extra = std::string("\1\0\xff\xff", 4); }),
      changed([](Zip& z) { z.extra = std::string("\1\0\0\0", 4), z.size = 0xffffffff; }),
      changed([](Zip& z) {
        z.extra = std::string("\1\0\10\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
        z.size = 0xffffffff;
      }),
      changed([](Zip& z) {
        z.extra = std::string("\1\0\10\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
        z.local_offset = 0xffffffff;
      }),
      changed([](Zip& z) { z.content = "no npy", z.size = z.compressed_size = 6; }),
  };
  EXPECT_GE(files.size(), 60u);
  expect_rejected(files, [](const std::string& path) { gradus::load_npz(path); });
}

TEST(Npz, MutatedFiles) {
  ScratchFolder folder;
  for (const bool compressed : {false, true}) {
    gradus::save_npz({{"x", gradus::zeros({8})}}, folder / "a.npz", compressed);
    survive_mutations(read_all(folder / "a.npz"),
                      [](const std::string& path) { gradus::load_npz(path); });
  }
}

// numpy reads what is written here, and the other way round.
TEST(Npz, PythonReadsAndWrites) {
  if (std::system("python3 -c 'import numpy' 2>/dev/null") != 0) {
    GTEST_SKIP() << "SKIPPED: python3 has no numpy";
  }
  ScratchFolder folder;
  gradus::save_npz(some_arrays(), folder / "a.npz");
  gradus::save_npz(some_arrays(), folder / "b.npz", /*compressed=*/true);
  gradus::save_npy(gradus::arange(12).view({3, 4}), folder / "c.npy");
  const std::string program =
      "import numpy as np, sys, os\n"
      "os.chdir(sys.argv[1])\n"
      "for name in ('a.npz', 'b.npz'):\n"
      "    a = np.load(name)\n"
      "    assert sorted(a.files) == ['empty', 'scalar', 'x', 'zeros']\n"
      "    assert (a['x'] == np.arange(12).reshape(3, 4)).all() and a['x'].dtype == np.int64\n"
      "    assert a['empty'].shape == (0, 2) and a['scalar'] == 2.5 and not a['zeros'].any()\n"
      "assert (np.load('c.npy') == np.arange(12).reshape(3, 4)).all()\n"
      "assert (np.load('c.npy', mmap_mode='r') == np.arange(12).reshape(3, 4)).all()\n"
      "np.savez('d.npz', x=np.arange(6.).reshape(2, 3), f=np.asfortranarray(np.arange(6)"
      ".reshape(2, 3)), b=np.arange(3, dtype='>i4'))\n"
      "np.savez_compressed('e.npz', z=np.zeros((50, 50), np.float16), t=np.array(True))\n"
      "np.save('f.npy', np.arange(5, dtype=np.int8))\n";
  write_all(folder / "check.py", program);
  ASSERT_EQ(std::system(("python3 " + (folder / "check.py") + " " + folder.path()).c_str()), 0);
  const auto d = gradus::load_npz(folder / "d.npz");
  EXPECT_TRUE(d["x"].equal(gradus::arange(6.0, gradus::kDouble).view({2, 3})));
  EXPECT_TRUE(d["f"].equal(gradus::arange(6).view({2, 3})));
  EXPECT_TRUE(d["b"].equal(gradus::arange(3, gradus::kInt)));
  const auto e = gradus::load_npz(folder / "e.npz");
  EXPECT_EQ(e["z"].dtype(), gradus::kHalf);
  EXPECT_EQ(e["t"].item<bool>(), true);
  EXPECT_TRUE(gradus::load_npy(folder / "f.npy", true).equal(gradus::arange(5, gradus::kChar)));
}

}  // namespace
