#include "optim/dadapt_sgd.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

DAdaptSGDOptions::DAdaptSGDOptions(double lr) : lr_(lr) {}

void DAdaptSGDOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  GRADUS_CHECK_VALUE(d0_ > 0, "{}: d0 must be above 0, got {}", optimizer, d0_);
  GRADUS_CHECK_VALUE(growth_rate_ >= 1, "{}: growth_rate must be at least 1, got {}", optimizer,
                     growth_rate_);
}

void DAdaptSGDOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("d0", d0_);
  visitor("growth_rate", growth_rate_);
  visitor("maximize", maximize_);
}

void DAdaptSGDParamState::visit(FieldVisitor& visitor) {
  visitor("s", s_);
  visitor("x0", x0_);
}

DAdaptSGD::DAdaptSGD(const std::vector<OptimizerParamGroup>& param_groups,
                     DAdaptSGDOptions defaults)
    : Optimizer(param_groups, std::make_unique<DAdaptSGDOptions>(std::move(defaults)),
                "DAdaptSGD") {
  d_ = static_cast<const DAdaptSGDOptions&>(*defaults_).d0();
}

DAdaptSGD::DAdaptSGD(std::vector<Tensor> params, DAdaptSGDOptions defaults)
    : DAdaptSGD(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

DAdaptSGD::DAdaptSGD(const OrderedDict<std::string, Tensor>& named_params,
                     DAdaptSGDOptions defaults)
    : DAdaptSGD(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> DAdaptSGD::make_state() const {
  return std::make_unique<DAdaptSGDParamState>();
}

void DAdaptSGD::visit_state(FieldVisitor& visitor) {
  visitor("d", d_);
  visitor("g0_norm", g0_norm_);
  visitor("numerator_weighted", numerator_weighted_);
}

void DAdaptSGD::update() {
  const auto& defaults = static_cast<const DAdaptSGDOptions&>(*defaults_);
  const double d = d_;
  double s_sq = 0;
  if (g0_norm_ == 0) {
    double g_sq = 0;
    for (size_t group = 0; group < param_groups_.size(); ++group) {
      for_each_gradient(group, [&](const Tensor&, const Tensor& grad) {
        g_sq += std::pow(norm_of(grad.dtype() == kDouble ? grad : grad.to(kFloat)), 2);
      });
    }
    g0_norm_ = std::sqrt(g_sq);
    if (g0_norm_ == 0) return;
  }
  bool any = false;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<DAdaptSGDParamState>(
        group, [&](const Tensor& p, const Tensor&, DAdaptSGDParamState& state) {
          any = true;
          prepare_state("s", state.s(), p);
          if (prepare_state("x0", state.x0(), p)) state.x0().copy_(p);
        });
  }
  if (!any) return;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const DAdaptSGDOptions&>(param_groups_[group].options());
    for_each_gradient<DAdaptSGDParamState>(
        group, [&](const Tensor& param, const Tensor& grad, DAdaptSGDParamState& state) {
          const Tensor p = param.detach().to(state.s().dtype());
          Tensor g = grad.detach().to(state.s().dtype());
          if (options.maximize()) g = g.neg();
          if (!options.decoupled_weight_decay() && options.weight_decay() != 0) {
            g = g + options.weight_decay() * p;
          }
          const double dlr = d * options.lr() / g0_norm_;
          numerator_weighted_ += dlr * dot_of(g, state.s());
          state.s().add_(g, dlr);
          s_sq += dot_of(state.s(), state.s());
        });
  }
  if (s_sq == 0) return;
  d_ = std::max(d_,
                std::min(2 * numerator_weighted_ / std::sqrt(s_sq), d_ * defaults.growth_rate()));
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const DAdaptSGDOptions&>(param_groups_[group].options());
    for_each_gradient<DAdaptSGDParamState>(
        group, [&](const Tensor& param, const Tensor& grad, DAdaptSGDParamState& state) {
          with_tensor_rule(param, grad, options.maximize(), [&](Tensor& p, const Tensor&) {
            if (options.lr() == 0) return;
            if (options.decoupled_weight_decay()) {
              p.mul_(1 - d * options.lr() / g0_norm_ * options.weight_decay());
            }
            p.mul_(options.momentum()).add_(state.x0() - state.s(), 1 - options.momentum());
          });
        });
  }
}

}  // namespace gradus::optim
