#include "optim/lr_scheduler/decay.h"

#include <algorithm>
#include <cmath>

namespace gradus::optim {

StepLR::StepLR(Optimizer& optimizer, int64_t step_size, double gamma, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), step_size_(step_size), gamma_(gamma) {
  GRADUS_CHECK_VALUE(step_size >= 1, "StepLR: step_size must be at least 1, got {}", step_size);
  start();
}

double StepLR::lr_of(int64_t step, double base_lr, size_t) const {
  return base_lr * std::pow(gamma_, static_cast<double>(step / step_size_));
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<int64_t> milestones, double gamma,
                         int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), milestones_(std::move(milestones)), gamma_(gamma) {
  std::sort(milestones_.begin(), milestones_.end());
  start();
}

double MultiStepLR::lr_of(int64_t step, double base_lr, size_t) const {
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), step);
  return base_lr * std::pow(gamma_, static_cast<double>(passed - milestones_.begin()));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), gamma_(gamma) {
  start();
}

double ExponentialLR::lr_of(int64_t step, double base_lr, size_t) const {
  return base_lr * std::pow(gamma_, static_cast<double>(step));
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, int64_t total_iters, double power,
                           int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), total_iters_(total_iters), power_(power) {
  GRADUS_CHECK_VALUE(total_iters >= 0, "PolynomialLR: total_iters must be at least 0, got {}",
                     total_iters);
  GRADUS_CHECK_VALUE(power >= 0, "PolynomialLR: power must be at least 0, got {}", power);
  start();
}

double PolynomialLR::lr_of(int64_t step, double base_lr, size_t) const {
  if (step >= total_iters_) return power_ == 0 ? base_lr : 0;
  const double left = 1 - static_cast<double>(step) / static_cast<double>(total_iters_);
  return base_lr * std::pow(left, power_);
}

}  // namespace gradus::optim
