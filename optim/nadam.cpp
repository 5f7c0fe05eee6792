#include "optim/nadam.h"

#include "optim/internal/check.h"
#include "optim/internal/nadam_pass.h"

namespace gradus::optim {

NAdamOptions::NAdamOptions(double lr) : lr_(lr) {}

void NAdamOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "momentum_decay", momentum_decay_);
}

void NAdamOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("momentum_decay", momentum_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void NAdamParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("mu_product", mu_product_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

NAdam::NAdam(const std::vector<OptimizerParamGroup>& param_groups, NAdamOptions defaults)
    : Optimizer(param_groups, std::make_unique<NAdamOptions>(std::move(defaults)), "NAdam") {}

NAdam::NAdam(std::vector<Tensor> params, NAdamOptions defaults)
    : NAdam(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

NAdam::NAdam(const OrderedDict<std::string, Tensor>& named_params, NAdamOptions defaults)
    : NAdam(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> NAdam::make_state() const {
  return std::make_unique<NAdamParamState>();
}

void NAdam::update() {
  NadamPass pass(batch(), mu_products_);
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const NAdamOptions&>(param_groups_[group].options());
    pass.begin_group(options, options.decoupled_weight_decay());
    for_each_gradient<NAdamParamState>(
        group, [&](const Tensor& p, const Tensor& g, NAdamParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          pass.add(p, g, state);
        });
  }
  pass.run();
}

}  // namespace gradus::optim
