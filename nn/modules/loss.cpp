#include "nn/modules/loss.h"

#include <ostream>

#include "nn/functional/loss.h"

namespace gradus::nn {

void CrossEntropyLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CrossEntropyLoss()";
}
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::cross_entropy(input, target, options);
}

void NLLLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::NLLLoss()";
}
Tensor NLLLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::nll_loss(input, target, options);
}

void MSELossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::MSELoss()";
}
Tensor MSELossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::mse_loss(input, target, options);
}

void L1LossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::L1Loss()";
}
Tensor L1LossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::l1_loss(input, target, options);
}

void SmoothL1LossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SmoothL1Loss()";
}
Tensor SmoothL1LossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::smooth_l1_loss(input, target, options);
}

void HuberLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::HuberLoss()";
}
Tensor HuberLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::huber_loss(input, target, options);
}

void BCELossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::BCELoss()";
}
Tensor BCELossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::binary_cross_entropy(input, target, options);
}

void BCEWithLogitsLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::BCEWithLogitsLoss()";
}
Tensor BCEWithLogitsLossImpl::forward(const Tensor& input, const Tensor& target) {
  return functional::binary_cross_entropy_with_logits(input, target, options);
}

}  // namespace gradus::nn
