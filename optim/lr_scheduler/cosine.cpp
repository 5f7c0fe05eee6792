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

}  // namespace gradus::optim
