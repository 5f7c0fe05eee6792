#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "core/arg.h"
#include "core/tensor.h"
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
  /// The table to start from, [num_embeddings, embedding_dim]; undefined: standard normal.
  GRADUS_ARG(Tensor, _weight) = Tensor();
};

/// Rows of a table: indices [...] become [..., embedding_dim].
class GRADUS_API EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
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
GRADUS_MODULE(Embedding);

}  // namespace gradus::nn
