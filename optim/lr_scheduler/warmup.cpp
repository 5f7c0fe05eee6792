#include "optim/lr_scheduler/warmup.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::optim {

namespace {

void check_factor(const char* schedule, const char* name, double factor) {
  GRADUS_CHECK_VALUE(factor >= 0 && factor <= 1, "{}: {} must be in [0, 1], got {}", schedule, name,
                     factor);
}

void check_steps(const char* schedule, int64_t warmup_steps, int64_t total_steps) {
  GRADUS_CHECK_VALUE(warmup_steps >= 0 && warmup_steps <= total_steps,
                     "{}: expected 0 <= warmup_steps <= total_steps, got {} and {}", schedule,
                     warmup_steps, total_steps);
}

double warmup(int64_t step, int64_t warmup_steps, double start_factor) {
  const double x = static_cast<double>(step) / static_cast<double>(warmup_steps);
  return start_factor + (1 - start_factor) * x;
}

// Which part of [begin, end] has passed, where step >= begin.
double passed(int64_t step, int64_t begin, int64_t end) {
  if (step >= end) return 1;
  return static_cast<double>(step - begin) / static_cast<double>(end - begin);
}

// The way that is left after the part x of half a cosine.
double cosine_left(double x) {
  return (1 + std::cos(std::numbers::pi * x)) / 2;
}

}  // namespace

WarmupCosine::WarmupCosine(Optimizer& optimizer, int64_t warmup_steps, int64_t total_steps,
                           double min_factor, double start_factor, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      warmup_steps_(warmup_steps),
      total_steps_(total_steps),
      min_factor_(min_factor),
      start_factor_(start_factor) {
  check_steps("WarmupCosine", warmup_steps, total_steps);
  check_factor("WarmupCosine", "min_factor", min_factor);
  check_factor("WarmupCosine", "start_factor", start_factor);
  start();
}

double WarmupCosine::lr_of(int64_t step, double base_lr, size_t) const {
  if (step < warmup_steps_) return base_lr * warmup(step, warmup_steps_, start_factor_);
  const double left = cosine_left(passed(step, warmup_steps_, total_steps_));
  return base_lr * (min_factor_ + (1 - min_factor_) * left);
}

WarmupLinear::WarmupLinear(Optimizer& optimizer, int64_t warmup_steps, int64_t total_steps,
                           double min_factor, double start_factor, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      warmup_steps_(warmup_steps),
      total_steps_(total_steps),
      min_factor_(min_factor),
      start_factor_(start_factor) {
  check_steps("WarmupLinear", warmup_steps, total_steps);
  check_factor("WarmupLinear", "min_factor", min_factor);
  check_factor("WarmupLinear", "start_factor", start_factor);
  start();
}

double WarmupLinear::lr_of(int64_t step, double base_lr, size_t) const {
  if (step < warmup_steps_) return base_lr * warmup(step, warmup_steps_, start_factor_);
  const double left = 1 - passed(step, warmup_steps_, total_steps_);
  return base_lr * (min_factor_ + (1 - min_factor_) * left);
}

WSD::WSD(Optimizer& optimizer, int64_t warmup_steps, int64_t stable_steps, int64_t decay_steps,
         Cooldown cooldown, double min_factor, double start_factor, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      warmup_steps_(warmup_steps),
      stable_steps_(stable_steps),
      decay_steps_(decay_steps),
      cooldown_(cooldown),
      min_factor_(min_factor),
      start_factor_(start_factor) {
  for (int64_t steps : {warmup_steps, stable_steps, decay_steps}) {
    GRADUS_CHECK_VALUE(steps >= 0 && steps <= (int64_t{1} << 60),
                       "WSD: warmup_steps, stable_steps and decay_steps must be from 0 to 2^60, "
                       "got {}",
                       steps);
  }
  check_factor("WSD", "min_factor", min_factor);
  check_factor("WSD", "start_factor", start_factor);
  start();
}

double WSD::lr_of(int64_t step, double base_lr, size_t) const {
  if (step < warmup_steps_) return base_lr * warmup(step, warmup_steps_, start_factor_);
  const int64_t decay_begin = warmup_steps_ + stable_steps_;
  if (step < decay_begin) return base_lr;
  const double x = passed(step, decay_begin, decay_begin + decay_steps_);
  double left = 1 - x;
  if (cooldown_ == cosine) left = cosine_left(x);
  if (cooldown_ == one_minus_sqrt) left = 1 - std::sqrt(x);
  return base_lr * (min_factor_ + (1 - min_factor_) * left);
}

InverseSqrt::InverseSqrt(Optimizer& optimizer, int64_t warmup_steps, double start_factor,
                         int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), warmup_steps_(warmup_steps), start_factor_(start_factor) {
  GRADUS_CHECK_VALUE(warmup_steps >= 1, "InverseSqrt: warmup_steps must be at least 1, got {}",
                     warmup_steps);
  check_factor("InverseSqrt", "start_factor", start_factor);
  start();
}

double InverseSqrt::lr_of(int64_t step, double base_lr, size_t) const {
  if (step < warmup_steps_) return base_lr * warmup(step, warmup_steps_, start_factor_);
  return base_lr * std::sqrt(static_cast<double>(warmup_steps_) / static_cast<double>(step));
}

Noam::Noam(Optimizer& optimizer, int64_t d_model, int64_t warmup_steps, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), d_model_(d_model), warmup_steps_(warmup_steps) {
  GRADUS_CHECK_VALUE(d_model >= 1, "Noam: d_model must be at least 1, got {}", d_model);
  GRADUS_CHECK_VALUE(warmup_steps >= 1, "Noam: warmup_steps must be at least 1, got {}",
                     warmup_steps);
  start();
}

double Noam::lr_of(int64_t step, double base_lr, size_t) const {
  const double s = static_cast<double>(step) + 1;
  const double factor =
      std::min(1 / std::sqrt(s), s * std::pow(static_cast<double>(warmup_steps_), -1.5));
  return base_lr / std::sqrt(static_cast<double>(d_model_)) * factor;
}

}  // namespace gradus::optim
