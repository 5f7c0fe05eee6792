#include "optim/sign_sgd.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

SignSGDOptions::SignSGDOptions(double lr) : lr_(lr) {}

void SignSGDOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void SignSGDOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

SignSGD::SignSGD(const std::vector<OptimizerParamGroup>& param_groups, SignSGDOptions defaults)
    : Optimizer(param_groups, std::make_unique<SignSGDOptions>(std::move(defaults)), "SignSGD") {}

SignSGD::SignSGD(std::vector<Tensor> params, SignSGDOptions defaults)
    : SignSGD(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

SignSGD::SignSGD(const OrderedDict<std::string, Tensor>& named_params, SignSGDOptions defaults)
    : SignSGD(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

void SignSGD::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::SignNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SignSGDOptions&>(param_groups_[group].options());
    numbers.begin_group({gradient_numbers(options, options.decoupled_weight_decay())});
    for_each_gradient(group, [&](const Tensor& p, const Tensor& g) {
      batch.add({&p, &g}, numbers.at(0, [](kernel::SignNumbers&) {}));
    });
  }
  batch.run(kernel::sign_kernel(), numbers.data());
}

}  // namespace gradus::optim
