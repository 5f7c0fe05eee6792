#include "optim/prodigy.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

ProdigyOptions::ProdigyOptions(double lr) : lr_(lr) {}

void ProdigyOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_decay_rate(optimizer, "beta3", beta3_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  GRADUS_CHECK_VALUE(d0_ > 0, "{}: d0 must be above 0, got {}", optimizer, d0_);
  check_not_negative(optimizer, "d_coef", d_coef_);
  GRADUS_CHECK_VALUE(growth_rate_ >= 1, "{}: growth_rate must be at least 1, got {}", optimizer,
                     growth_rate_);
}

void ProdigyOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("beta3", beta3_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("use_bias_correction", use_bias_correction_);
  visitor("safeguard_warmup", safeguard_warmup_);
  visitor("d0", d0_);
  visitor("d_coef", d_coef_);
  visitor("growth_rate", growth_rate_);
  visitor("maximize", maximize_);
}

void ProdigyParamState::visit(FieldVisitor& visitor) {
  visitor("s", s_);
  visitor("p0", p0_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

Prodigy::Prodigy(const std::vector<OptimizerParamGroup>& param_groups, ProdigyOptions defaults)
    : Optimizer(param_groups, std::make_unique<ProdigyOptions>(std::move(defaults)), "Prodigy") {
  d_ = static_cast<const ProdigyOptions&>(*defaults_).d0();
}

Prodigy::Prodigy(std::vector<Tensor> params, ProdigyOptions defaults)
    : Prodigy(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Prodigy::Prodigy(const OrderedDict<std::string, Tensor>& named_params, ProdigyOptions defaults)
    : Prodigy(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Prodigy::make_state() const {
  return std::make_unique<ProdigyParamState>();
}

void Prodigy::visit_state(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("d", d_);
  visitor("d_max", d_max_);
  visitor("d_numerator", d_numerator_);
}

void Prodigy::update() {
  const auto& defaults = static_cast<const ProdigyOptions&>(*defaults_);
  const double d = d_, d0 = defaults.d0();
  const double beta3 =
      defaults.beta3() > 0 ? defaults.beta3() : std::sqrt(std::get<1>(defaults.betas()));
  const auto t = static_cast<double>(step_ + 1);
  const double correction = !defaults.use_bias_correction()
                                ? 1
                                : std::sqrt(1 - std::pow(std::get<1>(defaults.betas()), t)) /
                                      (1 - std::pow(std::get<0>(defaults.betas()), t));
  double numerator = beta3 * d_numerator_, denominator = 0;
  bool any = false;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<ProdigyParamState>(
        group, [&](const Tensor& p, const Tensor&, ProdigyParamState& state) {
          any = true;
          prepare_state("s", state.s(), p);
          if (prepare_state("p0", state.p0(), p)) state.p0().copy_(p);
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
        });
  }
  if (!any) return;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const ProdigyOptions&>(param_groups_[group].options());
    for_each_gradient<ProdigyParamState>(
        group, [&](const Tensor& param, const Tensor& grad, ProdigyParamState& state) {
          const Tensor p = param.detach().to(state.s().dtype());
          Tensor g = grad.detach().to(state.s().dtype());
          if (options.maximize()) g = g.neg();
          if (!options.decoupled_weight_decay() && options.weight_decay() != 0) {
            g = g + options.weight_decay() * p;
          }
          const auto [beta1, beta2] = options.betas();
          const double dlr = d * options.lr() * correction;
          if (options.lr() > 0) numerator += d / d0 * dlr * dot_of(g, state.p0() - p);
          state.exp_avg().mul_(beta1).add_(g, d * (1 - beta1));
          state.exp_avg_sq().mul_(beta2).addcmul_(g, g, d * d * (1 - beta2));
          state.s().mul_(beta3).add_(g, d / d0 * (options.safeguard_warmup() ? d : dlr));
          denominator += state.s().abs().sum().item<double>();
        });
  }
  ++step_;
  d_numerator_ = numerator;
  if (denominator == 0) return;
  const double d_hat = defaults.d_coef() * numerator / denominator;
  if (d_ == d0) d_ = std::max(d_, d_hat);
  d_max_ = std::max(d_max_, d_hat);
  d_ = std::min(std::max(d_max_, d_), d_ * defaults.growth_rate());
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const ProdigyOptions&>(param_groups_[group].options());
    for_each_gradient<ProdigyParamState>(
        group, [&](const Tensor& param, const Tensor& grad, ProdigyParamState& state) {
          with_tensor_rule(param, grad, options.maximize(), [&](Tensor& p, const Tensor&) {
            const double dlr = d * options.lr() * correction;
            const Tensor root = state.exp_avg_sq().sqrt().add_(d_ * options.eps());
            if (options.decoupled_weight_decay()) p.mul_(1 - dlr * options.weight_decay());
            p.addcdiv_(state.exp_avg(), root, -dlr);
          });
        });
  }
}

}  // namespace gradus::optim
