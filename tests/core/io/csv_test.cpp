#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/io/csv.h>
#include <gtest/gtest.h>

#include "tests/core/io/hostile_files.h"
#include "tests/scratch_folder.h"

namespace {

using gradus::CsvOptions;
using gradus::CsvTable;
using gradus::CsvType;
using gradus::Error;
using gradus::IndexError;
using gradus::TypeError;
using gradus::ValueError;
using gradus::test::expect_rejected;
using gradus::test::ScratchFolder;
using gradus::test::survive_mutations;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

CsvTable parse(const std::string& text, const CsvOptions& options = {}) {
  ScratchFolder folder;
  write_all(folder / "a.csv", text);
  return gradus::load_csv(folder / "a.csv", options);
}

template <class T>
std::vector<T> values(const gradus::Tensor& x) {
  return {x.data_ptr<T>(), x.data_ptr<T>() + x.numel()};
}

TEST(Csv, TypesAreFoundOut) {
  const CsvTable table = parse("id,weight,name\n1,2.5,ada\n-2,3,\"Smith, \"\"Bob\"\"\"\n+3,1e3,\n");
  EXPECT_EQ(table.rows(), 3u);
  EXPECT_THAT(table.names(), ElementsAre("id", "weight", "name"));
  EXPECT_EQ(table.type(0), CsvType::kInteger);
  EXPECT_EQ(table.type(1), CsvType::kReal);
  EXPECT_EQ(table.type(2), CsvType::kText);
  EXPECT_THAT(values<int64_t>(table.numbers("id")), ElementsAre(1, -2, 3));
  EXPECT_THAT(values<double>(table.numbers("weight")), ElementsAre(2.5, 3, 1000));
  EXPECT_EQ(table.text(2, 0), "ada");
  EXPECT_EQ(table.text(2, 1), "Smith, \"Bob\"");
  EXPECT_EQ(table.text(2, 2), "");
}

TEST(Csv, LineEndsMarksAndQuotes) {
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4",
                           "\xef\xbb\xbf"
                           "a,b\n1,2\n3,4\n",
                           "\n\na,b\n\r\n1,2\n\n3,4\n\n", "\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"",
                           "a,b\n 1 ,\t2\n3,4 \n"}) {
    const CsvTable table = parse(text);
    EXPECT_THAT(table.names(), ElementsAre("a", "b")) << text;
    EXPECT_THAT(values<int64_t>(table.numbers("b")), ElementsAre(2, 4)) << text;
  }
  EXPECT_EQ(parse("a\n\"two\nlines\"\n").text(0, 0), "two\nlines");
  EXPECT_EQ(parse("a,b\n1,\n").columns(), 2u);
}

TEST(Csv, MissingNumbers) {
  const CsvTable table = parse("a,b,c\n1,,NA\n,2.5,nan\n3,NA,\n");
  EXPECT_EQ(table.type(0), CsvType::kReal);
  EXPECT_TRUE(std::isnan(values<double>(table.numbers("a"))[1]));
  EXPECT_TRUE(std::isnan(values<double>(table.numbers("b"))[0]));
  EXPECT_EQ(table.type(2), CsvType::kReal);
  EXPECT_EQ(parse("a\n-\n1\n", CsvOptions().missing({"-"})).type(0), CsvType::kReal);
}

TEST(Csv, NumbersAtTheEdge) {
  const CsvTable table = parse(
      "a,b,c,d\n9223372036854775807,9223372036854775808,1e400,inf\n"
      "-9223372036854775808,1,-1e-400,-inf\n");
  EXPECT_THAT(values<int64_t>(table.numbers("a")), ElementsAre(INT64_MAX, INT64_MIN));
  EXPECT_EQ(table.type(1), CsvType::kReal);
  EXPECT_EQ(values<double>(table.numbers("b"))[0], 9223372036854775808.0);
  EXPECT_EQ(values<double>(table.numbers("c"))[0], INFINITY);
  EXPECT_EQ(values<double>(table.numbers("c"))[1], 0);
  EXPECT_EQ(values<double>(table.numbers("d"))[1], -INFINITY);
  for (const char* text : {"1x", "0x10", "1,5", "--1", "+-1", "1e", ".", "e5", "١"}) {
    EXPECT_EQ(parse(std::string("a\n\"") + text + "\"\n").type(0), CsvType::kText) << text;
  }
}

TEST(Csv, TabsWithoutHeaderAndGivenTypes) {
  const CsvTable table =
      parse("1\t2\n3\t4\n",
            CsvOptions().delimiter('\t').header(false).types({CsvType::kReal, CsvType::kText}));
  EXPECT_THAT(table.names(), ElementsAre("0", "1"));
  EXPECT_THAT(values<double>(table.numbers("0")), ElementsAre(1, 3));
  EXPECT_EQ(table.text(1, 1), "4");
}

TEST(Csv, TensorsAndClasses) {
  const CsvTable table = parse("x,y,species\n1,0.5,cat\n2,1.5,dog\n3,2.5,cat\n");
  const gradus::Tensor x = table.to_tensor({"y", "x"});
  EXPECT_EQ(x.dtype(), gradus::kFloat);
  EXPECT_THAT(values<float>(x), ElementsAre(0.5, 1, 1.5, 2, 2.5, 3));
  const auto [codes, names] = table.classes(table.column("species"));
  EXPECT_THAT(values<int64_t>(codes), ElementsAre(0, 1, 0));
  EXPECT_THAT(names, ElementsAre("cat", "dog"));
  EXPECT_THROW(table.to_tensor(), TypeError);
  EXPECT_THROW(table.to_tensor({"z"}), IndexError);
  EXPECT_THROW(table.numbers(3), IndexError);
  EXPECT_THROW(table.text(0, 0), TypeError);
  EXPECT_THROW(table.text(2, 3), IndexError);
}

TEST(Csv, NothingInIt) {
  EXPECT_EQ(parse("").columns(), 0u);
  EXPECT_EQ(parse("\n\n").rows(), 0u);
  const CsvTable header_only = parse("a,b\n");
  EXPECT_EQ(header_only.columns(), 2u);
  EXPECT_EQ(header_only.rows(), 0u);
  EXPECT_THAT(header_only.to_tensor().sizes().vec(), ElementsAre(0, 2));
}

TEST(Csv, ErrorsNameTheLine) {
  EXPECT_THAT([] { parse("a,b\n1,2\n3\n"); }, ThrowsMessage<ValueError>(HasSubstr("line 3")));
  EXPECT_THAT([] { parse("a,b\n\n\"x\ny\",2\n1,2,3\n"); },
              ThrowsMessage<ValueError>(HasSubstr("line 5")));
  EXPECT_THAT([] { parse("age\n1\nold\n", CsvOptions().types({CsvType::kInteger})); },
              ThrowsMessage<ValueError>(HasSubstr("'old' in column 'age' is not an integer")));
  EXPECT_THROW(parse("a\n1\n", CsvOptions().types({CsvType::kReal, CsvType::kReal})), ValueError);
  EXPECT_THROW(parse("a\n", CsvOptions().delimiter('"')), ValueError);
  EXPECT_THROW(gradus::load_csv("/nonexistent.csv"), Error);
}

// A list of ways to break a row, put in the first, a middle and the last line, with and without
// quotes around it.
TEST(Csv, HostileFiles) {
  std::vector<std::string> files;
  const std::vector<std::string> broken = {"1",
                                           "1,2,3",
                                           "1,2,",
                                           "1,\"2",
                                           "\"1,2",
                                           "\"1\"x,2",
                                           "1,\"2\"x",
                                           "1,\"2\" ",
                                           "1,2\rx",
                                           "1\r,2",
                                           std::string("1,\0", 3),
                                           std::string("\0,1", 3),
                                           "\"\"\",1",
                                           "\"a\"\"b,1",
                                           "1,\"",
                                           "\"",
                                           "\"\"\"\"\"",
                                           std::string(100'000, ','),
                                           "1;2",
                                           std::string(100'000, '"') + "x,1"};
  for (const std::string& row : broken) {
    files.push_back("a,b\n" + row + "\n1,2\n");
    files.push_back("a,b\n1,2\n" + row + "\n3,4\n");
    files.push_back("a,b\n1,2\n" + row);
  }
  files.push_back("a,\"b\n1,2\n");
  files.push_back(std::string("a,\0b\n1,2\n", 9));
  files.push_back("a\rb,c\n1,2\n");
  files.push_back(std::string(2'000'000, ','));  // more columns than allowed
  EXPECT_GE(files.size(), 60u);
  ScratchFolder folder;
  for (const std::string& file : files) {
    write_all(folder / "a.csv", file);
    const gradus::test::AllocationPeak peak;
    EXPECT_THROW(gradus::load_csv(folder / "a.csv"), ValueError) << file.substr(0, 100);
    // Per column of the header 256 bytes.
    const size_t columns = std::min<size_t>(file.find('\n'), file.size());
    EXPECT_LE(peak.bytes(), file.size() + (1 << 20) + 256 * columns);
  }
}

TEST(Csv, MutatedFiles) {
  survive_mutations(
      "id,\"na\"\"me\"\n1,\"x\ny\"\n2.5,\"z,\"\"\"\r\n",
      [](const std::string& path) { gradus::load_csv(path); },
      /*refuses_truncation=*/false);
}

}  // namespace
