#include "optim/lr_scheduler/lambda.h"

namespace gradus::optim {

namespace {

using Functions = std::vector<Callable<double(int64_t)>>;

void check_functions(const char* name, const Functions& functions, const Optimizer& optimizer) {
  GRADUS_CHECK_VALUE(functions.size() == 1 || functions.size() == optimizer.param_groups().size(),
                     "{}: got {} functions for {} parameter groups", name, functions.size(),
                     optimizer.param_groups().size());
  for (const auto& function : functions) {
    GRADUS_CHECK_VALUE(bool(function), "{}: a function in lr_lambda is empty", name);
  }
}

// One function is for all groups; groups that came later share the last.
size_t index_of(const Functions& functions, size_t group) {
  return group < functions.size() ? group : functions.size() - 1;
}

}  // namespace

LambdaLR::LambdaLR(Optimizer& optimizer, Function lr_lambda, int64_t last_epoch)
    : LambdaLR(optimizer, std::vector<Function>{std::move(lr_lambda)}, last_epoch) {}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<Function> lr_lambdas, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch), lr_lambdas_(std::move(lr_lambdas)) {
  check_functions("LambdaLR", lr_lambdas_, optimizer);
  start();
}

double LambdaLR::lr_of(int64_t step, double base_lr, size_t group) const {
  return base_lr * lr_lambdas_[index_of(lr_lambdas_, group)](step);
}

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, Function lr_lambda, int64_t last_epoch)
    : MultiplicativeLR(optimizer, std::vector<Function>{std::move(lr_lambda)}, last_epoch) {}

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, std::vector<Function> lr_lambdas,
                                   int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      lr_lambdas_(std::move(lr_lambdas)),
      products_(lr_lambdas_.size()) {
  check_functions("MultiplicativeLR", lr_lambdas_, optimizer);
  start();
}

double MultiplicativeLR::lr_of(int64_t step, double base_lr, size_t group) const {
  const size_t i = index_of(lr_lambdas_, group);
  Product product = products_[i].step <= step ? products_[i] : Product();
  while (product.step < step) product.value *= lr_lambdas_[i](++product.step);
  products_[i] = product;
  return base_lr * product.value;
}

}  // namespace gradus::optim
