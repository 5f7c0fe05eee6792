#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/safetensors.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/allocation_peak.h"
#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::load_safetensors;
using gradus::NotImplementedError;
using gradus::OrderedDict;
using gradus::save_safetensors;
using gradus::ScalarType;
using gradus::Tensor;
using gradus::ValueError;
using gradus::test::AllocationPeak;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Tensors = OrderedDict<std::string, Tensor>;

constexpr ScalarType kAllTypes[] = {
    gradus::kFloat, gradus::kDouble, gradus::kBFloat16, gradus::kHalf, gradus::kLong,
    gradus::kInt,   gradus::kShort,  gradus::kChar,     gradus::kByte, gradus::kBool};

// A tensor with known bytes: 0, 1, 2, ... (0 and 1 alternately for bool).
Tensor numbered(std::vector<int64_t> sizes, ScalarType dtype) {
  Tensor tensor = gradus::empty(sizes, dtype);
  auto* bytes = static_cast<unsigned char*>(tensor.data_ptr());
  for (size_t i = 0; i < tensor.nbytes(); ++i) {
    bytes[i] = static_cast<unsigned char>(dtype == gradus::kBool ? i % 2 : i % 251);
  }
  return tensor;
}

std::string bytes_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()};
}

void expect_same(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.dtype(), b.dtype());
  EXPECT_TRUE(a.sizes() == b.sizes());
  EXPECT_TRUE(bytes_of(a) == bytes_of(b));
}

TEST(Safetensors, EveryDtypeComesBackBitwise) {
  ScratchFolder folder;
  Tensors tensors;
  for (const ScalarType dtype : kAllTypes)
    tensors.insert(gradus::to_string(dtype), numbered({3, 5}, dtype));
  tensors.insert("scalar", numbered({}, gradus::kDouble));
  tensors.insert("empty", numbered({0, 4}, gradus::kFloat));
  tensors.insert("name with \"quotes\", \n and é", numbered({2}, gradus::kByte));
  save_safetensors(tensors, folder / "a", {{"format", "pt"}, {"epoch", "3"}});
  for (const bool mapped : {true, false}) {
    std::map<std::string, std::string> metadata;
    const Tensors loaded = load_safetensors(folder / "a", mapped, &metadata);
    ASSERT_EQ(loaded.size(), tensors.size());
    for (const auto& item : tensors) expect_same(loaded[item.key()], item.value());
    EXPECT_THAT(metadata, ElementsAre(testing::Pair("epoch", "3"), testing::Pair("format", "pt")));
  }
}

TEST(Safetensors, NothingIsAFile) {
  ScratchFolder folder;
  save_safetensors({}, folder / "a");
  EXPECT_TRUE(load_safetensors(folder / "a").empty());
}

TEST(Safetensors, StridedTensorsAreWrittenRowMajor) {
  ScratchFolder folder;
  const Tensor x = numbered({4, 6}, gradus::kInt);
  save_safetensors({{"t", x.transpose(0, 1)},
                    {"columns", x.slice(1, 1, 6, 2)},
                    {"row", x[2]},
                    {"same", x[1].expand({3, 6})}},
                   folder / "a");
  const Tensors loaded = load_safetensors(folder / "a");
  expect_same(loaded["t"], x.transpose(0, 1).contiguous());
  expect_same(loaded["columns"], x.slice(1, 1, 6, 2).contiguous());
  expect_same(loaded["row"], x[2].contiguous());
  expect_same(loaded["same"], x[1].expand({3, 6}).contiguous());
}

TEST(Safetensors, WritingToAMappedTensorLeavesTheFile) {
  ScratchFolder folder;
  save_safetensors({{"a", numbered({100'000}, gradus::kInt)}}, folder / "a");
  const std::string before = read_all(folder / "a");
  Tensor loaded = load_safetensors(folder / "a")["a"];
  loaded.data_ptr<int32_t>()[0] = 12345;
  EXPECT_TRUE(read_all(folder / "a") == before);
  EXPECT_EQ(load_safetensors(folder / "a")["a"].data_ptr<int32_t>()[0], 0x03020100);
}

TEST(Safetensors, MappedTensorsOutliveTheReplacementOfTheFile) {
  ScratchFolder folder;
  const Tensor x = numbered({100'000}, gradus::kInt);
  save_safetensors({{"a", x}}, folder / "a");
  const Tensors loaded = load_safetensors(folder / "a");
  save_safetensors({{"a", numbered({3}, gradus::kByte)}}, folder / "a");
  expect_same(loaded["a"], x);
  save_safetensors(loaded,
                   folder / "a");  // over the file that it is mapped from, if that were still there
  expect_same(load_safetensors(folder / "a")["a"], x);
}

TEST(Safetensors, TensorsThatAreNotAlignedAreCopied) {
  ScratchFolder folder;
  // A header of 77 bytes, as other writers make it, puts the data at an odd address.
  const std::string json = R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(json.size() + 1);
  const double value = 2.5;
  file += json + ' ' + std::string(reinterpret_cast<const char*>(&value), 8);
  ASSERT_NE((8 + json.size() + 1) % 8, 0u);
  write_all(folder / "a", file);
  const Tensor loaded = load_safetensors(folder / "a")["a"];
  EXPECT_EQ(reinterpret_cast<uintptr_t>(loaded.data_ptr()) % 8, 0u);
  EXPECT_EQ(*loaded.data_ptr<double>(), 2.5);
}

TEST(Safetensors, BoolsMustBeZeroOrOne) {
  ScratchFolder folder;
  save_safetensors({{"mask", numbered({4}, gradus::kBool)}}, folder / "a");
  std::string file = read_all(folder / "a");
  file.back() = 2;
  write_all(folder / "a", file);
  EXPECT_THAT([&] { load_safetensors(folder / "a"); },
              ThrowsMessage<ValueError>(HasSubstr("'mask'")));
}

TEST(Safetensors, MissingFilesAndFolders) {
  ScratchFolder folder;
  EXPECT_THAT([] { load_safetensors("/nonexistent/model.safetensors"); },
              ThrowsMessage<Error>(HasSubstr("'/nonexistent/model.safetensors': No such file")));
  EXPECT_THROW(load_safetensors(folder.path()), Error);
  EXPECT_THROW(load_safetensors("/dev/zero"), Error);
  EXPECT_THROW(load_safetensors(""), ValueError);
  EXPECT_THROW(save_safetensors({}, folder.path()), Error);
  EXPECT_THROW(save_safetensors({}, folder / "missing/a"), Error);
  write_all(folder / "empty", "");
  EXPECT_THROW(load_safetensors(folder / "empty"), ValueError);
}

TEST(Safetensors, RefusesWhatItCannotWrite) {
  ScratchFolder folder;
  write_all(folder / "a", "old");
  EXPECT_THAT(
      [&] {
        save_safetensors({{"w", Tensor()}}, folder / "a");
      },
      ThrowsMessage<ValueError>(HasSubstr("'w' is undefined")));
  EXPECT_THROW(save_safetensors({{"\xff", numbered({1}, gradus::kByte)}}, folder / "a"),
               ValueError);
  EXPECT_THROW(save_safetensors({{"__metadata__", numbered({1}, gradus::kByte)}}, folder / "a"),
               ValueError);
  EXPECT_EQ(read_all(folder / "a"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

// Whatever is done to the bytes, the result is a typed error or tensors within the file, and memory
// stays bounded.
TEST(Safetensors, DamagedFiles) {
  ScratchFolder folder;
  save_safetensors({{"a", numbered({2, 3}, gradus::kFloat)}, {"b", numbered({5}, gradus::kBool)}},
                   folder / "good", {{"k", "v"}});
  const std::string good = read_all(folder / "good");
  const auto attempt = [&](const std::string& file) {
    write_all(folder / "a", file);
    AllocationPeak peak;
    try {
      for (const auto& item : load_safetensors(folder / "a")) {
        EXPECT_LE(item.value().nbytes(), file.size());
        volatile char sum = 0;
        for (const char byte : bytes_of(item.value())) sum = static_cast<char>(sum + byte);
      }
    } catch (const Error&) {
    }
    EXPECT_LE(peak.bytes(), file.size() + (size_t{1} << 20));
  };
  for (size_t size = 0; size < good.size(); ++size) {
    write_all(folder / "a", good.substr(0, size));
    EXPECT_THROW(load_safetensors(folder / "a"), ValueError) << size;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    for (const int value : {0, 1, 0x22, 0x2c, 0x30, 0x39, 0x5d, 0x7d, 0x7f, 0x80, 0xff}) {
      std::string changed = good;
      changed[i] = static_cast<char>(value);
      attempt(changed);
    }
  }
  uint64_t random = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string changed = good;
    for (int k = 0; k < 3; ++k) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const size_t at = (random >> 33) % changed.size();
      switch (random >> 62) {
        case 0:
          changed[at] = static_cast<char>(random >> 20);
          break;
        case 1:
          changed.erase(at, 1 + (random >> 50) % 9);
          break;
        case 2:
          changed.insert(at, changed.substr((random >> 40) % changed.size(), 20));
          break;
        default:
          changed.insert(at, 1, "0123456789[]{},:\"-e"[(random >> 45) % 19]);
      }
    }
    attempt(changed);
  }
}

TEST(Safetensors, FullDiskLeavesTheOldFile) {
  ScratchFolder folder;
  save_safetensors({{"a", numbered({10}, gradus::kFloat)}}, folder / "a");
  const std::string before = read_all(folder / "a");
  rlimit unlimited;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const Tensors larger = {{"a", numbered({5'000}, gradus::kFloat)},
                          {"b", numbered({20'000}, gradus::kByte)}};
  for (const rlim_t size : {0, 1, 100, 8'000, 20'500, 40'000}) {  // within the header, a, and b
    const rlimit limit{size, unlimited.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_THAT([&] { save_safetensors(larger, folder / "a"); },
                ThrowsMessage<Error>(HasSubstr("File too large")));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    EXPECT_TRUE(read_all(folder / "a") == before);
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  }
  ::signal(SIGXFSZ, handler);
}

// A child saves one tensor after the other until it is killed; the file always holds one of them as
// a whole.
void kill_while_saving(int kills) {
  ScratchFolder folder;
  const std::string path = folder / "a";
  const auto saved = [&](int i) -> Tensors {
    return {{"a", gradus::full({50'000 + 1000 * (i % 7)}, i % 100, gradus::kInt)}};
  };
  save_safetensors(saved(0), path);
  uint64_t random = 7;
  int changed = 0;
  int last = 0;
  for (int round = 0; round < kills; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int i = round * 10;; ++i) save_safetensors(saved(i), path);
    }
    random = random * 6364136223846793005u + 1442695040888963407u;
    ::usleep(static_cast<useconds_t>((random >> 33) % 8000));
    ::kill(child, SIGKILL);
    int status;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const Tensor loaded = load_safetensors(path)["a"];
    const int32_t* values = loaded.data_ptr<int32_t>();
    for (int64_t i = 0; i < loaded.numel(); ++i) ASSERT_EQ(values[i], values[0]);
    changed += values[0] != last;
    last = values[0];
  }
  EXPECT_GT(changed, 0);  // some children lived long enough to save
}

TEST(Safetensors, KilledWhileSaving) {
  kill_while_saving(50);
}

TEST(Safetensors, SlowKilledAThousandTimesWhileSaving) {
  kill_while_saving(1000);
}

// Both ways with Python: by the safetensors package where it is installed, else by the script's own
// reader.
TEST(Safetensors, PythonReadsAndWrites) {
  if (std::system("python3 -c 'import json, struct' 2>/dev/null") != 0) {
    GTEST_SKIP() << "there is no python3: files were not checked against another implementation";
  }
  ScratchFolder folder;
  Tensors tensors;
  for (const ScalarType dtype : kAllTypes)
    tensors.insert(gradus::to_string(dtype), numbered({3, 5}, dtype));
  tensors.insert("scalar", numbered({}, gradus::kLong));
  tensors.insert("empty", numbered({0, 4}, gradus::kFloat));
  tensors.insert("name \"é\"", numbered({7}, gradus::kByte));
  save_safetensors(tensors, folder / "ours", {{"format", "pt"}, {"note", "é\n"}});
  const std::string script = "python3 " GRADUS_SOURCE_DIR "/tests/scripts/check_safetensors.py ";
  EXPECT_EQ(std::system((script + "check " + folder / "ours").c_str()), 0);

  ASSERT_EQ(std::system((script + "write " + folder / "theirs").c_str()), 0);
  std::map<std::string, std::string> metadata;
  const Tensors loaded = load_safetensors(folder / "theirs", /*mapped=*/true, &metadata);
  ASSERT_EQ(loaded.size(), tensors.size());
  for (const auto& item : tensors) expect_same(loaded[item.key()], item.value());
  EXPECT_EQ(metadata["note"], "é\n");
}

}  // namespace
