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

/// base_lr * (1 - min(step, total_iters) / total_iters)^power: down to 0 at step total_iters.
/// total_iters = 0 is at its end at once.
class GRADUS_API PolynomialLR : public LRScheduler {
 public:
  /// @throws ValueError unless total_iters >= 0 and power >= 0
  PolynomialLR(Optimizer& optimizer, int64_t total_iters = 5, double power = 1.0,
               int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t total_iters_;
  double power_;
};

}  // namespace gradus::optim
