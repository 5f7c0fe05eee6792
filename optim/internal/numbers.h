#pragma once

#include "core/inline_vector.h"
#include "core/kernels/optimizer.h"

namespace gradus::optim {

/// The settings that the rules of all optimizers begin with.
template <class Options>
kernel::GradientNumbers gradient_numbers(const Options& options, bool decoupled = false) {
  kernel::GradientNumbers numbers;
  numbers.lr = options.lr();
  if constexpr (requires { options.weight_decay(); }) {
    numbers.weight_decay = options.weight_decay();
  }
  numbers.decoupled = decoupled;
  numbers.maximize = options.maximize();
  return numbers;
}

/// The settings of one step: one entry for parameters of one group that have the same key, which
/// mostly is the number of the step.
template <class Numbers, class Key = int64_t>
class StepNumbers {
 public:
  /// The settings of the parameters that come now, but for what depends on the key.
  void begin_group(const Numbers& numbers) {
    group_ = numbers;
    fresh_ = true;
  }
  /// The index of the entry for `key`, which `complete(numbers)` fills in where it is new.
  template <class F>
  int32_t at(const Key& key, F&& complete) {
    if (fresh_ || !(key == key_)) {
      fresh_ = false;
      key_ = key;
      complete(group_);
      numbers_.push_back(group_);
    }
    return static_cast<int32_t>(numbers_.size()) - 1;
  }
  const Numbers* data() const { return numbers_.data(); }

 private:
  Numbers group_{};
  Key key_{};
  bool fresh_ = true;
  InlineVector<Numbers, 8> numbers_;
};

}  // namespace gradus::optim
