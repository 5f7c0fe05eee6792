#include "optim/lamb.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

LAMBOptions::LAMBOptions(double lr) : lr_(lr) {}

void LAMBOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void LAMBOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("bias_correction", bias_correction_);
  visitor("maximize", maximize_);
}

void LAMBParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

LAMB::LAMB(const std::vector<OptimizerParamGroup>& param_groups, LAMBOptions defaults)
    : Optimizer(param_groups, std::make_unique<LAMBOptions>(std::move(defaults)), "LAMB") {}

LAMB::LAMB(std::vector<Tensor> params, LAMBOptions defaults)
    : LAMB(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

LAMB::LAMB(const OrderedDict<std::string, Tensor>& named_params, LAMBOptions defaults)
    : LAMB(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> LAMB::make_state() const {
  return std::make_unique<LAMBParamState>();
}

namespace {

void step_of(const LAMBOptions& options, LAMBParamState& state, Tensor& p, Tensor g) {
  const auto [beta1, beta2] = options.betas();
  const auto t = static_cast<double>(++state.step());
  const bool corrects = options.bias_correction();
  const double correction1 = corrects ? 1 - std::pow(beta1, t) : 1;
  const double correction2 = corrects ? 1 - std::pow(beta2, t) : 1;
  const Tensor& m = state.exp_avg().mul_(beta1).add_(g, 1 - beta1);
  const Tensor& v = state.exp_avg_sq().mul_(beta2).addcmul_(g, g, 1 - beta2);
  Tensor u = (m / correction1) / ((v / correction2).sqrt_().add_(options.eps()));
  if (options.weight_decay() != 0) u.add_(p, options.weight_decay());
  const double p_norm = norm_of(p), u_norm = norm_of(u);
  const double trust = p_norm > 0 && u_norm > 0 ? p_norm / u_norm : 1;
  p.sub_(u, options.lr() * trust);
}

}  // namespace

void LAMB::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<LAMBParamState>(group,
                                      [&](const Tensor& p, const Tensor&, LAMBParamState& state) {
                                        prepare_state("exp_avg", state.exp_avg(), p);
                                        prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
                                      });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const LAMBOptions&>(param_groups_[group].options());
    for_each_gradient<LAMBParamState>(
        group, [&](const Tensor& param, const Tensor& grad, LAMBParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

}  // namespace gradus::optim
