#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/callable.h"
#include "core/state.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Schedules any real-valued setting of an optimizer: value = base value * factor(step), where the
/// base values are those at construction.
///
///     optim::WeightDecayScheduler decay(optimizer, [](int64_t step) { return step < 100 ? 0 : 1;
///     });
///     // The shape of another schedule:
///     optim::MomentumScheduler momentum(optimizer, [&](int64_t step) {
///       return schedule.lr_at(step)[0] / schedule.base_lrs()[0];
///     });
///
/// Save and restore it with the optimizer: the state of the optimizer holds the present values
/// only.
class GRADUS_API SettingScheduler : public Stateful {
 public:
  using Function = Callable<double(int64_t)>;

  /// @param setting  as it is called in state_dict(): "weight_decay"; "momentum" is also the first
  ///                 of "betas"
  /// @throws ValueError where the optimizer has no such setting
  SettingScheduler(Optimizer& optimizer, std::string setting, Function factor);
  ~SettingScheduler() override;

  /// Goes on by one step. @throws ValueError where the optimizer cannot use the new value; then
  /// nothing has changed
  void step();
  /// The values of all groups after `step` steps.
  std::vector<double> value_at(int64_t step) const;
  std::vector<double> get_last_values() const;
  int64_t last_epoch() const { return step_count_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  void set(int64_t step);

  Optimizer* optimizer_;
  std::string setting_;
  Function factor_;
  std::vector<double> base_values_;
  int64_t step_count_ = 0;
};

/// Schedules `momentum`, or the first of `betas`.
class GRADUS_API MomentumScheduler : public SettingScheduler {
 public:
  MomentumScheduler(Optimizer& optimizer, Function factor);
};

/// Schedules `weight_decay`.
class GRADUS_API WeightDecayScheduler : public SettingScheduler {
 public:
  WeightDecayScheduler(Optimizer& optimizer, Function factor);
};

/// The batch size as a function of the step: base_size * factor(step), rounded, at least 1 and at
/// most max_size. A larger batch does what a smaller rate does (Smith et al., "Don't decay the
/// learning rate, increase the batch size", arXiv:1711.00489).
class GRADUS_API BatchSizeScheduler : public Stateful {
 public:
  using Function = Callable<double(int64_t)>;

  /// @throws ValueError unless 1 <= base_size <= max_size
  BatchSizeScheduler(int64_t base_size, Function factor, int64_t max_size = INT64_MAX);
  ~BatchSizeScheduler() override;

  void step() { ++step_count_; }
  int64_t batch_size() const { return batch_size_at(step_count_); }
  /// @throws ValueError where the factor is no number
  int64_t batch_size_at(int64_t step) const;
  int64_t last_epoch() const { return step_count_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  int64_t base_size_, max_size_;
  Function factor_;
  int64_t step_count_ = 0;
};

}  // namespace gradus::optim
