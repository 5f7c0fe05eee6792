#include "nn/modules/loss.h"

#include <ostream>

#include "autograd/ops/loss.h"

namespace gradus::nn {

namespace {

int64_t reduction_of(const LossReduction& reduction) {
  if (std::holds_alternative<enumtype::kNone>(reduction)) return Reduction::None;
  return std::holds_alternative<enumtype::kMean>(reduction) ? Reduction::Mean : Reduction::Sum;
}

}  // namespace

void CrossEntropyLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CrossEntropyLoss()";
}
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) {
  return cross_entropy(input, target, options.weight(), reduction_of(options.reduction()),
                       options.ignore_index(), options.label_smoothing());
}

void NLLLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::NLLLoss()";
}
Tensor NLLLossImpl::forward(const Tensor& input, const Tensor& target) {
  return nll_loss(input, target, options.weight(), reduction_of(options.reduction()),
                  options.ignore_index());
}

void MSELossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MSELoss()";
}
Tensor MSELossImpl::forward(const Tensor& input, const Tensor& target) {
  return mse_loss(input, target, reduction_of(options.reduction()));
}

void L1LossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::L1Loss()";
}
Tensor L1LossImpl::forward(const Tensor& input, const Tensor& target) {
  return l1_loss(input, target, reduction_of(options.reduction()));
}

void SmoothL1LossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SmoothL1Loss()";
}
Tensor SmoothL1LossImpl::forward(const Tensor& input, const Tensor& target) {
  return smooth_l1_loss(input, target, reduction_of(options.reduction()), options.beta());
}

void HuberLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::HuberLoss()";
}
Tensor HuberLossImpl::forward(const Tensor& input, const Tensor& target) {
  return huber_loss(input, target, reduction_of(options.reduction()), options.delta());
}

void BCELossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::BCELoss()";
}
Tensor BCELossImpl::forward(const Tensor& input, const Tensor& target) {
  return binary_cross_entropy(input, target, options.weight(), reduction_of(options.reduction()));
}

void BCEWithLogitsLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::BCEWithLogitsLoss()";
}
Tensor BCEWithLogitsLossImpl::forward(const Tensor& input, const Tensor& target) {
  return binary_cross_entropy_with_logits(input, target, options.weight(), options.pos_weight(),
                                          reduction_of(options.reduction()));
}

}  // namespace gradus::nn
