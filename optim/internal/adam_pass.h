#pragma once

#include <cmath>

#include "optim/adam.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

/// The tensors and the settings of one step of Adam or AdamW, over all groups.
class AdamPass {
 public:
  explicit AdamPass(kernel::TensorBatch& batch) : batch_(batch) {}

  /// Settings of the parameters that are added from now on.
  template <class Options>
  void begin_group(const Options& options, bool decoupled) {
    kernel::AdamNumbers adam{gradient_numbers(options, decoupled)};
    std::tie(adam.beta1, adam.beta2) = options.betas();
    adam.eps = options.eps();
    adam.amsgrad = options.amsgrad();
    numbers_.begin_group(adam);
    amsgrad_ = options.amsgrad();
  }
  bool amsgrad() const { return amsgrad_; }

  void add(const Tensor& p, const Tensor& g, AdamParamState& state) {
    const int64_t t = state.step() + 1;
    const int32_t numbers = numbers_.at(t, [t](kernel::AdamNumbers& adam) {
      adam.bias_correction1 = 1 - std::pow(adam.beta1, static_cast<double>(t));
      adam.bias_correction2 = 1 - std::pow(adam.beta2, static_cast<double>(t));
    });
    const Tensor& m = state.exp_avg();
    const Tensor& v = state.exp_avg_sq();
    if (amsgrad_) {
      batch_.add({&p, &g, &m, &v, &state.max_exp_avg_sq()}, numbers, &state.step());
    } else {
      batch_.add({&p, &g, &m, &v}, numbers, &state.step());
    }
  }

  void run() { batch_.run(kernel::adam_kernel(), numbers_.data()); }

 private:
  kernel::TensorBatch& batch_;
  StepNumbers<kernel::AdamNumbers> numbers_;
  bool amsgrad_ = false;
};

}  // namespace gradus::optim
