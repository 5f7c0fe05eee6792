#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// A number for all parameter groups, or one for each.
class GRADUS_API PerGroup {
 public:
  PerGroup(double value) : values_{value} {}
  PerGroup(std::vector<double> values) : values_(std::move(values)) {}

  double operator[](size_t group) const {
    return values_[group < values_.size() ? group : values_.size() - 1];
  }
  /// @throws ValueError that names `what` unless there is one number, or one for each group
  void check(const char* what, const Optimizer& optimizer) const;

 private:
  std::vector<double> values_;
};

/// Up and down between base_lr and max_lr (Smith, "Cyclical learning rates for training neural
/// networks", arXiv:1506.01186). A cycle takes step_size_up steps up and step_size_down down; after
/// the part x of its way,
///
///     lr = base_lr + (max_lr - base_lr) * x * scale_fn(cycle)
///     momentum = max_momentum - (max_momentum - base_momentum) * x * scale_fn(cycle)
///
/// with scale_fn = 1 (triangular), 2^(1 - cycle) (triangular2; cycles are counted from 1) or
/// gamma^step (exp_range). The rates are absolute: those of the optimizer do not matter, and what
/// others do to them does not last.
class GRADUS_API CyclicLR : public LRScheduler {
 public:
  enum Mode { triangular, triangular2, exp_range };
  /// What scale_fn is called with: the number of the cycle, or of the step.
  enum ScaleMode { cycle, iterations };

  /// @param step_size_down  default: step_size_up
  /// @param scale_fn        in place of `mode`
  /// @param cycle_momentum  changes `momentum`, or the first of `betas`, too
  /// @throws ValueError for step sizes below 1, or where momentum is to cycle and the optimizer has
  ///         none
  CyclicLR(Optimizer& optimizer, PerGroup base_lr, PerGroup max_lr, int64_t step_size_up = 2000,
           std::optional<int64_t> step_size_down = std::nullopt, Mode mode = triangular,
           double gamma = 1.0, Callable<double(double)> scale_fn = nullptr,
           ScaleMode scale_mode = cycle, bool cycle_momentum = true, PerGroup base_momentum = 0.8,
           PerGroup max_momentum = 0.9, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;
  void set_other_settings(int64_t step) const override;

 private:
  // How far from base to max.
  double height(int64_t step) const;

  PerGroup base_lr_, max_lr_;
  int64_t step_size_up_, step_size_down_;
  Mode mode_;
  double gamma_;
  Callable<double(double)> scale_fn_;
  ScaleMode scale_mode_;
  bool cycle_momentum_;
  PerGroup base_momentum_, max_momentum_;
};

/// Once up and down (Smith and Topin, "Super-convergence", arXiv:1708.07120): from max_lr /
/// div_factor to max_lr in the first pct_start of the steps, then down to max_lr / (div_factor *
/// final_div_factor); momentum goes the other way. With three_phase the way down first comes back
/// to the start, as slowly as it went up. The rates are absolute, as those of CyclicLR.
///
/// Step it after every batch.
class GRADUS_API OneCycleLR : public LRScheduler {
 public:
  enum AnnealStrategy { cos, linear };

  /// @param total_steps  of all; or give epochs and steps_per_epoch
  /// @throws ValueError where total_steps is not given in one way, for pct_start outside [0, 1], or
  ///         where momentum is to cycle and the optimizer has none. A step beyond total_steps is a
  ///         ValueError, too.
  OneCycleLR(Optimizer& optimizer, PerGroup max_lr,
             std::optional<int64_t> total_steps = std::nullopt,
             std::optional<int64_t> epochs = std::nullopt,
             std::optional<int64_t> steps_per_epoch = std::nullopt, double pct_start = 0.3,
             AnnealStrategy anneal_strategy = cos, bool cycle_momentum = true,
             PerGroup base_momentum = 0.85, PerGroup max_momentum = 0.95, double div_factor = 25,
             double final_div_factor = 1e4, bool three_phase = false, int64_t last_epoch = -1);

  int64_t total_steps() const { return total_steps_; }

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;
  void set_other_settings(int64_t step) const override;

 private:
  // Between the values that lr or momentum take at the ends of the phases.
  double between(int64_t step, double start, double peak, double after, double end) const;

  PerGroup max_lr_;
  int64_t total_steps_;
  double pct_start_;
  AnnealStrategy anneal_strategy_;
  bool cycle_momentum_;
  PerGroup base_momentum_, max_momentum_;
  double div_factor_, final_div_factor_;
  bool three_phase_;
};

}  // namespace gradus::optim
