#include "optim/lr_scheduler/linear.h"

namespace gradus::optim {

ConstantLR::ConstantLR(Optimizer& optimizer, double factor, int64_t total_iters, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), factor_(factor), total_iters_(total_iters) {
  GRADUS_CHECK_VALUE(factor >= 0 && factor <= 1, "ConstantLR: factor must be in [0, 1], got {}",
                     factor);
  GRADUS_CHECK_VALUE(total_iters >= 0, "ConstantLR: total_iters must be at least 0, got {}",
                     total_iters);
  start();
}

double ConstantLR::lr_of(int64_t step, double base_lr, size_t) const {
  return step < total_iters_ ? base_lr * factor_ : base_lr;
}

LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor,
                   int64_t total_iters, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      start_factor_(start_factor),
      end_factor_(end_factor),
      total_iters_(total_iters) {
  GRADUS_CHECK_VALUE(start_factor > 0 && start_factor <= 1,
                     "LinearLR: start_factor must be in (0, 1], got {}", start_factor);
  GRADUS_CHECK_VALUE(end_factor >= 0 && end_factor <= 1,
                     "LinearLR: end_factor must be in [0, 1], got {}", end_factor);
  GRADUS_CHECK_VALUE(total_iters >= 0, "LinearLR: total_iters must be at least 0, got {}",
                     total_iters);
  start();
}

double LinearLR::lr_of(int64_t step, double base_lr, size_t) const {
  if (step >= total_iters_) return base_lr * end_factor_;
  const double progress = static_cast<double>(step) / static_cast<double>(total_iters_);
  return base_lr * (start_factor_ + (end_factor_ - start_factor_) * progress);
}

}  // namespace gradus::optim
