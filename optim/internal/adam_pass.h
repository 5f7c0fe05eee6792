#pragma once

#include <cmath>

#include "core/inline_vector.h"
#include "core/kernels/optimizer.h"
#include "optim/adam.h"

namespace gradus::optim {

/// The tensors and the settings of one step of Adam or AdamW, over all groups.
class AdamPass {
 public:
  explicit AdamPass(kernel::TensorBatch& batch) : batch_(batch) {}

  /// Settings of the parameters that are added from now on.
  template <class Options>
  void begin_group(const Options& options, bool decoupled) {
    group_ = {};
    group_.lr = options.lr();
    std::tie(group_.beta1, group_.beta2) = options.betas();
    group_.eps = options.eps();
    group_.weight_decay = options.weight_decay();
    group_.decoupled = decoupled;
    group_.amsgrad = options.amsgrad();
    group_.maximize = options.maximize();
    t_ = 0;
  }
  bool amsgrad() const { return group_.amsgrad; }

  void add(const Tensor& p, const Tensor& g, AdamParamState& state) {
    const int64_t t = state.step() + 1;
    // Parameters of a group mostly are at the same step.
    if (t != t_) {
      t_ = t;
      group_.bias_correction1 = 1 - std::pow(group_.beta1, static_cast<double>(t));
      group_.bias_correction2 = 1 - std::pow(group_.beta2, static_cast<double>(t));
      numbers_.push_back(group_);
    }
    const auto own = static_cast<int32_t>(numbers_.size()) - 1;
    if (group_.amsgrad) {
      batch_.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq(), &state.max_exp_avg_sq()}, own,
                 &state.step());
    } else {
      batch_.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
    }
  }

  void run() { batch_.run(kernel::adam_kernel(), numbers_.data()); }

 private:
  kernel::TensorBatch& batch_;
  kernel::AdamNumbers group_{};
  int64_t t_ = 0;
  InlineVector<kernel::AdamNumbers, 8> numbers_;
};

}  // namespace gradus::optim
