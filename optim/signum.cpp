#include "optim/signum.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

SignumOptions::SignumOptions(double lr) : lr_(lr) {}

void SignumOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  GRADUS_CHECK_VALUE(momentum_ > 0, "{}: momentum must be above 0 (without it, use SignSGD)",
                     optimizer);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void SignumOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void SignumParamState::visit(FieldVisitor& visitor) {
  visitor("momentum_buffer", momentum_buffer_);
}

Signum::Signum(const std::vector<OptimizerParamGroup>& param_groups, SignumOptions defaults)
    : Optimizer(param_groups, std::make_unique<SignumOptions>(std::move(defaults)), "Signum") {}

Signum::Signum(std::vector<Tensor> params, SignumOptions defaults)
    : Signum(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Signum::Signum(const OrderedDict<std::string, Tensor>& named_params, SignumOptions defaults)
    : Signum(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Signum::make_state() const {
  return std::make_unique<SignumParamState>();
}

void Signum::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::SignNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SignumOptions&>(param_groups_[group].options());
    kernel::SignNumbers rule{gradient_numbers(options, options.decoupled_weight_decay())};
    rule.momentum = options.momentum();
    numbers.begin_group(rule);
    for_each_gradient<SignumParamState>(
        group, [&](const Tensor& p, const Tensor& g, SignumParamState& state) {
          prepare_state("momentum_buffer", state.momentum_buffer(), p);
          const int32_t own = numbers.at(0, [](kernel::SignNumbers&) {});
          batch.add({&p, &g, &state.momentum_buffer()}, own);
        });
  }
  batch.run(kernel::sign_kernel(), numbers.data());
}

}  // namespace gradus::optim
