#pragma once

#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/loss.h"

namespace gradus::nn::functional {

// Losses as functions; each takes the settings of its module, which documents the formula.

using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using HuberLossFuncOptions = HuberLossOptions;
using L1LossFuncOptions = L1LossOptions;
using MSELossFuncOptions = MSELossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using PoissonNLLLossFuncOptions = PoissonNLLLossOptions;
using MarginRankingLossFuncOptions = MarginRankingLossOptions;
using HingeEmbeddingLossFuncOptions = HingeEmbeddingLossOptions;
using MultilabelMarginLossFuncOptions = MultiLabelMarginLossOptions;
using MultilabelSoftMarginLossFuncOptions = MultiLabelSoftMarginLossOptions;
using MultiMarginLossFuncOptions = MultiMarginLossOptions;
using SoftMarginLossFuncOptions = SoftMarginLossOptions;
using CosineEmbeddingLossFuncOptions = CosineEmbeddingLossOptions;
using TripletMarginLossFuncOptions = TripletMarginLossOptions;
using GaussianNLLLossFuncOptions = GaussianNLLLossOptions;
using KLDivFuncOptions = KLDivLossOptions;
using TripletMarginWithDistanceLossFuncOptions = TripletMarginWithDistanceLossOptions;

GRADUS_API Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                                       const BinaryCrossEntropyFuncOptions& options = {});
GRADUS_API Tensor
binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                 const BinaryCrossEntropyWithLogitsFuncOptions& options = {});
GRADUS_API Tensor cross_entropy(const Tensor& input, const Tensor& target,
                                const CrossEntropyFuncOptions& options = {});
GRADUS_API Tensor huber_loss(const Tensor& input, const Tensor& target,
                             const HuberLossFuncOptions& options = {});
GRADUS_API Tensor l1_loss(const Tensor& input, const Tensor& target,
                          const L1LossFuncOptions& options = {});
GRADUS_API Tensor mse_loss(const Tensor& input, const Tensor& target,
                           const MSELossFuncOptions& options = {});
GRADUS_API Tensor nll_loss(const Tensor& input, const Tensor& target,
                           const NLLLossFuncOptions& options = {});
GRADUS_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                                 const SmoothL1LossFuncOptions& options = {});
/// With a beta beside the options, in place of theirs.
GRADUS_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                                 const SmoothL1LossFuncOptions& options, double beta);

GRADUS_API Tensor poisson_nll_loss(const Tensor& input, const Tensor& target,
                                   const PoissonNLLLossFuncOptions& options = {});
GRADUS_API Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2,
                                      const Tensor& target,
                                      const MarginRankingLossFuncOptions& options = {});
GRADUS_API Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target,
                                       const HingeEmbeddingLossFuncOptions& options = {});
GRADUS_API Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                                         const MultilabelMarginLossFuncOptions& options = {});
GRADUS_API Tensor
multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                            const MultilabelSoftMarginLossFuncOptions& options = {});
GRADUS_API Tensor multi_margin_loss(const Tensor& input, const Tensor& target,
                                    const MultiMarginLossFuncOptions& options = {});
GRADUS_API Tensor soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const SoftMarginLossFuncOptions& options = {});
GRADUS_API Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2,
                                        const Tensor& target,
                                        const CosineEmbeddingLossFuncOptions& options = {});
GRADUS_API Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive,
                                      const Tensor& negative,
                                      const TripletMarginLossFuncOptions& options = {});
GRADUS_API Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var,
                                    const GaussianNLLLossFuncOptions& options = {});
GRADUS_API Tensor kl_div(const Tensor& input, const Tensor& target,
                         const KLDivFuncOptions& options = {});
GRADUS_API Tensor triplet_margin_with_distance_loss(
    const Tensor& anchor, const Tensor& positive, const Tensor& negative,
    const TripletMarginWithDistanceLossFuncOptions& options = {});

}  // namespace gradus::nn::functional
