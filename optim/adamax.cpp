#include "optim/adamax.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

AdamaxOptions::AdamaxOptions(double lr) : lr_(lr) {}

void AdamaxOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdamaxOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void AdamaxParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_inf", exp_inf_);
}

Adamax::Adamax(const std::vector<OptimizerParamGroup>& param_groups, AdamaxOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdamaxOptions>(std::move(defaults)), "Adamax") {}

Adamax::Adamax(std::vector<Tensor> params, AdamaxOptions defaults)
    : Adamax(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Adamax::Adamax(const OrderedDict<std::string, Tensor>& named_params, AdamaxOptions defaults)
    : Adamax(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Adamax::make_state() const {
  return std::make_unique<AdamaxParamState>();
}

void Adamax::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AdamaxNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdamaxOptions&>(param_groups_[group].options());
    kernel::AdamaxNumbers adamax{gradient_numbers(options)};
    std::tie(adamax.beta1, adamax.beta2) = options.betas();
    adamax.eps = options.eps();
    numbers.begin_group(adamax);
    for_each_gradient<AdamaxParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdamaxParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_inf", state.exp_inf(), p);
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::AdamaxNumbers& adamax) {
            adamax.step_size = adamax.lr / (1 - std::pow(adamax.beta1, static_cast<double>(t)));
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_inf()}, own, &state.step());
        });
  }
  batch.run(kernel::adamax_kernel(), numbers.data());
}

}  // namespace gradus::optim
