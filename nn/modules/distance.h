#pragma once

#include <cstdint>
#include <iosfwd>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of CosineSimilarity.
struct GRADUS_API CosineSimilarityOptions {
  /// Dim along which is multiplied and summed. Default: 1
  GRADUS_ARG(int64_t, dim) = 1;
  /// Least length. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
};

/// (a . b) / (max(|a|, eps) max(|b|, eps)) along dim.
class GRADUS_API CosineSimilarityImpl : public Cloneable<CosineSimilarityImpl> {
 public:
  explicit CosineSimilarityImpl(const CosineSimilarityOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x1, const Tensor& x2);

  CosineSimilarityOptions options;
};
GRADUS_MODULE(CosineSimilarity);

/// Settings of PairwiseDistance.
struct GRADUS_API PairwiseDistanceOptions {
  /// Order of the norm. Default: 2.0
  GRADUS_ARG(double, p) = 2.0;
  /// Added to the differences. Default: 1e-6
  GRADUS_ARG(double, eps) = 1e-6;
  /// Whether the last dim stays, as 1. Default: false
  GRADUS_ARG(bool, keepdim) = false;
};

/// The p-norm of a - b + eps along the last dim.
class GRADUS_API PairwiseDistanceImpl : public Cloneable<PairwiseDistanceImpl> {
 public:
  explicit PairwiseDistanceImpl(const PairwiseDistanceOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x1, const Tensor& x2);

  PairwiseDistanceOptions options;
};
GRADUS_MODULE(PairwiseDistance);

}  // namespace gradus::nn
