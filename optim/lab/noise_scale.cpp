#include "optim/lab/noise_scale.h"

#include <cmath>

#include "autograd/autograd.h"
#include "core/state_number.h"

namespace gradus::optim {

NoiseScale noise_scale(double small_batch, double small_norm_sq, double large_batch,
                       double large_norm_sq) {
  GRADUS_CHECK_VALUE(small_batch > 0 && small_batch < large_batch,
                     "noise_scale: expected 0 < small_batch < large_batch, got {} and {}",
                     small_batch, large_batch);
  NoiseScale result;
  result.grad_norm_sq =
      (large_batch * large_norm_sq - small_batch * small_norm_sq) / (large_batch - small_batch);
  result.trace = (small_norm_sq - large_norm_sq) / (1 / small_batch - 1 / large_batch);
  return result;
}

double squared_norm(const std::vector<Tensor>& tensors) {
  const NoGradGuard no_grad;
  double sum = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.defined()) sum += tensor.detach().to(kDouble).square().sum().item<double>();
  }
  return sum;
}

NoiseScaleMeter::NoiseScaleMeter(double decay) : decay_(decay) {
  GRADUS_CHECK_VALUE(decay >= 0 && decay < 1,
                     "NoiseScaleMeter: decay must be at least 0 and below 1, got {}", decay);
}

NoiseScaleMeter::~NoiseScaleMeter() = default;

void NoiseScaleMeter::add(const std::vector<Tensor>& grads, int64_t examples) {
  GRADUS_CHECK_VALUE(examples >= 1, "NoiseScaleMeter.add: examples must be at least 1, got {}",
                     examples);
  GRADUS_CHECK_VALUE(batches_ == 0 || (grads.size() == sum_.size() && examples == examples_),
                     "NoiseScaleMeter.add: got {} gradients of {} examples after {} of {}",
                     grads.size(), examples, sum_.size(), examples_);
  for (size_t i = 0; batches_ > 0 && i < grads.size(); ++i) {
    GRADUS_CHECK_VALUE(
        !grads[i].defined() || !sum_[i].defined() || grads[i].sizes() == sum_[i].sizes(),
        "NoiseScaleMeter.add: gradient {} has shape {}, in the batch before {}", i,
        grads[i].sizes(), sum_[i].sizes());
  }
  const NoGradGuard no_grad;
  small_norm_sq_ += squared_norm(grads);
  if (batches_ == 0) {
    sum_.clear();
    for (const Tensor& grad : grads) {
      sum_.push_back(grad.defined() ? grad.detach().to(kDouble).clone() : Tensor());
    }
  } else {
    for (size_t i = 0; i < grads.size(); ++i) {
      if (!grads[i].defined()) continue;
      if (sum_[i].defined()) {
        sum_[i].add_(grads[i].detach().to(kDouble));
      } else {
        sum_[i] = grads[i].detach().to(kDouble).clone();
      }
    }
  }
  examples_ = examples;
  ++batches_;
}

void NoiseScaleMeter::finish() {
  GRADUS_CHECK(batches_ >= 2, "NoiseScaleMeter.finish: needs two batches or more, got {}",
               batches_);
  const auto n = static_cast<double>(batches_);
  const auto batch = static_cast<double>(examples_);
  const NoiseScale now =
      noise_scale(batch, small_norm_sq_ / n, n * batch, squared_norm(sum_) / (n * n));
  grad_norm_sq_ = decay_ * grad_norm_sq_ + (1 - decay_) * now.grad_norm_sq;
  trace_ = decay_ * trace_ + (1 - decay_) * now.trace;
  weight_ = decay_ * weight_ + (1 - decay_);
  sum_.clear();
  small_norm_sq_ = 0;
  batches_ = 0;
}

NoiseScale NoiseScaleMeter::estimate() const {
  GRADUS_CHECK(weight_ > 0, "NoiseScaleMeter.estimate: nothing has been measured yet");
  return {grad_norm_sq_ / weight_, trace_ / weight_};
}

StateDict NoiseScaleMeter::state_dict() const {
  StateDict dict;
  dict.insert("sums", state_reals({grad_norm_sq_, trace_, weight_}));
  return dict;
}

void NoiseScaleMeter::load_state_dict(const StateDict& state) {
  check_state_keys("NoiseScaleMeter", state, {"sums"});
  const std::vector<double> sums = read_state_reals("NoiseScaleMeter", state, "sums", 3);
  grad_norm_sq_ = sums[0];
  trace_ = sums[1];
  weight_ = sums[2];
}

}  // namespace gradus::optim
