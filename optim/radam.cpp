#include "optim/radam.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

RAdamOptions::RAdamOptions(double lr) : lr_(lr) {}

void RAdamOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void RAdamOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void RAdamParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

RAdam::RAdam(const std::vector<OptimizerParamGroup>& param_groups, RAdamOptions defaults)
    : Optimizer(param_groups, std::make_unique<RAdamOptions>(std::move(defaults)), "RAdam") {}

RAdam::RAdam(std::vector<Tensor> params, RAdamOptions defaults)
    : RAdam(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

RAdam::RAdam(const OrderedDict<std::string, Tensor>& named_params, RAdamOptions defaults)
    : RAdam(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> RAdam::make_state() const {
  return std::make_unique<RAdamParamState>();
}

void RAdam::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::RadamNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const RAdamOptions&>(param_groups_[group].options());
    kernel::RadamNumbers radam{gradient_numbers(options, options.decoupled_weight_decay())};
    std::tie(radam.beta1, radam.beta2) = options.betas();
    radam.eps = options.eps();
    numbers.begin_group(radam);
    for_each_gradient<RAdamParamState>(
        group, [&](const Tensor& p, const Tensor& g, RAdamParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          const auto t = static_cast<double>(state.step() + 1);
          const int32_t own = numbers.at(state.step() + 1, [&](kernel::RadamNumbers& radam) {
            const double beta2_t = std::pow(radam.beta2, t);
            const double rho_inf = 2 / (1 - radam.beta2) - 1;
            const double rho_t = rho_inf - 2 * t * beta2_t / (1 - beta2_t);
            radam.step_size = radam.lr / (1 - std::pow(radam.beta1, t));
            radam.rectified = rho_t > 5;
            if (radam.rectified) {
              const double r = std::sqrt((rho_t - 4) * (rho_t - 2) * rho_inf /
                                         ((rho_inf - 4) * (rho_inf - 2) * rho_t));
              radam.step_size *= r * std::sqrt(1 - beta2_t);
            }
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
        });
  }
  batch.run(kernel::radam_kernel(), numbers.data());
}

}  // namespace gradus::optim
