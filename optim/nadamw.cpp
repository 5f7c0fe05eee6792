#include "optim/nadamw.h"

#include "optim/internal/check.h"
#include "optim/internal/nadam_pass.h"

namespace gradus::optim {

NAdamWOptions::NAdamWOptions(double lr) : lr_(lr) {}

void NAdamWOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "momentum_decay", momentum_decay_);
}

void NAdamWOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("momentum_decay", momentum_decay_);
  visitor("maximize", maximize_);
}

NAdamW::NAdamW(const std::vector<OptimizerParamGroup>& param_groups, NAdamWOptions defaults)
    : Optimizer(param_groups, std::make_unique<NAdamWOptions>(std::move(defaults)), "NAdamW") {}

NAdamW::NAdamW(std::vector<Tensor> params, NAdamWOptions defaults)
    : NAdamW(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

NAdamW::NAdamW(const OrderedDict<std::string, Tensor>& named_params, NAdamWOptions defaults)
    : NAdamW(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> NAdamW::make_state() const {
  return std::make_unique<NAdamParamState>();
}

void NAdamW::update() {
  NadamPass pass(batch(), mu_products_);
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    pass.begin_group(static_cast<const NAdamWOptions&>(param_groups_[group].options()),
                     /*decoupled=*/true);
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
