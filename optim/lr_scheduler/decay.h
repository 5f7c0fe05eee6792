#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// base_lr * gamma^floor(step / step_size).
class GRADUS_API StepLR : public LRScheduler {
 public:
  /// @throws ValueError unless step_size >= 1
  StepLR(Optimizer& optimizer, int64_t step_size, double gamma = 0.1, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t step_size_;
  double gamma_;
};

/// base_lr * gamma^(number of milestones <= step). A milestone may come twice.
class GRADUS_API MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, std::vector<int64_t> milestones, double gamma = 0.1,
              int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  std::vector<int64_t> milestones_;
  double gamma_;
};

/// base_lr * gamma^step.
class GRADUS_API ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  double gamma_;
};

}  // namespace gradus::optim
