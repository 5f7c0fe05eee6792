#include "optim/adabelief.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

AdaBeliefOptions::AdaBeliefOptions(double lr) : lr_(lr) {}

void AdaBeliefOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdaBeliefOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void AdaBeliefParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_var", exp_avg_var_);
}

AdaBelief::AdaBelief(const std::vector<OptimizerParamGroup>& param_groups,
                     AdaBeliefOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdaBeliefOptions>(std::move(defaults)),
                "AdaBelief") {}

AdaBelief::AdaBelief(std::vector<Tensor> params, AdaBeliefOptions defaults)
    : AdaBelief(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

AdaBelief::AdaBelief(const OrderedDict<std::string, Tensor>& named_params,
                     AdaBeliefOptions defaults)
    : AdaBelief(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> AdaBelief::make_state() const {
  return std::make_unique<AdaBeliefParamState>();
}

void AdaBelief::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::MomentNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdaBeliefOptions&>(param_groups_[group].options());
    kernel::MomentNumbers rule{gradient_numbers(options, options.decoupled_weight_decay())};
    std::tie(rule.beta1, rule.beta2) = options.betas();
    rule.eps = options.eps();
    numbers.begin_group(rule);
    for_each_gradient<AdaBeliefParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdaBeliefParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_var", state.exp_avg_var(), p);
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::MomentNumbers& rule) {
            rule.bias_correction1 = 1 - std::pow(rule.beta1, static_cast<double>(t));
            rule.bias_correction2 = 1 - std::pow(rule.beta2, static_cast<double>(t));
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_var()}, own, &state.step());
        });
  }
  batch.run(kernel::adabelief_kernel(), numbers.data());
}

}  // namespace gradus::optim
