#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <variant>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/any_module.h"
#include "nn/enums.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of Embedding.
struct GRADUS_API EmbeddingOptions {
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  /// Rows of the table.
  GRADUS_ARG(int64_t, num_embeddings);
  /// Length of a row.
  GRADUS_ARG(int64_t, embedding_dim);
  /// A row that starts at zero and gets no gradient; counts from the end where negative.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
  /// Rows that are looked up and longer than this are scaled to this length. Default: none
  GRADUS_ARG(std::optional<double>, max_norm) = std::nullopt;
  /// Order of that norm. Default: 2.0
  GRADUS_ARG(double, norm_type) = 2.;
  /// Whether the gradient of a row is divided by how often it is looked up. Default: false
  GRADUS_ARG(bool, scale_grad_by_freq) = false;
  /// Whether the table's gradient is row-sparse; for SGD, Adagrad and SparseAdam. Default: false
  GRADUS_ARG(bool, sparse) = false;
  /// The table to start from, [num_embeddings, embedding_dim]; undefined: standard normal.
  GRADUS_ARG(Tensor, _weight) = Tensor();
};

/// Settings of Embedding::from_pretrained.
struct GRADUS_API EmbeddingFromPretrainedOptions {
  /// Whether the table stays as it is. Default: true
  GRADUS_ARG(bool, freeze) = true;
  /// A row that gets no gradient; counts from the end where negative.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
  /// Rows that are looked up and longer than this are scaled to this length. Default: none
  GRADUS_ARG(std::optional<double>, max_norm) = std::nullopt;
  /// Order of that norm. Default: 2.0
  GRADUS_ARG(double, norm_type) = 2.;
  /// Whether the gradient of a row is divided by how often it is looked up. Default: false
  GRADUS_ARG(bool, scale_grad_by_freq) = false;
  /// Whether the table's gradient is row-sparse; for SGD, Adagrad and SparseAdam. Default: false
  GRADUS_ARG(bool, sparse) = false;
};

/// Rows of a table: indices [...] become [..., embedding_dim].
class GRADUS_API EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim);
  /// @throws ValueError for negative sizes or a padding_idx out of range
  explicit EmbeddingImpl(EmbeddingOptions options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// @throws IndexError for an index outside [0, num_embeddings)
  Tensor forward(const Tensor& indices);

  EmbeddingOptions options;
  Tensor weight;
};

/// Holds an EmbeddingImpl.
class Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  using ImplType = EmbeddingImpl;
  /// An embedding over a table that is there, [num_embeddings, embedding_dim], and shares it.
  GRADUS_API static Embedding from_pretrained(const Tensor& embeddings,
                                              const EmbeddingFromPretrainedOptions& options = {});
};

/// How EmbeddingBag makes one row of those of a bag.
using EmbeddingBagMode = std::variant<enumtype::kSum, enumtype::kMean, enumtype::kMax>;

/// Settings of EmbeddingBag.
struct GRADUS_API EmbeddingBagOptions {
  EmbeddingBagOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  /// Rows of the table.
  GRADUS_ARG(int64_t, num_embeddings);
  /// Length of a row.
  GRADUS_ARG(int64_t, embedding_dim);
  /// Rows that are looked up and longer than this are scaled to this length. Default: none
  GRADUS_ARG(std::optional<double>, max_norm) = std::nullopt;
  /// Order of that norm. Default: 2.0
  GRADUS_ARG(double, norm_type) = 2.;
  /// Whether the gradient of a row is divided by how often it is looked up. Default: false
  GRADUS_ARG(bool, scale_grad_by_freq) = false;
  /// Whether the table's gradient is row-sparse; for SGD, Adagrad and SparseAdam. Default: false
  GRADUS_ARG(bool, sparse) = false;
  /// kSum, kMean or kMax. Default: kMean
  GRADUS_ARG(EmbeddingBagMode, mode) = kMean;
  /// The table to start from, [num_embeddings, embedding_dim]; undefined: standard normal.
  GRADUS_ARG(Tensor, _weight) = Tensor();
  /// Whether offsets ends with the end of the last bag. Default: false
  GRADUS_ARG(bool, include_last_offset) = false;
  /// An index that counts nothing; from the end where negative.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
};

/// Settings of EmbeddingBag::from_pretrained.
struct GRADUS_API EmbeddingBagFromPretrainedOptions {
  /// Whether the table stays as it is. Default: true
  GRADUS_ARG(bool, freeze) = true;
  /// Rows that are looked up and longer than this are scaled to this length. Default: none
  GRADUS_ARG(std::optional<double>, max_norm) = std::nullopt;
  /// Order of that norm. Default: 2.0
  GRADUS_ARG(double, norm_type) = 2.;
  /// Whether the gradient of a row is divided by how often it is looked up. Default: false
  GRADUS_ARG(bool, scale_grad_by_freq) = false;
  /// Whether the table's gradient is row-sparse; for SGD, Adagrad and SparseAdam. Default: false
  GRADUS_ARG(bool, sparse) = false;
  /// kSum, kMean or kMax. Default: kMean
  GRADUS_ARG(EmbeddingBagMode, mode) = kMean;
  /// Whether offsets ends with the end of the last bag. Default: false
  GRADUS_ARG(bool, include_last_offset) = false;
  /// An index that counts nothing; from the end where negative.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
};

/// Sums, means or maxima of rows of a table, bag by bag: see gradus::embedding_bag().
class GRADUS_API EmbeddingBagImpl : public Cloneable<EmbeddingBagImpl> {
 public:
  EmbeddingBagImpl(int64_t num_embeddings, int64_t embedding_dim);
  /// @throws ValueError for negative sizes or a padding_idx out of range
  explicit EmbeddingBagImpl(EmbeddingBagOptions options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// @param input    [B, n], or [n] with offsets [B]
  /// @return [B, embedding_dim]
  Tensor forward(const Tensor& input, const Tensor& offsets = {},
                 const Tensor& per_sample_weights = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())}, {2, AnyValue(Tensor())})

  EmbeddingBagOptions options;
  Tensor weight;
};

/// Holds an EmbeddingBagImpl.
class EmbeddingBag : public ModuleHolder<EmbeddingBagImpl> {
 public:
  using ModuleHolder<EmbeddingBagImpl>::ModuleHolder;
  using ImplType = EmbeddingBagImpl;
  /// Over a table that is there, [num_embeddings, embedding_dim], which it shares.
  GRADUS_API static EmbeddingBag from_pretrained(
      const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options = {});
};

}  // namespace gradus::nn
