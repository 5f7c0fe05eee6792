#include "optim/lr_scheduler/setting.h"

#include <cmath>

#include "core/state_number.h"
#include "optim/internal/settings.h"

namespace gradus::optim {

SettingScheduler::SettingScheduler(Optimizer& optimizer, std::string setting, Function factor)
    : optimizer_(&optimizer), setting_(std::move(setting)), factor_(std::move(factor)) {
  GRADUS_CHECK_VALUE(bool(factor_), "SettingScheduler: factor is empty");
  base_values_ = get_last_values();
  if (!optimizer.restored()) set(0);
}

SettingScheduler::~SettingScheduler() = default;

std::vector<double> SettingScheduler::get_last_values() const {
  std::vector<double> values;
  for (OptimizerParamGroup& group : optimizer_->param_groups()) {
    const std::optional<double> value = get_setting(group.options(), setting_);
    GRADUS_CHECK_VALUE(value.has_value(), "SettingScheduler: {} has no setting '{}'",
                       optimizer_->name(), setting_);
    values.push_back(*value);
  }
  return values;
}

std::vector<double> SettingScheduler::value_at(int64_t step) const {
  GRADUS_CHECK_VALUE(step >= 0, "SettingScheduler.value_at: step must be at least 0, got {}", step);
  std::vector<double> values = base_values_;
  const double factor = factor_(step);
  for (double& value : values) value *= factor;
  return values;
}

void SettingScheduler::set(int64_t step) {
  const std::vector<double> values = value_at(step);
  std::vector<OptimizerParamGroup>& groups = optimizer_->param_groups();
  const std::vector<double> before = get_last_values();
  // Groups that came later keep what they have.
  for (size_t g = 0; g < values.size() && g < groups.size(); ++g) {
    set_setting(groups[g].options(), setting_, values[g]);
  }
  try {
    for (const OptimizerParamGroup& group : groups) group.options().check(optimizer_->name());
  } catch (...) {
    for (size_t g = 0; g < groups.size(); ++g) {
      set_setting(groups[g].options(), setting_, before[g]);
    }
    throw;
  }
}

void SettingScheduler::step() {
  set(step_count_ + 1);
  ++step_count_;
}

StateDict SettingScheduler::state_dict() const {
  StateDict dict;
  dict.insert("last_epoch", state_number(step_count_));
  dict.insert("base_values", state_reals(base_values_));
  return dict;
}

void SettingScheduler::load_state_dict(const StateDict& state) {
  check_state_keys("SettingScheduler", state, {"last_epoch", "base_values"});
  const int64_t step_count = read_state_number("SettingScheduler", state, "last_epoch");
  GRADUS_CHECK_VALUE(step_count >= 0, "SettingScheduler: 'last_epoch' of the state is {}",
                     step_count);
  std::vector<double> base_values =
      read_state_reals("SettingScheduler", state, "base_values", optimizer_->param_groups().size());
  base_values.swap(base_values_);
  try {
    set(step_count);
  } catch (...) {
    base_values.swap(base_values_);
    throw;
  }
  step_count_ = step_count;
}

MomentumScheduler::MomentumScheduler(Optimizer& optimizer, Function factor)
    : SettingScheduler(optimizer, "momentum", std::move(factor)) {}

WeightDecayScheduler::WeightDecayScheduler(Optimizer& optimizer, Function factor)
    : SettingScheduler(optimizer, "weight_decay", std::move(factor)) {}

BatchSizeScheduler::BatchSizeScheduler(int64_t base_size, Function factor, int64_t max_size)
    : base_size_(base_size), max_size_(max_size), factor_(std::move(factor)) {
  GRADUS_CHECK_VALUE(base_size >= 1 && base_size <= max_size,
                     "BatchSizeScheduler: expected 1 <= base_size <= max_size, got {} and {}",
                     base_size, max_size);
  GRADUS_CHECK_VALUE(bool(factor_), "BatchSizeScheduler: factor is empty");
}

BatchSizeScheduler::~BatchSizeScheduler() = default;

int64_t BatchSizeScheduler::batch_size_at(int64_t step) const {
  const double size = static_cast<double>(base_size_) * factor_(step);
  GRADUS_CHECK_VALUE(!std::isnan(size), "BatchSizeScheduler: factor({}) is nan", step);
  if (size >= static_cast<double>(max_size_)) return max_size_;
  return size < 1 ? 1 : static_cast<int64_t>(std::llround(size));
}

StateDict BatchSizeScheduler::state_dict() const {
  StateDict dict;
  dict.insert("last_epoch", state_number(step_count_));
  return dict;
}

void BatchSizeScheduler::load_state_dict(const StateDict& state) {
  check_state_keys("BatchSizeScheduler", state, {"last_epoch"});
  const int64_t step_count = read_state_number("BatchSizeScheduler", state, "last_epoch");
  GRADUS_CHECK_VALUE(step_count >= 0, "BatchSizeScheduler: 'last_epoch' of the state is {}",
                     step_count);
  step_count_ = step_count;
}

}  // namespace gradus::optim
