#include "optim/lr_scheduler/cosine.h"

#include <cmath>
#include <numbers>

namespace gradus::optim {

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min,
                                     int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), T_max_(T_max), eta_min_(eta_min) {
  GRADUS_CHECK_VALUE(T_max >= 1, "CosineAnnealingLR: T_max must be at least 1, got {}", T_max);
  start();
}

double CosineAnnealingLR::lr_of(int64_t step, double base_lr, size_t) const {
  if (step == 0) return base_lr;
  // A whole number of periods further the rate is the same, and the cosine more exact.
  const auto phase = static_cast<double>(step % (2 * T_max_)) / static_cast<double>(T_max_);
  return eta_min_ + (base_lr - eta_min_) * (1 + std::cos(std::numbers::pi * phase)) / 2;
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, int64_t T_0,
                                                         int64_t T_mult, double eta_min,
                                                         int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), T_0_(T_0), T_mult_(T_mult), eta_min_(eta_min) {
  GRADUS_CHECK_VALUE(T_0 >= 1, "CosineAnnealingWarmRestarts: T_0 must be at least 1, got {}", T_0);
  GRADUS_CHECK_VALUE(T_mult >= 1, "CosineAnnealingWarmRestarts: T_mult must be at least 1, got {}",
                     T_mult);
  start();
}

double CosineAnnealingWarmRestarts::lr_of(int64_t step, double base_lr, size_t) const {
  int64_t t = step, T = T_0_;
  if (T_mult_ == 1) {
    t %= T;
  } else {
    // A period longer than the steps that are left is the last one, so T cannot overflow.
    while (t >= T) {
      t -= T;
      if (T > t / T_mult_ + 1) {
        T = T > INT64_MAX / T_mult_ ? INT64_MAX : T * T_mult_;
        break;
      }
      T *= T_mult_;
    }
  }
  const double phase = static_cast<double>(t) / static_cast<double>(T);
  return eta_min_ + (base_lr - eta_min_) * (1 + std::cos(std::numbers::pi * phase)) / 2;
}

}  // namespace gradus::optim
