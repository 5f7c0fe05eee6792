#pragma once

#include <cstddef>
#include <cstdint>

#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// base_lr * factor before step total_iters, base_lr from then on.
class GRADUS_API ConstantLR : public LRScheduler {
 public:
  /// @throws ValueError unless 0 <= factor <= 1 and total_iters >= 0
  ConstantLR(Optimizer& optimizer, double factor = 1.0 / 3, int64_t total_iters = 5,
             int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  double factor_;
  int64_t total_iters_;
};

/// base_lr times a factor that goes from start_factor to end_factor in total_iters steps and stays
/// there: a warm-up, or a decay.
class GRADUS_API LinearLR : public LRScheduler {
 public:
  /// @throws ValueError unless 0 < start_factor <= 1, 0 <= end_factor <= 1 and total_iters >= 0
  LinearLR(Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1.0,
           int64_t total_iters = 5, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  double start_factor_;
  double end_factor_;
  int64_t total_iters_;
};

}  // namespace gradus::optim
