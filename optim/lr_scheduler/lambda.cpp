#include "optim/lr_scheduler/lambda.h"

namespace gradus::optim {

LambdaLR::LambdaLR(Optimizer& optimizer, Function lr_lambda, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), lr_lambdas_{std::move(lr_lambda)} {
  GRADUS_CHECK_VALUE(bool(lr_lambdas_[0]), "LambdaLR: lr_lambda is empty");
  start();
}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<Function> lr_lambdas, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), lr_lambdas_(std::move(lr_lambdas)) {
  GRADUS_CHECK_VALUE(lr_lambdas_.size() == optimizer.param_groups().size(),
                     "LambdaLR: got {} functions for {} parameter groups", lr_lambdas_.size(),
                     optimizer.param_groups().size());
  for (const Function& function : lr_lambdas_) {
    GRADUS_CHECK_VALUE(bool(function), "LambdaLR: a function in lr_lambdas is empty");
  }
  start();
}

double LambdaLR::lr_of(int64_t step, double base_lr, size_t group) const {
  // Groups that came later share the last function.
  const Function& lr_lambda =
      lr_lambdas_[group < lr_lambdas_.size() ? group : lr_lambdas_.size() - 1];
  return base_lr * lr_lambda(step);
}

}  // namespace gradus::optim
