#include "optim/adan.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

AdanOptions::AdanOptions(double lr) : lr_(lr) {}

void AdanOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_decay_rate(optimizer, "beta3", std::get<2>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdanOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("no_prox", no_prox_);
  visitor("maximize", maximize_);
}

void AdanParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_diff", exp_avg_diff_);
  visitor("exp_avg_sq", exp_avg_sq_);
  visitor("previous_grad", previous_grad_);
}

Adan::Adan(const std::vector<OptimizerParamGroup>& param_groups, AdanOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdanOptions>(std::move(defaults)), "Adan") {}

Adan::Adan(std::vector<Tensor> params, AdanOptions defaults)
    : Adan(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Adan::Adan(const OrderedDict<std::string, Tensor>& named_params, AdanOptions defaults)
    : Adan(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Adan::make_state() const {
  return std::make_unique<AdanParamState>();
}

void Adan::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AdanNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdanOptions&>(param_groups_[group].options());
    kernel::AdanNumbers rule;
    static_cast<kernel::GradientNumbers&>(rule) = gradient_numbers(options, /*decoupled=*/true);
    std::tie(rule.beta1, rule.beta2, rule.beta3) = options.betas();
    rule.eps = options.eps();
    if (!options.no_prox()) {
      rule.shrink = 1 + rule.lr * rule.weight_decay;
      rule.weight_decay = 0;
    }
    numbers.begin_group(rule);
    for_each_gradient<AdanParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdanParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_diff", state.exp_avg_diff(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          prepare_state("previous_grad", state.previous_grad(), p);
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::AdanNumbers& rule) {
            rule.bias_correction1 = 1 - std::pow(rule.beta1, static_cast<double>(t));
            rule.bias_correction2 = 1 - std::pow(rule.beta2, static_cast<double>(t));
            rule.bias_correction3 = 1 - std::pow(rule.beta3, static_cast<double>(t));
            rule.first = t == 1;
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_diff(), &state.exp_avg_sq(),
                     &state.previous_grad()},
                    own, &state.step());
        });
  }
  batch.run(kernel::adan_kernel(), numbers.data());
}

}  // namespace gradus::optim
