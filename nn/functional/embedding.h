#pragma once

#include <cstdint>
#include <optional>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::functional {

/// Settings of embedding.
struct GRADUS_API EmbeddingFuncOptions {
  /// A row that gets no gradient; counts from the end where negative.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
};

/// See Embedding.
GRADUS_API Tensor embedding(const Tensor& indices, const Tensor& weight,
                            const EmbeddingFuncOptions& options = {});

}  // namespace gradus::nn::functional
