#include "optim/yogi.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

YogiOptions::YogiOptions(double lr) : lr_(lr) {}

void YogiOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "initial_accumulator", initial_accumulator_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void YogiOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("initial_accumulator", initial_accumulator_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void YogiParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

Yogi::Yogi(const std::vector<OptimizerParamGroup>& param_groups, YogiOptions defaults)
    : Optimizer(param_groups, std::make_unique<YogiOptions>(std::move(defaults)), "Yogi") {}

Yogi::Yogi(std::vector<Tensor> params, YogiOptions defaults)
    : Yogi(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Yogi::Yogi(const OrderedDict<std::string, Tensor>& named_params, YogiOptions defaults)
    : Yogi(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Yogi::make_state() const {
  return std::make_unique<YogiParamState>();
}

void Yogi::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::MomentNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const YogiOptions&>(param_groups_[group].options());
    kernel::MomentNumbers rule{gradient_numbers(options, options.decoupled_weight_decay())};
    std::tie(rule.beta1, rule.beta2) = options.betas();
    rule.eps = options.eps();
    numbers.begin_group(rule);
    for_each_gradient<YogiParamState>(
        group, [&](const Tensor& p, const Tensor& g, YogiParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          if (prepare_state("exp_avg_sq", state.exp_avg_sq(), p)) {
            state.exp_avg_sq().fill_(options.initial_accumulator());
          }
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::MomentNumbers& rule) {
            rule.bias_correction1 = 1 - std::pow(rule.beta1, static_cast<double>(t));
            rule.bias_correction2 = 1 - std::pow(rule.beta2, static_cast<double>(t));
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
        });
  }
  batch.run(kernel::yogi_kernel(), numbers.data());
}

}  // namespace gradus::optim
