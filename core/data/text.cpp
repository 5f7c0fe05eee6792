#include "core/data/text.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/data/rows.h"
#include "core/error.h"
#include "core/factory.h"
#include "core/io/input_file.h"
#include "core/state_number.h"

namespace gradus::data {
namespace {

using Level = TokenizerOptions::Level;

constexpr const char* kUnknown = "<unk>";

// The bytes of the UTF-8 character that the text begins with; 0 where it is none.
size_t character_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Forms that are longer than need be, surrogates, and what lies beyond Unicode.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return size;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word(char c) {
  return static_cast<uint8_t>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '_' || c == '\'';
}

// Calls f(token) for each token of the text.
template <class F>
void for_each_token(Level level, std::string_view text, F&& f) {
  size_t i = 0;
  while (i < text.size()) {
    size_t size = 1;
    if (level != Level::kBytes) {
      size = character_size(text.substr(i));
      GRADUS_CHECK_VALUE(size > 0, "Tokenizer: byte {} of the text is not UTF-8", i);
    }
    if (level == Level::kWords) {
      if (is_space(text[i])) {
        ++i;
        continue;
      }
      const size_t begin = i;
      while (i < text.size() && is_word(text[i])) {
        const size_t next = character_size(text.substr(i));
        GRADUS_CHECK_VALUE(next > 0, "Tokenizer: byte {} of the text is not UTF-8", i);
        i += next;
      }
      if (i == begin) ++i;
      f(text.substr(begin, i - begin));
      continue;
    }
    f(text.substr(i, size));
    i += size;
  }
}

}  // namespace

struct Tokenizer::Vocabulary {
  void add(std::string token) {
    numbers.emplace(token, static_cast<int64_t>(tokens.size()));
    tokens.push_back(std::move(token));
  }

  Level level = Level::kBytes;
  std::vector<std::string> tokens;
  std::unordered_map<std::string, int64_t> numbers;
};

Tokenizer::Tokenizer(Level level) : vocabulary_(std::make_unique<Vocabulary>()) {
  vocabulary_->level = level;
  if (level == Level::kBytes) {
    for (int byte = 0; byte < 256; ++byte)
      vocabulary_->add(std::string(1, static_cast<char>(byte)));
  } else {
    vocabulary_->add(kUnknown);
  }
}

Tokenizer::Tokenizer(std::string_view text, TokenizerOptions options) : Tokenizer(options.level()) {
  const int64_t max_size = options.max_size().value_or(INT64_MAX);
  GRADUS_CHECK_VALUE(options.min_count() >= 1 && max_size >= 1,
                     "Tokenizer: min_count and max_size must be at least 1, got {} and {}",
                     options.min_count(), max_size);
  if (options.level() == Level::kBytes) return;
  std::map<std::string, int64_t, std::less<>> counts;
  for_each_token(options.level(), text, [&](std::string_view token) {
    const auto found = counts.find(token);
    if (found == counts.end()) {
      counts.emplace(token, 1);
    } else {
      ++found->second;
    }
  });
  std::vector<std::pair<std::string, int64_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  while (!ranked.empty() && ranked.back().second < options.min_count()) ranked.pop_back();
  if (static_cast<int64_t>(ranked.size()) > max_size - 1) {
    ranked.resize(static_cast<size_t>(max_size - 1));
  }
  // UTF-8 sorts as its code points do.
  if (options.level() == Level::kCharacters) std::sort(ranked.begin(), ranked.end());
  for (auto& [token, count] : ranked) vocabulary_->add(token);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

size_t Tokenizer::size() const {
  return vocabulary_->tokens.size();
}

Tensor Tokenizer::encode(std::string_view text) const {
  size_t count = 0;
  for_each_token(vocabulary_->level, text, [&](std::string_view) { ++count; });
  Tensor tokens = empty({static_cast<int64_t>(count)}, kLong);
  int64_t* number = tokens.data_ptr<int64_t>();
  for_each_token(vocabulary_->level, text, [&](std::string_view token) {
    const auto found = vocabulary_->numbers.find(std::string(token));
    *number++ = found == vocabulary_->numbers.end() ? 0 : found->second;
  });
  return tokens;
}

std::string Tokenizer::decode(const Tensor& tokens) const {
  GRADUS_CHECK_TYPE(is_integral(tokens.dtype(), /*include_bool=*/false),
                    "Tokenizer: expected integer tokens, got {}", tokens.dtype());
  const Tensor plain = tokens.to(kLong).contiguous();
  std::string text;
  for (int64_t i = 0; i < plain.numel(); ++i) {
    const int64_t number = plain.data_ptr<int64_t>()[i];
    if (vocabulary_->level == Level::kWords && i > 0) text += ' ';
    text += token(number < 0 ? SIZE_MAX : static_cast<size_t>(number));
  }
  return text;
}

const std::string& Tokenizer::token(size_t number) const {
  GRADUS_CHECK_INDEX(number < size(), "Tokenizer: there is no token {}, only {}",
                     static_cast<int64_t>(number), size());
  return vocabulary_->tokens[number];
}

StateDict Tokenizer::state_dict() const {
  std::vector<int64_t> sizes;
  std::vector<uint8_t> bytes;
  for (const std::string& token : vocabulary_->tokens) {
    sizes.push_back(static_cast<int64_t>(token.size()));
    bytes.insert(bytes.end(), token.begin(), token.end());
  }
  return {{"level", state_number(static_cast<int64_t>(vocabulary_->level))},
          {"sizes", tensor(sizes)},
          {"bytes", tensor(bytes, kByte)}};
}

void Tokenizer::load_state_dict(const StateDict& state) {
  check_state_keys("Tokenizer", state, {"level", "sizes", "bytes"});
  const int64_t level = read_state_number("Tokenizer", state, "level");
  GRADUS_CHECK_VALUE(level >= 0 && level <= static_cast<int64_t>(Level::kWords),
                     "Tokenizer: the state has the unknown level {}", level);
  const Tensor sizes = state["sizes"].contiguous(), bytes = state["bytes"].contiguous();
  GRADUS_CHECK_VALUE(sizes.dtype() == kLong && bytes.dtype() == kByte,
                     "Tokenizer: the state has sizes of {} and bytes of {}", sizes.dtype(),
                     bytes.dtype());
  auto vocabulary = std::make_unique<Vocabulary>();
  vocabulary->level = static_cast<Level>(level);
  const char* at = reinterpret_cast<const char*>(bytes.data_ptr<uint8_t>());
  int64_t left = bytes.numel();
  for (int64_t i = 0; i < sizes.numel(); ++i) {
    const int64_t size = sizes.data_ptr<int64_t>()[i];
    GRADUS_CHECK_VALUE(size >= 0 && size <= left, "Tokenizer: the state is damaged");
    vocabulary->add(std::string(at, static_cast<size_t>(size)));
    at += size;
    left -= size;
  }
  GRADUS_CHECK_VALUE(
      left == 0 && vocabulary->numbers.size() == vocabulary->tokens.size() &&
          vocabulary->tokens.size() >= (vocabulary->level == Level::kBytes ? 256u : 1u),
      "Tokenizer: the state is damaged");
  vocabulary_ = std::move(vocabulary);
}

std::string read_text(const std::string& path) {
  io::InputFile file(path);
  std::string text(static_cast<size_t>(file.size()), '\0');
  text.resize(file.read(text.data(), text.size()));
  return text;
}

namespace datasets {
namespace {

template <class T>
void widen(const T* src, int64_t count, int64_t* dst) {
  for (int64_t i = 0; i < count; ++i) dst[i] = static_cast<int64_t>(src[i]);
}

void copy_tokens(const Tensor& tokens, int64_t begin, int64_t count, int64_t* dst) {
  switch (tokens.dtype()) {
    case kByte:
      return widen(tokens.data_ptr<uint8_t>() + begin, count, dst);
    case kChar:
      return widen(tokens.data_ptr<int8_t>() + begin, count, dst);
    case kShort:
      return widen(tokens.data_ptr<int16_t>() + begin, count, dst);
    case kInt:
      return widen(tokens.data_ptr<int32_t>() + begin, count, dst);
    default:
      return widen(tokens.data_ptr<int64_t>() + begin, count, dst);
  }
}

}  // namespace

TextDataset::TextDataset(Tensor tokens, int64_t length, std::optional<int64_t> stride)
    : tokens_(tokens.contiguous()), length_(length), stride_(stride.value_or(length)) {
  GRADUS_CHECK_TYPE(is_integral(tokens_.dtype(), /*include_bool=*/false),
                    "TextDataset: expected integer tokens, got {}", tokens_.dtype());
  GRADUS_CHECK_VALUE(tokens_.dim() == 1, "TextDataset: expected tokens [N], got {}",
                     tokens_.sizes());
  GRADUS_CHECK_VALUE(length_ >= 1 && stride_ >= 1,
                     "TextDataset: length and stride must be at least 1, got {} and {}", length_,
                     stride_);
}

TextDataset::~TextDataset() = default;

std::optional<size_t> TextDataset::size() const {
  const int64_t last = tokens_.numel() - 1 - length_;  // the begin of the last possible window
  return last < 0 ? 0 : static_cast<size_t>(last / stride_ + 1);
}

Example<> TextDataset::get(size_t index) {
  return std::move(get_batch(index).front());
}

std::vector<Example<>> TextDataset::get_batch(ArrayRef<size_t> indices) {
  data::detail::check_indices("TextDataset", indices, *size());
  Tensor data = data::detail::empty_rows(indices.size(), {length_}, kLong);
  Tensor target = data::detail::empty_rows(indices.size(), {length_}, kLong);
  for (size_t i = 0; i < indices.size(); ++i) {
    const int64_t begin = static_cast<int64_t>(indices[i]) * stride_;
    const int64_t row = static_cast<int64_t>(i) * length_;
    copy_tokens(tokens_, begin, length_, data.data_ptr<int64_t>() + row);
    copy_tokens(tokens_, begin + 1, length_, target.data_ptr<int64_t>() + row);
  }
  std::vector<Tensor> inputs = data::detail::split_rows(std::move(data));
  std::vector<Tensor> targets = data::detail::split_rows(std::move(target));
  std::vector<Example<>> batch;
  batch.reserve(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    batch.emplace_back(std::move(inputs[i]), std::move(targets[i]));
  }
  return batch;
}

}  // namespace datasets
}  // namespace gradus::data
