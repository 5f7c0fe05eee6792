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

}  // namespace gradus::optim
