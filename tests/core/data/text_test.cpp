#include <string>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/data/text.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::IndexError;
using gradus::Tensor;
using gradus::TypeError;
using gradus::ValueError;
using gradus::data::Example;
using gradus::data::Tokenizer;
using gradus::data::TokenizerOptions;
using gradus::data::datasets::TextDataset;
using testing::ElementsAre;
using Level = TokenizerOptions::Level;

std::vector<int64_t> list(const Tensor& x) {
  return {x.data_ptr<int64_t>(), x.data_ptr<int64_t>() + x.numel()};
}

TEST(Tokenizer, Bytes) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.size(), 256u);
  const std::string text = std::string("a\0\xff\n", 4);
  EXPECT_THAT(list(tokenizer.encode(text)), ElementsAre(97, 0, 255, 10));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  EXPECT_EQ(tokenizer.encode("").numel(), 0);
}

TEST(Tokenizer, CharactersAreCodePoints) {
  const std::string text =
      "b\xc3\xa4"
      "a\xe2\x82\xac b\xf0\x9f\x98\x80\n";
  const Tokenizer tokenizer(text);
  EXPECT_EQ(tokenizer.size(), 8u);  // <unk>, \n, space, a, b, ae, euro, smile
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  EXPECT_THAT(list(tokenizer.encode("ab?")), ElementsAre(3, 4, 0));
  EXPECT_EQ(tokenizer.token(0), "<unk>");
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
                          "\xe2\x82", "\xe0\x80\x80", "\xf0\x80\x80\x80"}) {
    EXPECT_THROW(tokenizer.encode(bad), ValueError);
    EXPECT_THROW(Tokenizer(bad, Level::kWords), ValueError);
  }
}

TEST(Tokenizer, WordsByFrequency) {
  const std::string text = "the cat, the dog; the cat isn't here.";
  const Tokenizer tokenizer(text, Level::kWords);
  EXPECT_EQ(tokenizer.token(1), "the");
  EXPECT_EQ(tokenizer.token(2), "cat");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), "the cat , the dog ; the cat isn't here .");
  const Tokenizer frequent(text, TokenizerOptions(Level::kWords).min_count(2));
  EXPECT_EQ(frequent.size(), 3u);
  const Tokenizer few(text, TokenizerOptions(Level::kWords).max_size(2));
  EXPECT_EQ(few.decode(few.encode("the cat")), "the <unk>");
  EXPECT_THROW(Tokenizer(text, TokenizerOptions(Level::kWords).min_count(0)), ValueError);
}

TEST(Tokenizer, StateAndErrors) {
  const Tokenizer words("to be or not to be", Level::kWords);
  Tokenizer other(Level::kCharacters);
  other.load_state_dict(words.state_dict());
  EXPECT_EQ(other.decode(words.encode("be not")), "be not");
  EXPECT_THROW(words.decode(gradus::full({1}, 100, gradus::kLong)), IndexError);
  EXPECT_THROW(words.decode(gradus::full({1}, -1, gradus::kLong)), IndexError);
  EXPECT_THROW(words.decode(gradus::zeros({1})), TypeError);
  gradus::StateDict damaged = words.state_dict();
  damaged["sizes"].data_ptr<int64_t>()[1] = 1000;
  EXPECT_THROW(other.load_state_dict(damaged), ValueError);
  EXPECT_THROW(other.load_state_dict({}), ValueError);
  EXPECT_EQ(other.decode(words.encode("be not")), "be not");
}

TEST(TextDataset, Windows) {
  TextDataset dataset(gradus::arange(10), 3);
  EXPECT_EQ(dataset.size(), 3u);  // 0..3, 3..6, 6..9
  const Example<> last = dataset.get(2);
  EXPECT_THAT(list(last.data), ElementsAre(6, 7, 8));
  EXPECT_THAT(list(last.target), ElementsAre(7, 8, 9));
  EXPECT_THROW(dataset.get(3), IndexError);
  EXPECT_EQ(TextDataset(gradus::arange(10), 3, 1).size(), 7u);
  EXPECT_EQ(TextDataset(gradus::arange(4), 3).size(), 1u);
  EXPECT_EQ(TextDataset(gradus::arange(3), 3).size(), 0u);
  EXPECT_EQ(TextDataset(gradus::arange(0), 3).size(), 0u);
  EXPECT_THAT(list(TextDataset(gradus::arange(9).to(gradus::kByte), 2, 4).get(1).data),
              ElementsAre(4, 5));
  EXPECT_THROW(TextDataset(gradus::zeros({5}), 3), TypeError);
  EXPECT_THROW(TextDataset(gradus::arange(6).view({2, 3}), 3), ValueError);
  EXPECT_THROW(TextDataset(gradus::arange(6), 0), ValueError);
  EXPECT_THROW(TextDataset(gradus::arange(6), 3, 0), ValueError);
}

TEST(TextDataset, BatchesFromAFile) {
  gradus::test::ScratchFolder folder;
  gradus::test::write_all(folder / "a.txt", "hello world");
  const std::string text = gradus::data::read_text(folder / "a.txt");
  const Tokenizer tokenizer;
  auto loader = gradus::data::make_data_loader<gradus::data::samplers::SequentialSampler>(
      TextDataset(tokenizer.encode(text), 5).map(gradus::data::transforms::Stack<>()), 2);
  const Example<> batch = *loader->begin();
  EXPECT_THAT(batch.data.sizes().vec(), ElementsAre(2, 5));
  EXPECT_EQ(tokenizer.decode(batch.target[1]), "world");
  EXPECT_THROW(gradus::data::read_text("/nonexistent"), gradus::Error);
}

}  // namespace
