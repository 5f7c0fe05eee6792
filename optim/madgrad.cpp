#include "optim/madgrad.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

MADGRADOptions::MADGRADOptions(double lr) : lr_(lr) {}

void MADGRADOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void MADGRADOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void MADGRADParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("s", s_);
  visitor("grad_sum_sq", grad_sum_sq_);
  visitor("x0", x0_, StateTensor::Optional);
}

MADGRAD::MADGRAD(const std::vector<OptimizerParamGroup>& param_groups, MADGRADOptions defaults)
    : Optimizer(param_groups, std::make_unique<MADGRADOptions>(std::move(defaults)), "MADGRAD") {}

MADGRAD::MADGRAD(std::vector<Tensor> params, MADGRADOptions defaults)
    : MADGRAD(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

MADGRAD::MADGRAD(const OrderedDict<std::string, Tensor>& named_params, MADGRADOptions defaults)
    : MADGRAD(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> MADGRAD::make_state() const {
  return std::make_unique<MADGRADParamState>();
}

void MADGRAD::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::MadgradNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const MADGRADOptions&>(param_groups_[group].options());
    kernel::MadgradNumbers rule{gradient_numbers(options, options.decoupled_weight_decay())};
    rule.momentum = options.momentum();
    rule.eps = options.eps();
    numbers.begin_group(rule);
    for_each_gradient<MADGRADParamState>(
        group, [&](const Tensor& p, const Tensor& g, MADGRADParamState& state) {
          prepare_state("s", state.s(), p);
          prepare_state("grad_sum_sq", state.grad_sum_sq(), p);
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [t](kernel::MadgradNumbers& rule) {
            rule.rate = rule.lr * std::sqrt(static_cast<double>(t));
          });
          if (rule.momentum == 0) {
            batch.add({&p, &g, &state.s(), &state.grad_sum_sq()}, own, &state.step());
            return;
          }
          if (prepare_state("x0", state.x0(), p)) state.x0().copy_(p);
          batch.add({&p, &g, &state.s(), &state.grad_sum_sq(), &state.x0()}, own, &state.step());
        });
  }
  batch.run(kernel::madgrad_kernel(), numbers.data());
}

}  // namespace gradus::optim
