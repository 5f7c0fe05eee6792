#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/state.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Base of the learning-rate schedules: sets the rate of each parameter group of an optimizer.
///
///     optim::CosineAnnealingLR schedule(optimizer, /*T_max=*/epochs);
///     for (int epoch = 0; epoch < epochs; ++epoch) {
///       train(net, optimizer);
///       schedule.step();
///     }
///
/// A schedule is a pure function lr_of(step, base_lr, group) of the steps taken; step 0 is the rate
/// that the constructor sets. The base rate is the one that the optimizer had before its first
/// schedule (OptimizerParamGroup::initial_lr). Where somebody else has changed the rate since the
/// last step (a second schedule, a plateau, a program), the base rate is scaled by as much, so that
/// schedules that are stepped side by side multiply, as in PyTorch.
///
/// The optimizer must outlive the schedule. Restored in any order, both go on as if never stopped:
/// constructing a schedule for a restored optimizer leaves the rate alone.
class GRADUS_API LRScheduler : public Stateful {
 public:
  /// @param last_epoch  -1, or how many steps but one were taken already; then the groups must have
  ///                    an initial_lr
  explicit LRScheduler(Optimizer& optimizer, int64_t last_epoch = -1);
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;
  ~LRScheduler() override;

  /// Goes on by one step; call it after the optimizer's step.
  void step();

  /// The rates of all groups after `step` steps. @throws ValueError for a negative one
  std::vector<double> lr_at(int64_t step) const;
  /// The rates that the last step set.
  const std::vector<double>& get_last_lr() const { return last_lr_; }
  const std::vector<double>& base_lrs() const { return base_lrs_; }
  /// How many steps were taken.
  int64_t last_epoch() const { return step_count_; }
  Optimizer& optimizer() const { return *optimizer_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 protected:
  /// What a schedule is: the rate of a group after `step` steps, from 0 on.
  virtual double lr_of(int64_t step, double base_lr, size_t group) const;
  /// The rates after step_count_ steps. A schedule that is no function of the step, but of the
  /// current rates, overrides this instead.
  virtual std::vector<double> get_lrs();
  std::vector<double> get_current_lrs() const;

  /// Sets the first rates: the last line of a schedule's constructor.
  void start();

  /// Sets what a schedule changes beside the rates (OneCycleLR: the momentum) to its values after
  /// `step` steps.
  virtual void set_other_settings(int64_t step) const;

  /// Takes the optimizer's present rates as base rates, not those before its first schedule: to be
  /// called before start(). Does nothing where a run is resumed.
  void start_from_current_lrs();

  /// lr_of() of another schedule, for those made of several.
  static double lr_of(const LRScheduler& part, int64_t step, double base_lr, size_t group) {
    return part.lr_of(step, base_lr, group);
  }
  static void set_other_settings(const LRScheduler& part, int64_t step) {
    part.set_other_settings(step);
  }

  /// How many steps were taken, the running one included.
  int64_t step_count_ = 0;

 private:
  void set_lrs(const std::vector<double>& lrs);
  // Takes over what others did to the rates, and new groups.
  void adopt_changes();
  // Writes down in the groups the rates before their first schedule.
  void attach();

  Optimizer* optimizer_;
  std::vector<double> base_lrs_;
  std::vector<double> last_lr_;
  bool resumed_ = false;
  bool warned_ = false;
};

}  // namespace gradus::optim
