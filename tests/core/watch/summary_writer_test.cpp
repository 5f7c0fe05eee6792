#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/watch/summary_writer.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::ValueError;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::watch::SummaryWriter;
using testing::HasSubstr;
using testing::SizeIs;

template <class T>
T number(const std::string& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// The bitwise definition of CRC-32C, and TFRecord's mask.
uint32_t masked_crc(const std::string& data) {
  uint32_t crc = ~0u;
  for (const char c : data) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

// The records of an event file, checked.
std::vector<std::string> records(const std::string& path) {
  const std::string file = read_all(path);
  std::vector<std::string> result;
  for (size_t at = 0; at < file.size();) {
    const auto length = number<uint64_t>(file, at);
    EXPECT_EQ(number<uint32_t>(file, at + 8), masked_crc(file.substr(at, 8)));
    result.push_back(file.substr(at + 12, length));
    EXPECT_EQ(number<uint32_t>(file, at + 12 + length), masked_crc(result.back()));
    at += 16 + length;
  }
  return result;
}

TEST(SummaryWriter, ScalarsAsProtocolBuffers) {
  EXPECT_EQ(masked_crc("123456789"), (0xe3069283u >> 15 | 0xe3069283u << 17) + 0xa282ead8u);
  ScratchFolder folder;
  SummaryWriter writer(folder / "runs/first");
  EXPECT_THAT(writer.path(), HasSubstr("/runs/first/events.out.tfevents."));
  writer.add_scalar("loss", 0.5, 300);
  const auto all = records(writer.path());  // there at once
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
  // step 300 as a varint, then the summary with one value: the tag and a float.
  EXPECT_EQ(all[1].substr(9),
            std::string("\x10\xac\x02\x2a\x0d\x0a\x0b\x0a\x04loss\x15\0\0\0\x3f", 18));
}

TEST(SummaryWriter, BadArguments) {
  ScratchFolder folder;
  SummaryWriter writer(folder.path());
  EXPECT_THROW(writer.add_histogram("x", gradus::zeros({0})), ValueError);
  EXPECT_THROW(writer.add_histogram("x", gradus::Tensor()), ValueError);
  EXPECT_THROW(writer.add_histogram("x", gradus::full({2}, NAN)), ValueError);
  EXPECT_THROW(writer.add_histogram("x", gradus::zeros({2}), 0, 0), ValueError);
  EXPECT_THROW(SummaryWriter("/dev/null/x"), Error);
  EXPECT_THROW(SummaryWriter(""), ValueError);
  EXPECT_THAT(records(writer.path()), SizeIs(1));
}

// TensorBoard's own reader, where Python has it (PYTHONPATH says where).
TEST(SummaryWriter, TensorBoardReadsIt) {
  if (std::system("python3 -c 'import tensorboard' 2>/dev/null") != 0) {
    GTEST_SKIP() << "SKIPPED: python3 has no tensorboard";
  }
  ScratchFolder folder;
  SummaryWriter writer(folder / "run");
  for (int step = 0; step < 100; ++step) writer.add_scalar("loss/train", 1.0 / (step + 1), step);
  writer.add_histogram("weights", gradus::arange(100), 7, 10);
  writer.add_histogram("constant", gradus::full({5}, 2.0), 7);
  writer.add_text("note", "**hello**", 3);
  writer.flush();
  gradus::test::write_all(
      folder / "check.py",
      "import sys\n"
      "from tensorboard.backend.event_processing import event_accumulator\n"
      "a = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})\n"
      "a.Reload()\n"
      "scalars = a.Scalars('loss/train')\n"
      "assert len(scalars) == 100 and scalars[9].step == 9 and abs(scalars[9].value - 0.1) < 1e-6\n"
      "h = a.Histograms('weights')[0]\n"
      "v = h.histogram_value\n"
      "assert h.step == 7 and v.num == 100 and v.sum == 4950 and sum(v.bucket) == 100, v\n"
      "assert list(v.bucket)[0] == 10 and v.bucket_limit[-1] == 99\n"
      "assert sum(a.Histograms('constant')[0].histogram_value.bucket) == 5\n"
      "t = a.Tensors('note/text_summary')[0]\n"
      "assert t.tensor_proto.string_val[0] == b'**hello**'\n"
      "assert a.SummaryMetadata('note/text_summary').plugin_data.plugin_name == 'text'\n");
  EXPECT_EQ(std::system(("python3 " + (folder / "check.py") + " " + (folder / "run") + " 2>" +
                         (folder / "log") + " || { cat " + (folder / "log") + "; false; }")
                            .c_str()),
            0);
}

}  // namespace
