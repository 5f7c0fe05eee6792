#include "nn/modules/loss.h"

#include <ostream>
#include <utility>

#include "nn/functional/loss.h"

namespace gradus::nn {

namespace {

// The module's own handle, so that a conversion or a clone does not change the caller's tensor.
Tensor weight_buffer(Module& module, const char* name, const Tensor& weight) {
  return module.register_buffer(name, weight.defined() ? weight.detach() : weight);
}

const char* name_of(const LossReduction& reduction) {
  if (std::holds_alternative<enumtype::kNone>(reduction)) return "kNone";
  return std::holds_alternative<enumtype::kMean>(reduction) ? "kMean" : "kSum";
}

}  // namespace

CrossEntropyLossImpl::CrossEntropyLossImpl(CrossEntropyLossOptions options)
    : options(std::move(options)) {
  CrossEntropyLossImpl::reset();
}
void CrossEntropyLossImpl::reset() {
  weight = weight_buffer(*this, "weight", options.weight());
}
void CrossEntropyLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CrossEntropyLoss()";
}
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::cross_entropy(input, target,
                                   functional::CrossEntropyFuncOptions(options).weight(weight));
}

NLLLossImpl::NLLLossImpl(NLLLossOptions options) : options(std::move(options)) {
  NLLLossImpl::reset();
}
void NLLLossImpl::reset() {
  weight = weight_buffer(*this, "weight", options.weight());
}
void NLLLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::NLLLoss()";
}
Tensor NLLLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::nll_loss(input, target,
                              functional::NLLLossFuncOptions(options).weight(weight));
}

MSELossImpl::MSELossImpl(MSELossOptions options) : options(std::move(options)) {}

void MSELossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MSELoss()";
}
Tensor MSELossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::mse_loss(input, target, options);
}

L1LossImpl::L1LossImpl(L1LossOptions options) : options(std::move(options)) {}

void L1LossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::L1Loss()";
}
Tensor L1LossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::l1_loss(input, target, options);
}

SmoothL1LossImpl::SmoothL1LossImpl(SmoothL1LossOptions options) : options(std::move(options)) {}

void SmoothL1LossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SmoothL1Loss";
}
Tensor SmoothL1LossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::smooth_l1_loss(input, target, options);
}

HuberLossImpl::HuberLossImpl(HuberLossOptions options) : options(std::move(options)) {}

void HuberLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::HuberLoss";
}
Tensor HuberLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::huber_loss(input, target, options);
}

BCELossImpl::BCELossImpl(BCELossOptions options) : options(std::move(options)) {
  BCELossImpl::reset();
}
void BCELossImpl::reset() {
  weight = weight_buffer(*this, "weight", options.weight());
}
void BCELossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::BCELoss()";
}
Tensor BCELossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::binary_cross_entropy(
      input, target, functional::BinaryCrossEntropyFuncOptions(options).weight(weight));
}

BCEWithLogitsLossImpl::BCEWithLogitsLossImpl(BCEWithLogitsLossOptions options)
    : options(std::move(options)) {
  BCEWithLogitsLossImpl::reset();
}
void BCEWithLogitsLossImpl::reset() {
  weight = weight_buffer(*this, "weight", options.weight());
  pos_weight = weight_buffer(*this, "pos_weight", options.pos_weight());
}
void BCEWithLogitsLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::BCEWithLogitsLoss()";
}
Tensor BCEWithLogitsLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::binary_cross_entropy_with_logits(
      input, target,
      functional::BinaryCrossEntropyWithLogitsFuncOptions(options).weight(weight).pos_weight(
          pos_weight));
}

PoissonNLLLossImpl::PoissonNLLLossImpl(const PoissonNLLLossOptions& options) : options(options) {}

void PoissonNLLLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::PoissonNLLLoss()";
}
Tensor PoissonNLLLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::poisson_nll_loss(input, target, options);
}

MarginRankingLossImpl::MarginRankingLossImpl(const MarginRankingLossOptions& options)
    : options(options) {}

void MarginRankingLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MarginRankingLoss()";
}
Tensor MarginRankingLossImpl::forward(const Tensor& input1, const Tensor& input2,
                                      const Tensor& target) {
  return functional::margin_ranking_loss(input1, input2, target, options);
}

HingeEmbeddingLossImpl::HingeEmbeddingLossImpl(const HingeEmbeddingLossOptions& options)
    : options(options) {}

void HingeEmbeddingLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::HingeEmbeddingLoss(margin=" << options.margin() << ")";
}
Tensor HingeEmbeddingLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::hinge_embedding_loss(input, target, options);
}

MultiLabelMarginLossImpl::MultiLabelMarginLossImpl(const MultiLabelMarginLossOptions& options)
    : options(options) {}

void MultiLabelMarginLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MultiLabelMarginLoss()";
}
Tensor MultiLabelMarginLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::multilabel_margin_loss(input, target, options);
}

MultiLabelSoftMarginLossImpl::MultiLabelSoftMarginLossImpl(MultiLabelSoftMarginLossOptions options)
    : options(std::move(options)) {
  MultiLabelSoftMarginLossImpl::reset();
}
void MultiLabelSoftMarginLossImpl::reset() {
  weight = weight_buffer(*this, "weight", options.weight());
}
void MultiLabelSoftMarginLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MultiLabelSoftMarginLoss()";
}
Tensor MultiLabelSoftMarginLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::multilabel_soft_margin_loss(
      input, target, functional::MultilabelSoftMarginLossFuncOptions(options).weight(weight));
}

MultiMarginLossImpl::MultiMarginLossImpl(MultiMarginLossOptions options)
    : options(std::move(options)) {
  MultiMarginLossImpl::reset();
}
void MultiMarginLossImpl::reset() {
  GRADUS_CHECK_VALUE(options.p() == 1 || options.p() == 2,
                     "MultiMarginLoss: p must be 1 or 2, got {}", options.p());
  weight = weight_buffer(*this, "weight", options.weight());
}
void MultiMarginLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MultiMarginLoss(p=" << options.p() << ", margin=" << options.margin()
         << ", weight=" << weight << ", reduction=" << name_of(options.reduction()) << ")";
}
Tensor MultiMarginLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::multi_margin_loss(
      input, target, functional::MultiMarginLossFuncOptions(options).weight(weight));
}

SoftMarginLossImpl::SoftMarginLossImpl(const SoftMarginLossOptions& options) : options(options) {}

void SoftMarginLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SoftMarginLoss()";
}
Tensor SoftMarginLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::soft_margin_loss(input, target, options);
}

CosineEmbeddingLossImpl::CosineEmbeddingLossImpl(const CosineEmbeddingLossOptions& options)
    : options(options) {}

void CosineEmbeddingLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CosineEmbeddingLoss(margin=" << options.margin() << ")";
}
Tensor CosineEmbeddingLossImpl::forward(const Tensor& input1, const Tensor& input2,
                                        const Tensor& target) {
  return functional::cosine_embedding_loss(input1, input2, target, options);
}

TripletMarginLossImpl::TripletMarginLossImpl(const TripletMarginLossOptions& options)
    : options(options) {}

void TripletMarginLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::TripletMarginLoss(margin=" << options.margin() << ", p=" << options.p()
         << ", eps=" << options.eps() << std::boolalpha << ", swap=" << options.swap() << ")";
}
Tensor TripletMarginLossImpl::forward(const Tensor& anchor, const Tensor& positive,
                                      const Tensor& negative) {
  return functional::triplet_margin_loss(anchor, positive, negative, options);
}

GaussianNLLLossImpl::GaussianNLLLossImpl(const GaussianNLLLossOptions& options)
    : options(options) {}

void GaussianNLLLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::GaussianNLLLoss()";
}
Tensor GaussianNLLLossImpl::forward(const Tensor& input, const Tensor& target, const Tensor& var) {
  return functional::gaussian_nll_loss(input, target, var, options);
}

KLDivLossImpl::KLDivLossImpl(const KLDivLossOptions& options) : options(options) {}

void KLDivLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::KLDivLoss()";
}
Tensor KLDivLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::kl_div(input, target, options);
}

TripletMarginWithDistanceLossImpl::TripletMarginWithDistanceLossImpl(
    TripletMarginWithDistanceLossOptions options)
    : options(std::move(options)) {}

void TripletMarginWithDistanceLossImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha
         << "gradus::nn::TripletMarginWithDistanceLoss(margin=" << options.margin()
         << ", swap=" << options.swap() << ")";
}
Tensor TripletMarginWithDistanceLossImpl::forward(const Tensor& anchor, const Tensor& positive,
                                                  const Tensor& negative) {
  return functional::triplet_margin_with_distance_loss(anchor, positive, negative, options);
}

}  // namespace gradus::nn
