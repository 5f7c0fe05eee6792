#pragma once

#include <cstdint>
#include <optional>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/embedding.h"

namespace gradus::nn::functional {

/// int64 [..., num_classes]: 1 at the class, 0 elsewhere. num_classes -1: one more than the
/// largest.
GRADUS_API Tensor one_hot(const Tensor& tensor, int64_t num_classes = -1);

/// Settings of embedding.
struct GRADUS_API EmbeddingFuncOptions {
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

/// See Embedding. With max_norm the table is written to.
GRADUS_API Tensor embedding(const Tensor& indices, const Tensor& weight,
                            const EmbeddingFuncOptions& options = {});

/// Settings of embedding_bag.
struct GRADUS_API EmbeddingBagFuncOptions {
  /// Where each bag begins, for indices of 1 dim.
  GRADUS_ARG(Tensor, offsets) = Tensor();
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
  /// Factor of each index, for kSum. Default: 1
  GRADUS_ARG(Tensor, per_sample_weights) = Tensor();
  /// Whether offsets ends with the end of the last bag. Default: false
  GRADUS_ARG(bool, include_last_offset) = false;
  /// An index that counts nothing; from the end where negative.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
};

/// See EmbeddingBag. With max_norm the table is written to.
GRADUS_API Tensor embedding_bag(const Tensor& input, const Tensor& weight,
                                const EmbeddingBagFuncOptions& options = {});

}  // namespace gradus::nn::functional
