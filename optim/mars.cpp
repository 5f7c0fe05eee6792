#include "optim/mars.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

MARSOptions::MARSOptions(double lr) : lr_(lr) {}

void MARSOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "gamma", gamma_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void MARSOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("gamma", gamma_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void MARSParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
  visitor("previous_grad", previous_grad_);
}

MARS::MARS(const std::vector<OptimizerParamGroup>& param_groups, MARSOptions defaults)
    : Optimizer(param_groups, std::make_unique<MARSOptions>(std::move(defaults)), "MARS") {}

MARS::MARS(std::vector<Tensor> params, MARSOptions defaults)
    : MARS(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

MARS::MARS(const OrderedDict<std::string, Tensor>& named_params, MARSOptions defaults)
    : MARS(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> MARS::make_state() const {
  return std::make_unique<MARSParamState>();
}

namespace {

void step_of(const MARSOptions& options, MARSParamState& state, Tensor& p, Tensor g) {
  const auto [beta1, beta2] = options.betas();
  const auto t = static_cast<double>(++state.step());
  Tensor c = g;
  if (state.step() > 1)
    c = g + (g - state.previous_grad()) * (options.gamma() * beta1 / (1 - beta1));
  const double c_norm = norm_of(c);
  if (c_norm > 1) c = c / c_norm;
  state.previous_grad().copy_(g);
  const Tensor& m = state.exp_avg().mul_(beta1).add_(c, 1 - beta1);
  const Tensor& v = state.exp_avg_sq().mul_(beta2).addcmul_(c, c, 1 - beta2);
  const Tensor denominator = (v / (1 - std::pow(beta2, t))).sqrt_().add_(options.eps());
  p.mul_(1 - options.lr() * options.weight_decay());
  p.addcdiv_(m, denominator, -options.lr() / (1 - std::pow(beta1, t)));
}

}  // namespace

void MARS::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<MARSParamState>(group,
                                      [&](const Tensor& p, const Tensor&, MARSParamState& state) {
                                        prepare_state("exp_avg", state.exp_avg(), p);
                                        prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
                                        prepare_state("previous_grad", state.previous_grad(), p);
                                      });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const MARSOptions&>(param_groups_[group].options());
    for_each_gradient<MARSParamState>(
        group, [&](const Tensor& param, const Tensor& grad, MARSParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

}  // namespace gradus::optim
