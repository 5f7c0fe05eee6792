#include "optim/lr_scheduler/cyclic.h"

#include <cmath>
#include <numbers>

#include "optim/internal/settings.h"

namespace gradus::optim {

void PerGroup::check(const char* what, const Optimizer& optimizer) const {
  GRADUS_CHECK_VALUE(values_.size() == 1 || values_.size() == optimizer.param_groups().size(),
                     "{}: got {} values for {} parameter groups", what, values_.size(),
                     optimizer.param_groups().size());
  for (double value : values_) {
    GRADUS_CHECK_VALUE(std::isfinite(value), "{}: must be a finite number, got {}", what, value);
  }
}

namespace {

void check_momentum(const char* schedule, Optimizer& optimizer) {
  for (OptimizerParamGroup& group : optimizer.param_groups()) {
    GRADUS_CHECK_VALUE(get_setting(group.options(), "momentum").has_value(),
                       "{}: cycle_momentum needs an optimizer with momentum or betas, but {} has "
                       "none; pass cycle_momentum = false",
                       schedule, optimizer.name());
  }
}

}  // namespace

CyclicLR::CyclicLR(Optimizer& optimizer, PerGroup base_lr, PerGroup max_lr, int64_t step_size_up,
                   std::optional<int64_t> step_size_down, Mode mode, double gamma,
                   Callable<double(double)> scale_fn, ScaleMode scale_mode, bool cycle_momentum,
                   PerGroup base_momentum, PerGroup max_momentum, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      base_lr_(std::move(base_lr)),
      max_lr_(std::move(max_lr)),
      step_size_up_(step_size_up),
      step_size_down_(step_size_down.value_or(step_size_up)),
      mode_(mode),
      gamma_(gamma),
      scale_fn_(std::move(scale_fn)),
      scale_mode_(scale_fn_           ? scale_mode
                  : mode == exp_range ? iterations
                                      : cycle),
      cycle_momentum_(cycle_momentum),
      base_momentum_(std::move(base_momentum)),
      max_momentum_(std::move(max_momentum)) {
  base_lr_.check("CyclicLR: base_lr", optimizer);
  max_lr_.check("CyclicLR: max_lr", optimizer);
  base_momentum_.check("CyclicLR: base_momentum", optimizer);
  max_momentum_.check("CyclicLR: max_momentum", optimizer);
  GRADUS_CHECK_VALUE(
      step_size_up_ >= 1 && step_size_down_ >= 1 && step_size_up_ <= INT64_MAX - step_size_down_,
      "CyclicLR: step_size_up and step_size_down must be at least 1, got {} and {}", step_size_up_,
      step_size_down_);
  if (cycle_momentum_) check_momentum("CyclicLR", optimizer);
  start();
}

double CyclicLR::height(int64_t step) const {
  const int64_t total = step_size_up_ + step_size_down_;
  const int64_t at = step % total;
  const auto number = static_cast<double>(1 + step / total);  // of the cycle
  const double x = at <= step_size_up_
                       ? static_cast<double>(at) / static_cast<double>(step_size_up_)
                       : static_cast<double>(total - at) / static_cast<double>(step_size_down_);
  const double argument = scale_mode_ == cycle ? number : static_cast<double>(step);
  if (scale_fn_) return x * scale_fn_(argument);
  switch (mode_) {
    case triangular2:
      return x * std::pow(2.0, 1 - number);
    case exp_range:
      return x * std::pow(gamma_, argument);
    default:
      return x;
  }
}

double CyclicLR::lr_of(int64_t step, double, size_t group) const {
  return base_lr_[group] + (max_lr_[group] - base_lr_[group]) * height(step);
}

void CyclicLR::set_other_settings(int64_t step) const {
  if (!cycle_momentum_) return;
  for (size_t g = 0; g < optimizer().param_groups().size(); ++g) {
    const double range = max_momentum_[g] - base_momentum_[g];
    set_setting(optimizer().param_groups()[g].options(), "momentum",
                max_momentum_[g] - range * height(step));
  }
}

namespace {

int64_t steps_of(std::optional<int64_t> total_steps, std::optional<int64_t> epochs,
                 std::optional<int64_t> steps_per_epoch) {
  GRADUS_CHECK_VALUE(total_steps || (epochs && steps_per_epoch),
                     "OneCycleLR: give total_steps, or epochs and steps_per_epoch");
  for (const auto& count : {total_steps, epochs, steps_per_epoch}) {
    GRADUS_CHECK_VALUE(!count || (*count >= 1 && *count <= (int64_t{1} << 31)),
                       "OneCycleLR: total_steps, epochs and steps_per_epoch must be from 1 to "
                       "2^31, got {}",
                       *count);
  }
  return total_steps ? *total_steps : *epochs * *steps_per_epoch;
}

}  // namespace

OneCycleLR::OneCycleLR(Optimizer& optimizer, PerGroup max_lr, std::optional<int64_t> total_steps,
                       std::optional<int64_t> epochs, std::optional<int64_t> steps_per_epoch,
                       double pct_start, AnnealStrategy anneal_strategy, bool cycle_momentum,
                       PerGroup base_momentum, PerGroup max_momentum, double div_factor,
                       double final_div_factor, bool three_phase, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      max_lr_(std::move(max_lr)),
      total_steps_(steps_of(total_steps, epochs, steps_per_epoch)),
      pct_start_(pct_start),
      anneal_strategy_(anneal_strategy),
      cycle_momentum_(cycle_momentum),
      base_momentum_(std::move(base_momentum)),
      max_momentum_(std::move(max_momentum)),
      div_factor_(div_factor),
      final_div_factor_(final_div_factor),
      three_phase_(three_phase) {
  max_lr_.check("OneCycleLR: max_lr", optimizer);
  base_momentum_.check("OneCycleLR: base_momentum", optimizer);
  max_momentum_.check("OneCycleLR: max_momentum", optimizer);
  GRADUS_CHECK_VALUE(pct_start >= 0 && pct_start <= 1,
                     "OneCycleLR: pct_start must be in [0, 1], got {}", pct_start);
  GRADUS_CHECK_VALUE(div_factor > 0 && final_div_factor > 0,
                     "OneCycleLR: div_factor and final_div_factor must be positive, got {} and {}",
                     div_factor, final_div_factor);
  if (cycle_momentum_) check_momentum("OneCycleLR", optimizer);
  start();
}

double OneCycleLR::between(int64_t step, double start, double peak, double after,
                           double end) const {
  GRADUS_CHECK_VALUE(step <= total_steps_, "OneCycleLR: step {} is beyond total_steps = {}", step,
                     total_steps_);
  // Where the phases end, as PyTorch counts.
  const auto total = static_cast<double>(total_steps_);
  const double up = pct_start_ * total - 1;
  const double back = three_phase_ ? 2 * pct_start_ * total - 2 : up;
  const auto at = static_cast<double>(step);
  const auto anneal = [&](double from, double to, double begin, double stop) {
    const double x = stop > begin ? (at - begin) / (stop - begin) : 1;
    if (anneal_strategy_ == linear) return (to - from) * x + from;
    return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * x));
  };
  if (at <= up) return anneal(start, peak, 0, up);
  if (three_phase_ && at <= back) return anneal(peak, after, up, back);
  return anneal(three_phase_ ? after : peak, end, back, total - 1);
}

double OneCycleLR::lr_of(int64_t step, double, size_t group) const {
  const double start = max_lr_[group] / div_factor_;
  return between(step, start, max_lr_[group], start, start / final_div_factor_);
}

void OneCycleLR::set_other_settings(int64_t step) const {
  if (!cycle_momentum_) return;
  for (size_t g = 0; g < optimizer().param_groups().size(); ++g) {
    const double base = base_momentum_[g], max = max_momentum_[g];
    set_setting(optimizer().param_groups()[g].options(), "momentum",
                between(step, max, base, max, max));
  }
}

}  // namespace gradus::optim
