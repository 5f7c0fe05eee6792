#include "optim/nadam.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

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
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::NadamNumbers, std::pair<int64_t, double>> numbers;
  mu_products_.clear();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const NAdamOptions&>(param_groups_[group].options());
    kernel::NadamNumbers nadam{gradient_numbers(options, options.decoupled_weight_decay())};
    std::tie(nadam.beta1, nadam.beta2) = options.betas();
    nadam.eps = options.eps();
    numbers.begin_group(nadam);
    const auto mu_at = [&](int64_t t) {
      return nadam.beta1 *
             (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * options.momentum_decay()));
    };
    for_each_gradient<NAdamParamState>(
        group, [&](const Tensor& p, const Tensor& g, NAdamParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          const int64_t t = state.step() + 1;
          const double mu = mu_at(t);
          const double mu_product = state.mu_product() * mu;
          mu_products_.emplace_back(&state, mu_product);
          const int32_t own = numbers.at({t, mu_product}, [&](kernel::NadamNumbers& nadam) {
            const double mu_next = mu_at(t + 1);
            nadam.bias_correction2 = 1 - std::pow(nadam.beta2, static_cast<double>(t));
            nadam.g_rate = nadam.lr * (1 - mu) / (1 - mu_product);
            nadam.m_rate = nadam.lr * mu_next / (1 - mu_product * mu_next);
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
        });
  }
  batch.run(kernel::nadam_kernel(), numbers.data());
  for (const auto& [state, mu_product] : mu_products_) state->mu_product(mu_product);
}

}  // namespace gradus::optim
