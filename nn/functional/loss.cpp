#include "nn/functional/loss.h"

#include "autograd/ops/binary_math.h"
#include "autograd/ops/distance.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/margin_loss.h"

namespace gradus::nn::functional {

namespace {

int64_t reduction_of(const LossReduction& reduction) {
  if (std::holds_alternative<enumtype::kNone>(reduction)) return Reduction::None;
  return std::holds_alternative<enumtype::kMean>(reduction) ? Reduction::Mean : Reduction::Sum;
}

}  // namespace

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BinaryCrossEntropyFuncOptions& options) {
  GRADUS_CHECK(!input.defined() || !target.defined() || input.sizes() == target.sizes(),
               "binary_cross_entropy: expected a target of shape {}, got {}", input.sizes(),
               target.sizes());
  return gradus::binary_cross_entropy(input, target, options.weight(),
                                      reduction_of(options.reduction()));
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options) {
  return gradus::binary_cross_entropy_with_logits(
      input, target, options.weight(), options.pos_weight(), reduction_of(options.reduction()));
}

Tensor cross_entropy(const Tensor& input, const Tensor& target,
                     const CrossEntropyFuncOptions& options) {
  return gradus::cross_entropy(input, target, options.weight(), reduction_of(options.reduction()),
                               options.ignore_index(), options.label_smoothing());
}

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossFuncOptions& options) {
  return gradus::huber_loss(input, target, reduction_of(options.reduction()), options.delta());
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options) {
  return gradus::l1_loss(input, target, reduction_of(options.reduction()));
}

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
  return gradus::mse_loss(input, target, reduction_of(options.reduction()));
}

Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options) {
  return gradus::nll_loss(input, target, options.weight(), reduction_of(options.reduction()),
                          options.ignore_index());
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                      const SmoothL1LossFuncOptions& options) {
  return gradus::smooth_l1_loss(input, target, reduction_of(options.reduction()), options.beta());
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                      const SmoothL1LossFuncOptions& options, double beta) {
  return gradus::smooth_l1_loss(input, target, reduction_of(options.reduction()), beta);
}

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target,
                        const PoissonNLLLossFuncOptions& options) {
  return gradus::poisson_nll_loss(input, target, options.log_input(), options.full(), options.eps(),
                                  reduction_of(options.reduction()));
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossFuncOptions& options) {
  return gradus::margin_ranking_loss(input1, input2, target, options.margin(),
                                     reduction_of(options.reduction()));
}

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target,
                            const HingeEmbeddingLossFuncOptions& options) {
  return gradus::hinge_embedding_loss(input, target, options.margin(),
                                      reduction_of(options.reduction()));
}

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                              const MultilabelMarginLossFuncOptions& options) {
  return gradus::multilabel_margin_loss(input, target, reduction_of(options.reduction()));
}

Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultilabelSoftMarginLossFuncOptions& options) {
  return gradus::multilabel_soft_margin_loss(input, target, options.weight(),
                                             reduction_of(options.reduction()));
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target,
                         const MultiMarginLossFuncOptions& options) {
  return gradus::multi_margin_loss(input, target, options.p(), options.margin(), options.weight(),
                                   reduction_of(options.reduction()));
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target,
                        const SoftMarginLossFuncOptions& options) {
  return gradus::soft_margin_loss(input, target, reduction_of(options.reduction()));
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossFuncOptions& options) {
  return gradus::cosine_embedding_loss(input1, input2, target, options.margin(),
                                       reduction_of(options.reduction()));
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossFuncOptions& options) {
  return gradus::triplet_margin_loss(anchor, positive, negative, options.margin(), options.p(),
                                     options.eps(), options.swap(),
                                     reduction_of(options.reduction()));
}

Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var,
                         const GaussianNLLLossFuncOptions& options) {
  return gradus::gaussian_nll_loss(input, target, var, options.full(), options.eps(),
                                   reduction_of(options.reduction()));
}

Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivFuncOptions& options) {
  const auto with = [&](int64_t reduction) {
    return gradus::kl_div(input, target, reduction, options.log_target());
  };
  const KLDivLossReduction& reduction = options.reduction();
  if (std::holds_alternative<enumtype::kNone>(reduction)) return with(Reduction::None);
  if (std::holds_alternative<enumtype::kMean>(reduction)) return with(Reduction::Mean);
  const Tensor sum = with(Reduction::Sum);
  if (std::holds_alternative<enumtype::kSum>(reduction)) return sum;
  GRADUS_CHECK(input.dim() > 0, "kl_div: kBatchMean needs a batch, got a 0-d input");
  return sum / input.size(0);
}

Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive,
                                         const Tensor& negative,
                                         const TripletMarginWithDistanceLossFuncOptions& options) {
  GRADUS_CHECK_VALUE(options.margin() > 0,
                     "triplet_margin_with_distance_loss: margin must be positive, got {}",
                     options.margin());
  const auto distance = [&](const Tensor& a, const Tensor& b) {
    return options.distance_function() ? (*options.distance_function())(a, b)
                                       : gradus::pairwise_distance(a, b);
  };
  const Tensor near = distance(anchor, positive);
  Tensor far = distance(anchor, negative);
  if (options.swap()) far = minimum(far, distance(positive, negative));
  const Tensor loss = (options.margin() + near - far).clamp_min(0);
  const int64_t reduction = reduction_of(options.reduction());
  if (reduction == Reduction::None) return loss;
  return reduction == Reduction::Mean ? loss.mean() : loss.sum();
}

}  // namespace gradus::nn::functional
