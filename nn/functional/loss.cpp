#include "nn/functional/loss.h"

#include "autograd/ops/loss.h"

namespace gradus::nn::functional {

namespace {

int64_t reduction_of(const LossReduction& reduction) {
  if (std::holds_alternative<enumtype::kNone>(reduction)) return Reduction::None;
  return std::holds_alternative<enumtype::kMean>(reduction) ? Reduction::Mean : Reduction::Sum;
}

}  // namespace

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BinaryCrossEntropyFuncOptions& options) {
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

}  // namespace gradus::nn::functional
