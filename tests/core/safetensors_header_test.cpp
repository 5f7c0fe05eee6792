#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/io/safetensors_header.h>
#include <gtest/gtest.h>

#include "tests/allocation_peak.h"

namespace {

using gradus::Error;
using gradus::NotImplementedError;
using gradus::ValueError;
using gradus::io::layout_safetensors;
using gradus::io::SafetensorsEntry;
using gradus::io::SafetensorsHeader;
using gradus::io::SafetensorsLayout;
using gradus::test::AllocationPeak;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string file_of(const std::string& json, size_t data_size) {
  std::string file(8, '\0');
  for (size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(json.size() >> (8 * i));
  return file + json + std::string(data_size, 'd');
}

SafetensorsHeader parse(const std::string& file) {
  return SafetensorsHeader(reinterpret_cast<const uint8_t*>(file.data()), file.size(), "model.st");
}

std::string message_of(const std::string& file) {
  try {
    parse(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<int64_t> shape_of(const SafetensorsHeader& header, size_t i) {
  return {header.shape(i).begin(), header.shape(i).end()};
}

TEST(SafetensorsHeader, ReadsTensorsAndMetadata) {
  const std::string json =
      R"({"__metadata__":{"format":"pt","é":"\u00e9\n"},)"
      R"("b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"( "a\"\u0061" : {"data_offsets":[24,28],"shape":[2],"dtype":"BF16"}}   )";
  const SafetensorsHeader header = parse(file_of(json, 28));
  ASSERT_EQ(header.size(), 2u);
  EXPECT_EQ(header.name(0), "b");
  EXPECT_EQ(header.dtype(0), gradus::kFloat);
  EXPECT_THAT(shape_of(header, 0), ElementsAre(2, 3));
  EXPECT_EQ(header.offset(0), 8 + json.size());
  EXPECT_EQ(header.nbytes(0), 24u);
  EXPECT_EQ(header.name(1), "a\"a");
  EXPECT_EQ(header.dtype(1), gradus::kBFloat16);
  EXPECT_EQ(header.offset(1), 8 + json.size() + 24);
  EXPECT_THAT(header.metadata(),
              ElementsAre(testing::Pair("format", "pt"), testing::Pair("é", "é\n")));
}

TEST(SafetensorsHeader, NoTensors) {
  EXPECT_EQ(parse(file_of("{}", 0)).size(), 0u);
  EXPECT_EQ(parse(file_of(R"({"__metadata__":{}})", 0)).size(), 0u);
}

TEST(SafetensorsHeader, TensorsInTheOrderOfTheirBytes) {
  const SafetensorsHeader header = parse(file_of(
      R"({"z":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"e":{"dtype":"U8","shape":[0],"data_offsets":[3,3]},)"
      R"("a":{"dtype":"I8","shape":[],"data_offsets":[2,3]},"d":{"dtype":"F64","shape":[5,0],"data_offsets":[3,3]}})",
      3));
  ASSERT_EQ(header.size(), 4u);
  EXPECT_EQ(header.name(0), "z");
  EXPECT_EQ(header.name(1), "a");
  EXPECT_EQ(header.name(2), "d");
  EXPECT_EQ(header.name(3), "e");
}

TEST(SafetensorsHeader, EveryDtype) {
  const std::pair<const char*, gradus::ScalarType> types[] = {
      {"F32", gradus::kFloat}, {"F64", gradus::kDouble}, {"BF16", gradus::kBFloat16},
      {"F16", gradus::kHalf},  {"I64", gradus::kLong},   {"I32", gradus::kInt},
      {"I16", gradus::kShort}, {"I8", gradus::kChar},    {"U8", gradus::kByte},
      {"BOOL", gradus::kBool}};
  for (const auto& [name, dtype] : types) {
    const size_t size = 3 * gradus::element_size(dtype);
    const std::string file = file_of(
        fmt::format(R"({{"a":{{"dtype":"{}","shape":[3],"data_offsets":[0,{}]}}}})", name, size),
        size);
    EXPECT_EQ(parse(file).dtype(0), dtype);
  }
  for (const char* name : {"U16", "U32", "U64", "F8_E4M3", "C64"}) {
    const std::string file = file_of(
        fmt::format(R"({{"a":{{"dtype":"{}","shape":[0],"data_offsets":[0,0]}}}})", name), 0);
    EXPECT_THAT([&] { parse(file); }, ThrowsMessage<NotImplementedError>(HasSubstr(name)));
  }
}

TEST(SafetensorsHeader, HostileFiles) {
  const auto tensor = [](const std::string& text) { return "{\"a\":" + text + "}"; };
  const auto with_shape = [&](const std::string& dtype, const std::string& shape,
                              const std::string& offsets) {
    return tensor("{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
                  "}");
  };
  const auto u8 = [&](const std::string& shape, const std::string& offsets) {
    return with_shape("\"U8\"", shape, offsets);
  };
  const std::string good = u8("[4]", "[0,4]");
  const auto two = [](const std::string& a, const std::string& b, const std::string& name = "b") {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a + R"(},")" + name +
           R"(":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  std::string huge_claim = file_of(good, 4), claim_beyond = huge_claim, negative_claim = huge_claim;
  huge_claim[4] = 1;       // a header of 4 GiB
  claim_beyond[1] = 1;     // 256 bytes more than there are
  negative_claim[7] = -1;  // 2^64 - ...

  const std::vector<std::string> files = {
      // the container
      "",
      std::string(7, '\0'),
      std::string(8, '\0'),
      huge_claim,
      claim_beyond,
      negative_claim,
      file_of(good, 4).substr(0, 20),
      std::string("PK\3\4 a zip archive of PyTorch"),
      // the JSON
      file_of("", 0),
      file_of(" ", 0),
      file_of("[]", 0),
      file_of("null", 0),
      file_of("0", 0),
      file_of("\"a\"", 0),
      file_of("{", 0),
      file_of("}", 0),
      file_of("{}}", 0),
      file_of("{}{}", 0),
      file_of("{} x", 0),
      file_of(" {}", 0),
      file_of("\xef\xbb\xbf{}", 0),
      file_of(std::string("{}\0", 3), 0),
      file_of(std::string("{}\0garbage", 10), 0),
      file_of(std::string("{\"a\0\":1}", 8), 0),
      file_of("{/*comment*/}", 0),
      file_of("{'a':1}", 0),
      file_of(good.substr(0, good.size() - 1), 4),
      file_of(good.substr(0, good.size() - 1) + ",}", 4),
      file_of("{\"\xff\":{}}", 0),
      file_of("{\"\\ud800\":{}}", 0),
      file_of("{\"\\x\":{}}", 0),
      file_of("{\"a\nb\":{}}", 0),
      file_of(std::string(100'000, '['), 0),
      file_of("{\"a\":" + std::string(100'000, '['), 0),
      file_of(std::string(50'000, '{'), 0),
      // what a tensor is
      file_of(tensor("null"), 0),
      file_of(tensor("1"), 0),
      file_of(tensor("\"x\""), 0),
      file_of(tensor("[]"), 0),
      file_of(tensor("{}"), 0),
      file_of(tensor(R"({"dtype":"U8","shape":[4]})"), 4),
      file_of(tensor(R"({"dtype":"U8","data_offsets":[0,4]})"), 4),
      file_of(tensor(R"({"shape":[4],"data_offsets":[0,4]})"), 4),
      file_of(tensor(R"({"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]})"), 4),
      file_of(tensor(R"({"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]})"), 4),
      file_of(tensor(R"({"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]})"), 4),
      file_of(tensor(R"({"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1})"), 4),
      file_of(tensor(R"({"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":{"deep":[]}})"), 4),
      // dtypes
      file_of(with_shape("\"u8\"", "[4]", "[0,4]"), 4),
      file_of(with_shape("\"FLOAT\"", "[4]", "[0,4]"), 4),
      file_of(with_shape("\"\"", "[4]", "[0,4]"), 4),
      file_of(with_shape("8", "[4]", "[0,4]"), 4),
      file_of(with_shape("null", "[4]", "[0,4]"), 4),
      file_of(with_shape("[\"U8\"]", "[4]", "[0,4]"), 4),
      // shapes
      file_of(u8("4", "[0,4]"), 4),
      file_of(u8("[-4]", "[0,4]"), 4),
      file_of(u8("[4.0]", "[0,4]"), 4),
      file_of(u8("[4e0]", "[0,4]"), 4),
      file_of(u8("[\"4\"]", "[0,4]"), 4),
      file_of(u8("[[4]]", "[0,4]"), 4),
      file_of(u8("[true]", "[0,4]"), 4),
      file_of(u8("[null]", "[0,4]"), 4),
      file_of(u8("{}", "[0,4]"), 4),
      file_of(u8("[5]", "[0,4]"), 4),
      file_of(u8("[3]", "[0,4]"), 4),
      file_of(u8("[]", "[0,4]"), 4),
      file_of(u8("[0]", "[0,4]"), 4),
      file_of(u8("[4294967296,4294967296]", "[0,0]"), 0),  // 2^64 wraps to 0
      file_of(u8("[4294967297,4294967297]", "[0,8589934593]"), 4),
      file_of(u8("[9223372036854775808]", "[0,0]"), 0),
      file_of(u8("[18446744073709551615]", "[0,0]"), 0),
      file_of(u8("[18446744073709551616]", "[0,0]"), 0),
      file_of(u8("[1e400]", "[0,0]"), 0),
      file_of(u8("[0,9223372036854775807,9223372036854775807]", "[0,0]"), 0),
      file_of(with_shape("\"F64\"", "[2305843009213693952]", "[0,0]"), 0),  // 2^61 * 8
      file_of(u8("[1" + std::string(200, ',') + "1]", "[0,1]"), 1),
      file_of(u8("[" + std::string(2000, ' ') +
                     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
                 "[0,1]"),
              1),
      // offsets
      file_of(u8("[4]", "[]"), 4),
      file_of(u8("[4]", "[0]"), 4),
      file_of(u8("[4]", "[0,4,4]"), 4),
      file_of(u8("[4]", "4"), 4),
      file_of(u8("[4]", "[-1,3]"), 4),
      file_of(u8("[4]", "[0,4.0]"), 4),
      file_of(u8("[4]", "[4,0]"), 4),
      file_of(u8("[4]", "[4,8]"), 4),
      file_of(u8("[4]", "[4,8]"), 8),
      file_of(u8("[4]", "[0,4]"), 3),
      file_of(u8("[4]", "[0,4]"), 5),
      file_of(u8("[4]", "[1,5]"), 5),
      file_of(u8("[0]", "[18446744073709551615,18446744073709551615]"), 0),
      file_of(u8("[4]", "[18446744073709551612,0]"), 4),
      file_of(u8("[4]", "[{},4]"), 4),
      // several tensors
      file_of(two("[0,4]", "[0,4]"), 4),
      file_of(two("[0,4]", "[3,7]"), 7),
      file_of(two("[0,4]", "[5,9]"), 9),
      file_of(two("[0,4]", "[4,8]"), 9),
      file_of(two("[4,8]", "[5,9]"), 9),
      file_of(two("[0,4]", "[4,8]", "a"), 8),
      file_of(two("[0,4]", "[4,8]", "\\u0061"), 8),
      // metadata
      file_of(R"({"__metadata__":null})", 0),
      file_of(R"({"__metadata__":"x"})", 0),
      file_of(R"({"__metadata__":[]})", 0),
      file_of(R"({"__metadata__":{"a":1}})", 0),
      file_of(R"({"__metadata__":{"a":null}})", 0),
      file_of(R"({"__metadata__":{"a":{}}})", 0),
      file_of(R"({"__metadata__":{"a":["x"]}})", 0),
      file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0),
      file_of(R"({"__metadata__":{},"__metadata__":{}})", 0),
      file_of(R"({"__metadata__":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4),
  };
  EXPECT_GE(files.size(), 100u);
  for (size_t i = 0; i < files.size(); ++i) {
    AllocationPeak peak;
    EXPECT_THAT([&] { parse(files[i]); }, ThrowsMessage<ValueError>(HasSubstr("model.st")))
        << i << ": " << files[i].substr(0, 300);
    EXPECT_LE(peak.bytes(), files[i].size() + (size_t{1} << 20)) << i;
  }
}

TEST(SafetensorsHeader, MessagesNameTheTensorAndTheRule) {
  EXPECT_EQ(message_of(file_of(R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}})", 20)),
            "safetensors: tensor 'w' in 'model.st' has 20 bytes, but shape [2, 3] of F32 takes 24");
  EXPECT_EQ(
      message_of(file_of(R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3)),
      "safetensors: tensor 'w' in 'model.st' begins at offset 1, but the one before it ends at 0");
  EXPECT_EQ(message_of(file_of(R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 9)),
            "safetensors: the tensors of 'model.st' take 2 bytes, but 9 follow its header");
  EXPECT_EQ(message_of(file_of(R"({"w":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})", 2)),
            "safetensors: tensor 'w' in 'model.st' has a shape that is not a list of sizes");
}

// Headers that are almost all bookkeeping: the parser may not need more memory than the file and 1
// MiB.
TEST(SafetensorsHeader, MemoryIsBounded) {
  constexpr size_t kSlack = size_t{1} << 20;
  std::string many = "{", deep = "{", pairs = "{\"__metadata__\":{";
  for (int i = 0; i < 30'000; ++i) {
    many += fmt::format(R"("{:x}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},)", i);
    deep += fmt::format(R"("{:x}":{{"dtype":"U8","shape":[0)", i);
    for (int dim = 1; dim < 64; ++dim) deep += ",1";
    deep += R"(],"data_offsets":[0,0]},)";
    pairs += fmt::format(R"("{:x}":"",)", i);
  }
  many.back() = deep.back() = pairs.back() = '}';
  pairs += '}';
  const auto with_name = [](size_t size) {
    return "{\"" + std::string(size, 'n') + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  };
  const std::string headers[] = {many,
                                 deep,
                                 pairs,
                                 with_name(100'000),
                                 with_name(2'000'000),
                                 "{\"" + std::string(2'000'000, 'n'),
                                 "{\"a\":" + std::string(2'000'000, '1'),
                                 "{\"a\":" + std::string(150'000, 't')};
  for (const std::string& header : headers) {
    const std::string file = file_of(header, 0);
    AllocationPeak peak;
    try {
      parse(file);
    } catch (const ValueError&) {
    }
    EXPECT_LE(peak.bytes(), file.size() + kSlack) << header.substr(0, 80);
  }
  EXPECT_EQ(parse(file_of(many, 0)).size(), 30'000u);
}

TEST(SafetensorsHeader, EveryTruncationAndEveryByteChanged) {
  const std::string good =
      file_of(R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
              R"("b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})",
              16);
  ASSERT_EQ(parse(good).size(), 2u);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_THROW(parse(good.substr(0, size)), ValueError) << size;
  for (size_t i = 0; i < good.size() - 16; ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = good;
      changed[i] = static_cast<char>(value);
      try {
        const SafetensorsHeader header = parse(changed);
        for (size_t k = 0; k < header.size(); ++k)
          EXPECT_LE(header.offset(k) + header.nbytes(k), good.size());
      } catch (const Error&) {
      }
    }
  }
}

TEST(SafetensorsLayout, RoundTrip) {
  const std::vector<SafetensorsEntry> tensors = {{"conv.weight", gradus::kFloat, {2, 3}},
                                                 {"step", gradus::kLong, {}},
                                                 {"mask \"\\\n é", gradus::kBool, {5}},
                                                 {"", gradus::kBFloat16, {0, 7}},
                                                 {"conv.bias", gradus::kFloat, {2}}};
  const std::map<std::string, std::string> metadata = {{"format", "pt"}, {"note", "\"quoted\"\n"}};
  const SafetensorsLayout layout = layout_safetensors(tensors, metadata);
  EXPECT_EQ(layout.header.size() % 8, 0u);
  // Eight bytes, then four by name, then two, then one.
  EXPECT_THAT(layout.order, ElementsAre(1, 4, 0, 3, 2));
  const SafetensorsHeader header = parse(layout.header + std::string(8 + 24 + 8 + 5, 'd'));
  EXPECT_EQ(header.metadata(), metadata);
  ASSERT_EQ(header.size(), tensors.size());
  for (size_t i = 0; i < header.size(); ++i) {
    const SafetensorsEntry& tensor = tensors[layout.order[i]];
    EXPECT_EQ(header.name(i), tensor.name);
    EXPECT_EQ(header.dtype(i), tensor.dtype);
    EXPECT_EQ(shape_of(header, i), tensor.shape);
    EXPECT_EQ(header.offset(i) % std::max<size_t>(gradus::element_size(tensor.dtype), 1), 0u);
  }
}

TEST(SafetensorsLayout, NothingIsAFile) {
  EXPECT_EQ(parse(layout_safetensors({}, {}).header).size(), 0u);
}

TEST(SafetensorsLayout, RefusesWhatCannotBeRead) {
  const SafetensorsEntry good = {"a", gradus::kFloat, {2}};
  EXPECT_THROW(layout_safetensors({good, good}, {}), ValueError);
  EXPECT_THROW(layout_safetensors({{"__metadata__", gradus::kFloat, {2}}}, {}), ValueError);
  EXPECT_THROW(layout_safetensors({{"\xff", gradus::kFloat, {2}}}, {}), ValueError);
  EXPECT_THROW(layout_safetensors({good}, {{"k", "\xc3"}}), ValueError);
  EXPECT_THROW(layout_safetensors({{"a", gradus::ScalarType::Undefined, {2}}}, {}), ValueError);
  EXPECT_THROW(layout_safetensors({{"a", gradus::kFloat, {-1}}}, {}), ValueError);
  EXPECT_THROW(layout_safetensors({{"a", gradus::kDouble, {INT64_MAX}}}, {}), ValueError);
  EXPECT_THROW(layout_safetensors({good}, {{"k", std::string(100'000'000, 'x')}}), ValueError);
}

}  // namespace
