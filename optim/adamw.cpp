#include "optim/adamw.h"

#include "optim/internal/adam_pass.h"
#include "optim/internal/check.h"

namespace gradus::optim {

AdamWOptions::AdamWOptions(double lr) : lr_(lr) {}

void AdamWOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdamWOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("amsgrad", amsgrad_);
  visitor("maximize", maximize_);
}

AdamW::AdamW(const std::vector<OptimizerParamGroup>& param_groups, AdamWOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdamWOptions>(std::move(defaults)), "AdamW") {}

AdamW::AdamW(std::vector<Tensor> params, AdamWOptions defaults)
    : AdamW(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

AdamW::AdamW(const OrderedDict<std::string, Tensor>& named_params, AdamWOptions defaults)
    : AdamW(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> AdamW::make_state() const {
  return std::make_unique<AdamParamState>();
}

void AdamW::update() {
  AdamPass pass(batch());
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    pass.begin_group(static_cast<const AdamWOptions&>(param_groups_[group].options()),
                     /*decoupled=*/true);
    for_each_gradient<AdamParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdamParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          if (pass.amsgrad()) prepare_state("max_exp_avg_sq", state.max_exp_avg_sq(), p);
          pass.add(p, g, state);
        });
  }
  pass.run();
}

}  // namespace gradus::optim
