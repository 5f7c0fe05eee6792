#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/arg.h"
#include "core/data/datasets.h"
#include "core/export.h"
#include "core/hidden.h"
#include "core/state.h"

namespace gradus::data {

/// Settings of a Tokenizer.
struct TokenizerOptions {
  enum class Level {
    kBytes,       ///< 256 tokens, any text
    kCharacters,  ///< code points of UTF-8
    kWords,       ///< runs of letters and digits; every other visible character by itself
  };
  TokenizerOptions(Level level = Level::kCharacters) : level_(level) {}  // NOLINT: converts

  /// Default: kCharacters.
  GRADUS_ARG(Level, level);
  /// How often a token must occur to be known. Default: 1.
  GRADUS_ARG(int64_t, min_count) = 1;
  /// The most tokens, the unknown one included; the most frequent are kept. Default: no limit.
  GRADUS_ARG(std::optional<int64_t>, max_size);
};

/// Makes text into numbers for language models, and back.
///
///     data::Tokenizer tokenizer(text, data::TokenizerOptions::Level::kCharacters);
///     Tensor tokens = tokenizer.encode(text);
///     std::string same = tokenizer.decode(tokens);
class GRADUS_API Tokenizer : public Stateful {
 public:
  using Level = TokenizerOptions::Level;

  /// Learns the vocabulary of `text`; number 0 is the unknown token, except for bytes. Characters
  /// are numbered by code point, words by how often they occur.
  /// @throws ValueError for characters or words of a text that is not UTF-8
  explicit Tokenizer(std::string_view text, TokenizerOptions options = {});
  /// Bytes, or an empty vocabulary to be loaded.
  explicit Tokenizer(Level level = Level::kBytes);
  ~Tokenizer() override;
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// How many tokens there are.
  size_t size() const;
  /// int64 [number of tokens]. @throws ValueError as the constructor
  Tensor encode(std::string_view text) const;
  /// Words with a space between them. @throws IndexError for a number that is not a token
  std::string decode(const Tensor& tokens) const;
  /// The text of a token; "<unk>" for the unknown one.
  const std::string& token(size_t number) const;

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  struct Vocabulary;
  Hidden<Vocabulary> vocabulary_;
};

/// The content of a file. @throws Error if it cannot be read
GRADUS_API std::string read_text(const std::string& path);

namespace datasets {

/// Windows of a long text for language models: element i has tokens[i * stride, ... + length) as
/// data and the same shifted by one as target, both int64 [length].
class GRADUS_API TextDataset : public Dataset<TextDataset> {
 public:
  /// @param tokens  [N], of any integer dtype; bytes need an eighth of the memory
  /// @param stride  from window to window; by default `length`, windows that do not overlap
  /// @throws ValueError for tokens that are not 1-d, TypeError for other than integers, ValueError
  /// for a length or stride below 1
  TextDataset(Tensor tokens, int64_t length, std::optional<int64_t> stride = std::nullopt);
  ~TextDataset() override;

  /// @throws IndexError
  Example<> get(size_t index) override;
  std::vector<Example<>> get_batch(ArrayRef<size_t> indices) override;
  /// How many whole windows fit.
  std::optional<size_t> size() const override;

  const Tensor& tokens() const { return tokens_; }

 private:
  Tensor tokens_;
  int64_t length_, stride_;
};

}  // namespace datasets
}  // namespace gradus::data
