#include "optim/lr_scheduler/plateau.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "core/state_number.h"

namespace gradus::optim {

ReduceLROnPlateauScheduler::ReduceLROnPlateauScheduler(
    Optimizer& optimizer, SchedulerMode mode, double factor, int64_t patience, double threshold,
    ThresholdMode threshold_mode, int64_t cooldown, std::vector<double> min_lrs, double eps,
    bool verbose)
    : optimizer_(optimizer),
      mode_(mode),
      factor_(factor),
      patience_(patience),
      threshold_(threshold),
      threshold_mode_(threshold_mode),
      cooldown_(cooldown),
      min_lrs_(std::move(min_lrs)),
      eps_(eps),
      verbose_(verbose),
      best_(mode == min ? std::numeric_limits<double>::infinity()
                        : -std::numeric_limits<double>::infinity()) {
  GRADUS_CHECK_VALUE(factor < 1, "ReduceLROnPlateauScheduler: factor must be below 1, got {}",
                     factor);
  GRADUS_CHECK_VALUE(min_lrs_.empty() || min_lrs_.size() == optimizer.param_groups().size(),
                     "ReduceLROnPlateauScheduler: got {} min_lrs for {} parameter groups",
                     min_lrs_.size(), optimizer.param_groups().size());
}

ReduceLROnPlateauScheduler::~ReduceLROnPlateauScheduler() = default;

bool ReduceLROnPlateauScheduler::is_better(double metric) const {
  if (mode_ == min) {
    return metric < (threshold_mode_ == rel ? best_ * (1 - threshold_) : best_ - threshold_);
  }
  return metric > (threshold_mode_ == rel ? best_ * (1 + threshold_) : best_ + threshold_);
}

void ReduceLROnPlateauScheduler::step(double metric) {
  ++last_epoch_;
  if (is_better(metric)) {
    best_ = metric;
    num_bad_epochs_ = 0;
  } else {
    ++num_bad_epochs_;
  }
  if (cooldown_counter_ > 0) {
    --cooldown_counter_;
    num_bad_epochs_ = 0;
  }
  if (num_bad_epochs_ > patience_) {
    reduce_lr();
    cooldown_counter_ = cooldown_;
    num_bad_epochs_ = 0;
  }
}

void ReduceLROnPlateauScheduler::reduce_lr() {
  std::vector<OptimizerParamGroup>& groups = optimizer_.param_groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    // A group that came later has no bound of its own.
    const double min_lr = g < min_lrs_.size() ? min_lrs_[g] : 0.0;
    const double old_lr = groups[g].options().get_lr();
    const double new_lr = std::max(old_lr * factor_, min_lr);
    if (!(old_lr - new_lr > eps_)) continue;
    groups[g].options().set_lr(new_lr);
    if (verbose_) {
      std::printf("Epoch %lld: reducing learning rate of group %zu to %.4e\n",
                  static_cast<long long>(last_epoch_), g, new_lr);
    }
  }
}

std::vector<double> ReduceLROnPlateauScheduler::get_last_lr() const {
  std::vector<double> lrs;
  for (const OptimizerParamGroup& group : optimizer_.param_groups()) {
    lrs.push_back(group.options().get_lr());
  }
  return lrs;
}

StateDict ReduceLROnPlateauScheduler::state_dict() const {
  StateDict dict;
  dict.insert("last_epoch", state_number(last_epoch_));
  dict.insert("best", state_real(best_));
  dict.insert("num_bad_epochs", state_number(num_bad_epochs_));
  dict.insert("cooldown_counter", state_number(cooldown_counter_));
  return dict;
}

void ReduceLROnPlateauScheduler::load_state_dict(const StateDict& state) {
  check_state_keys("ReduceLROnPlateauScheduler", state,
                   {"last_epoch", "best", "num_bad_epochs", "cooldown_counter"});
  const int64_t last_epoch = read_state_number("ReduceLROnPlateauScheduler", state, "last_epoch");
  const double best = read_state_real("ReduceLROnPlateauScheduler", state, "best");
  const int64_t num_bad_epochs =
      read_state_number("ReduceLROnPlateauScheduler", state, "num_bad_epochs");
  const int64_t cooldown_counter =
      read_state_number("ReduceLROnPlateauScheduler", state, "cooldown_counter");
  last_epoch_ = last_epoch;
  best_ = best;
  num_bad_epochs_ = num_bad_epochs;
  cooldown_counter_ = cooldown_counter;
}

}  // namespace gradus::optim
