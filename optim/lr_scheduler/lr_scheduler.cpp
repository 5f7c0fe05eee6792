#include "optim/lr_scheduler/lr_scheduler.h"

#include <cmath>

#include "core/state_number.h"
#include "core/warning.h"

namespace gradus::optim {

namespace {

// A rate that no optimizer takes is an error of the schedule, not of the step that comes after it.
void check_rates(const std::vector<double>& lrs) {
  for (size_t g = 0; g < lrs.size(); ++g) {
    GRADUS_CHECK_VALUE(lrs[g] >= 0 && std::isfinite(lrs[g]),
                       "LRScheduler: the rate of group {} would be {}, expected a finite number of "
                       "at least 0",
                       g, lrs[g]);
  }
}

}  // namespace

LRScheduler::LRScheduler(Optimizer& optimizer, int64_t last_epoch)
    : step_count_(last_epoch + 1), optimizer_(&optimizer), resumed_(last_epoch >= 0) {
  GRADUS_CHECK_VALUE(last_epoch >= -1, "LRScheduler: last_epoch must be at least -1, got {}",
                     last_epoch);
  std::vector<OptimizerParamGroup>& groups = optimizer.param_groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    GRADUS_CHECK_VALUE(last_epoch == -1 || groups[g].initial_lr(),
                       "LRScheduler: last_epoch is {}, but group {} has no initial_lr: restore the "
                       "optimizer first",
                       last_epoch, g);
    if (groups[g].initial_lr() && optimizer.restored()) resumed_ = true;
    base_lrs_.push_back(groups[g].initial_lr().value_or(groups[g].options().get_lr()));
  }
  last_lr_ = get_current_lrs();
}

LRScheduler::~LRScheduler() = default;

void LRScheduler::start() {
  if (!resumed_ || step_count_ > 0) {  // else the optimizer keeps its restored rate
    set_lrs(get_lrs());
    set_other_settings(step_count_);
  }
  attach();
}

// Last of all, so that a constructor or a step that fails leaves the groups as they were.
void LRScheduler::attach() {
  std::vector<OptimizerParamGroup>& groups = optimizer_->param_groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!groups[g].initial_lr()) groups[g].set_initial_lr(base_lrs_[g]);
  }
}

void LRScheduler::start_from_current_lrs() {
  if (!resumed_) base_lrs_ = get_current_lrs();
}

void LRScheduler::set_other_settings(int64_t) const {}

void LRScheduler::step() {
  if (step_count_ == 0 && !resumed_ && !warned_ && optimizer_->counts_steps() &&
      optimizer_->steps_taken() == 0) {
    warned_ = true;
    warn(
        fmt::format("a learning-rate schedule was stepped before its optimizer ({}), so the first "
                    "rate of the schedule is skipped. Call optimizer.step() before "
                    "schedule.step().",
                    optimizer_->name()));
  }
  const std::vector<double> base_lrs = base_lrs_, last_lr = last_lr_;
  adopt_changes();
  ++step_count_;
  try {
    set_lrs(get_lrs());
  } catch (...) {
    --step_count_;
    base_lrs_ = base_lrs;
    last_lr_ = last_lr;
    throw;
  }
  set_other_settings(step_count_);
  attach();
}

double LRScheduler::lr_of(int64_t, double, size_t) const {
  gradus::detail::throw_error<NotImplementedError>(
      "LRScheduler: a schedule must implement lr_of() or get_lrs()");
}

std::vector<double> LRScheduler::get_lrs() {
  return lr_at(step_count_);
}

std::vector<double> LRScheduler::lr_at(int64_t step) const {
  GRADUS_CHECK_VALUE(step >= 0, "LRScheduler.lr_at: step must be at least 0, got {}", step);
  std::vector<double> lrs;
  for (size_t g = 0; g < base_lrs_.size(); ++g) lrs.push_back(lr_of(step, base_lrs_[g], g));
  return lrs;
}

std::vector<double> LRScheduler::get_current_lrs() const {
  std::vector<double> lrs;
  for (const OptimizerParamGroup& group : optimizer_->param_groups()) {
    lrs.push_back(group.options().get_lr());
  }
  return lrs;
}

void LRScheduler::adopt_changes() {
  const std::vector<double> current = get_current_lrs();
  for (size_t g = 0; g < current.size(); ++g) {
    if (g == base_lrs_.size()) {
      base_lrs_.push_back(optimizer_->param_groups()[g].initial_lr().value_or(current[g]));
      last_lr_.push_back(current[g]);
    } else if (current[g] != last_lr_[g] && last_lr_[g] > 0) {
      base_lrs_[g] *= current[g] / last_lr_[g];
    }
  }
}

void LRScheduler::set_lrs(const std::vector<double>& lrs) {
  std::vector<OptimizerParamGroup>& groups = optimizer_->param_groups();
  GRADUS_CHECK_VALUE(lrs.size() == groups.size(),
                     "LRScheduler: got {} learning rates for {} parameter groups", lrs.size(),
                     groups.size());
  check_rates(lrs);
  for (size_t g = 0; g < groups.size(); ++g) groups[g].options().set_lr(lrs[g]);
  last_lr_ = lrs;
}

StateDict LRScheduler::state_dict() const {
  StateDict dict;
  dict.insert("last_epoch", state_number(step_count_));
  dict.insert("base_lrs", state_reals(base_lrs_));
  dict.insert("last_lr", state_reals(last_lr_));
  return dict;
}

void LRScheduler::load_state_dict(const StateDict& state) {
  check_state_keys("LRScheduler", state, {"last_epoch", "base_lrs", "last_lr"});
  const int64_t step_count = read_state_number("LRScheduler", state, "last_epoch");
  GRADUS_CHECK_VALUE(step_count >= 0, "LRScheduler: 'last_epoch' of the state is {}", step_count);
  const size_t groups = optimizer_->param_groups().size();
  std::vector<double> base_lrs = read_state_reals("LRScheduler", state, "base_lrs", groups);
  std::vector<double> last_lr = read_state_reals("LRScheduler", state, "last_lr", groups);
  check_rates(last_lr);
  step_count_ = step_count;
  base_lrs_ = std::move(base_lrs);
  resumed_ = true;
  // A restored optimizer has its rate: others may have changed it after the schedule.
  if (optimizer_->restored()) {
    last_lr_ = std::move(last_lr);
  } else {
    set_lrs(last_lr);
    set_other_settings(step_count_);
  }
}

}  // namespace gradus::optim
