#include "optim/lion.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

LionOptions::LionOptions(double lr) : lr_(lr) {}

void LionOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void LionOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void LionParamState::visit(FieldVisitor& visitor) {
  visitor("exp_avg", exp_avg_);
}

Lion::Lion(const std::vector<OptimizerParamGroup>& param_groups, LionOptions defaults)
    : Optimizer(param_groups, std::make_unique<LionOptions>(std::move(defaults)), "Lion") {}

Lion::Lion(std::vector<Tensor> params, LionOptions defaults)
    : Lion(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Lion::Lion(const OrderedDict<std::string, Tensor>& named_params, LionOptions defaults)
    : Lion(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Lion::make_state() const {
  return std::make_unique<LionParamState>();
}

void Lion::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::LionNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const LionOptions&>(param_groups_[group].options());
    kernel::LionNumbers rule{gradient_numbers(options, /*decoupled=*/true)};
    std::tie(rule.beta1, rule.beta2) = options.betas();
    numbers.begin_group(rule);
    for_each_gradient<LionParamState>(
        group, [&](const Tensor& p, const Tensor& g, LionParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          const int32_t own = numbers.at(0, [](kernel::LionNumbers&) {});
          batch.add({&p, &g, &state.exp_avg()}, own);
        });
  }
  batch.run(kernel::lion_kernel(), numbers.data());
}

}  // namespace gradus::optim
