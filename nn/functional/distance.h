#pragma once

#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/distance.h"

namespace gradus::nn::functional {

using CosineSimilarityFuncOptions = CosineSimilarityOptions;
using PairwiseDistanceFuncOptions = PairwiseDistanceOptions;

/// See CosineSimilarity.
GRADUS_API Tensor cosine_similarity(const Tensor& x1, const Tensor& x2,
                                    const CosineSimilarityFuncOptions& options = {});
/// See PairwiseDistance.
GRADUS_API Tensor pairwise_distance(const Tensor& x1, const Tensor& x2,
                                    const PairwiseDistanceFuncOptions& options = {});
/// The p-norms between all pairs of rows: see gradus::pdist().
GRADUS_API Tensor pdist(const Tensor& input, double p = 2.0);

}  // namespace gradus::nn::functional
