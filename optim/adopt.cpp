#include "optim/adopt.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

ADOPTOptions::ADOPTOptions(double lr) : lr_(lr) {}

void ADOPTOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void ADOPTOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void ADOPTParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

ADOPT::ADOPT(const std::vector<OptimizerParamGroup>& param_groups, ADOPTOptions defaults)
    : Optimizer(param_groups, std::make_unique<ADOPTOptions>(std::move(defaults)), "ADOPT") {}

ADOPT::ADOPT(std::vector<Tensor> params, ADOPTOptions defaults)
    : ADOPT(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

ADOPT::ADOPT(const OrderedDict<std::string, Tensor>& named_params, ADOPTOptions defaults)
    : ADOPT(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> ADOPT::make_state() const {
  return std::make_unique<ADOPTParamState>();
}

void ADOPT::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AdoptNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const ADOPTOptions&>(param_groups_[group].options());
    kernel::AdoptNumbers rule;
    static_cast<kernel::GradientNumbers&>(rule) =
        gradient_numbers(options, options.decoupled_weight_decay());
    std::tie(rule.beta1, rule.beta2) = options.betas();
    rule.eps = options.eps();
    numbers.begin_group(rule);
    for_each_gradient<ADOPTParamState>(
        group, [&](const Tensor& p, const Tensor& g, ADOPTParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::AdoptNumbers& rule) {
            rule.first = t == 1;
            rule.clip = std::pow(static_cast<double>(t - 1), 0.25);
            rule.bias_correction1 = rule.bias_correction2 = 1;
            // The step that only measures does not decay either.
            if (rule.decoupled) rule.weight_decay = rule.first ? 0 : options.weight_decay();
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
        });
  }
  batch.run(kernel::adopt_kernel(), numbers.data());
}

}  // namespace gradus::optim
