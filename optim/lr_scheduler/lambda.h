#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/callable.h"
#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// base_lr * lr_lambda(step).
class GRADUS_API LambdaLR : public LRScheduler {
 public:
  using Function = Callable<double(int64_t)>;

  LambdaLR(Optimizer& optimizer, Function lr_lambda, int64_t last_epoch = -1);
  /// One function for each parameter group. @throws ValueError for another number of them
  LambdaLR(Optimizer& optimizer, std::vector<Function> lr_lambdas, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  std::vector<Function> lr_lambdas_;  // one for all groups, or one for each
};

/// base_lr * lr_lambda(1) * ... * lr_lambda(step).
class GRADUS_API MultiplicativeLR : public LRScheduler {
 public:
  using Function = Callable<double(int64_t)>;

  MultiplicativeLR(Optimizer& optimizer, Function lr_lambda, int64_t last_epoch = -1);
  /// One function for each parameter group. @throws ValueError for another number of them
  MultiplicativeLR(Optimizer& optimizer, std::vector<Function> lr_lambdas, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  std::vector<Function> lr_lambdas_;  // one for all groups, or one for each
  // The product that was computed last, of each function: the next step needs one factor more.
  struct Product {
    int64_t step = 0;
    double value = 1;
  };
  mutable std::vector<Product> products_;
};

}  // namespace gradus::optim
