#include "optim/dadapt_adam.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

DAdaptAdamOptions::DAdaptAdamOptions(double lr) : lr_(lr) {}

void DAdaptAdamOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  GRADUS_CHECK_VALUE(d0_ > 0, "{}: d0 must be above 0, got {}", optimizer, d0_);
  GRADUS_CHECK_VALUE(growth_rate_ >= 1, "{}: growth_rate must be at least 1, got {}", optimizer,
                     growth_rate_);
}

void DAdaptAdamOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("use_bias_correction", use_bias_correction_);
  visitor("d0", d0_);
  visitor("growth_rate", growth_rate_);
  visitor("maximize", maximize_);
}

void DAdaptAdamParamState::visit(FieldVisitor& visitor) {
  visitor("s", s_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

DAdaptAdam::DAdaptAdam(const std::vector<OptimizerParamGroup>& param_groups,
                       DAdaptAdamOptions defaults)
    : Optimizer(param_groups, std::make_unique<DAdaptAdamOptions>(std::move(defaults)),
                "DAdaptAdam") {
  d_ = static_cast<const DAdaptAdamOptions&>(*defaults_).d0();
}

DAdaptAdam::DAdaptAdam(std::vector<Tensor> params, DAdaptAdamOptions defaults)
    : DAdaptAdam(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

DAdaptAdam::DAdaptAdam(const OrderedDict<std::string, Tensor>& named_params,
                       DAdaptAdamOptions defaults)
    : DAdaptAdam(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> DAdaptAdam::make_state() const {
  return std::make_unique<DAdaptAdamParamState>();
}

void DAdaptAdam::visit_state(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("d", d_);
  visitor("numerator_weighted", numerator_weighted_);
}

void DAdaptAdam::update() {
  const auto& defaults = static_cast<const DAdaptAdamOptions&>(*defaults_);
  const double d = d_;
  const double b = std::sqrt(std::get<1>(defaults.betas()));
  const auto t = static_cast<double>(step_ + 1);
  const double correction = !defaults.use_bias_correction()
                                ? 1
                                : std::sqrt(1 - std::pow(std::get<1>(defaults.betas()), t)) /
                                      (1 - std::pow(std::get<0>(defaults.betas()), t));
  double numerator = 0, s_l1 = 0;
  bool any = false;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<DAdaptAdamParamState>(
        group, [&](const Tensor& p, const Tensor&, DAdaptAdamParamState& state) {
          any = true;
          prepare_state("s", state.s(), p);
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
        });
  }
  if (!any) return;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const DAdaptAdamOptions&>(param_groups_[group].options());
    for_each_gradient<DAdaptAdamParamState>(
        group, [&](const Tensor& param, const Tensor& grad, DAdaptAdamParamState& state) {
          const Tensor p = param.detach().to(state.s().dtype());
          Tensor g = grad.detach().to(state.s().dtype());
          if (options.maximize()) g = g.neg();
          if (!options.decoupled_weight_decay() && options.weight_decay() != 0) {
            g = g + options.weight_decay() * p;
          }
          const auto [beta1, beta2] = options.betas();
          const double dlr = d * options.lr() * correction;
          const Tensor root = state.exp_avg_sq().sqrt().add_(options.eps());
          numerator += dlr * dot_of(g, state.s() / root);
          state.exp_avg().mul_(beta1).add_(g, dlr * (1 - beta1));
          state.exp_avg_sq().mul_(beta2).addcmul_(g, g, 1 - beta2);
          state.s().mul_(b).add_(g, dlr * (1 - b));
          s_l1 += state.s().abs().sum().item<double>();
        });
  }
  ++step_;
  numerator_weighted_ = b * numerator_weighted_ + (1 - b) * numerator;
  if (s_l1 == 0) return;
  const double d_hat = numerator_weighted_ / ((1 - b) * s_l1);
  d_ = std::max(d_, std::min(d_hat, d_ * defaults.growth_rate()));
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const DAdaptAdamOptions&>(param_groups_[group].options());
    for_each_gradient<DAdaptAdamParamState>(
        group, [&](const Tensor& param, const Tensor& grad, DAdaptAdamParamState& state) {
          with_tensor_rule(param, grad, options.maximize(), [&](Tensor& p, const Tensor&) {
            const double dlr = d * options.lr() * correction;
            const Tensor root = state.exp_avg_sq().sqrt().add_(options.eps());
            if (options.decoupled_weight_decay()) p.mul_(1 - dlr * options.weight_decay());
            p.addcdiv_(state.exp_avg(), root, -1);
          });
        });
  }
}

}  // namespace gradus::optim
