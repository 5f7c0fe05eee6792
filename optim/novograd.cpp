#include "optim/novograd.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

NovoGradOptions::NovoGradOptions(double lr) : lr_(lr) {}

void NovoGradOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void NovoGradOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("grad_averaging", grad_averaging_);
  visitor("maximize", maximize_);
}

void NovoGradParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg_sq", exp_avg_sq_);
  visitor("exp_avg", exp_avg_);
}

NovoGrad::NovoGrad(const std::vector<OptimizerParamGroup>& param_groups, NovoGradOptions defaults)
    : Optimizer(param_groups, std::make_unique<NovoGradOptions>(std::move(defaults)), "NovoGrad") {}

NovoGrad::NovoGrad(std::vector<Tensor> params, NovoGradOptions defaults)
    : NovoGrad(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

NovoGrad::NovoGrad(const OrderedDict<std::string, Tensor>& named_params, NovoGradOptions defaults)
    : NovoGrad(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> NovoGrad::make_state() const {
  return std::make_unique<NovoGradParamState>();
}

namespace {

void step_of(const NovoGradOptions& options, NovoGradParamState& state, Tensor& p, Tensor g) {
  const auto [beta1, beta2] = options.betas();
  const double g_norm = norm_of(g);
  double& v = state.exp_avg_sq();
  v = state.step() == 0 ? g_norm * g_norm : beta2 * v + (1 - beta2) * g_norm * g_norm;
  ++state.step();
  g = g / (std::sqrt(v) + options.eps());
  if (options.weight_decay() != 0) g.add_(p, options.weight_decay());
  state.exp_avg().mul_(beta1).add_(g, options.grad_averaging() ? 1 - beta1 : 1);
  p.sub_(state.exp_avg(), options.lr());
}

}  // namespace

void NovoGrad::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<NovoGradParamState>(
        group, [&](const Tensor& p, const Tensor&, NovoGradParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
        });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const NovoGradOptions&>(param_groups_[group].options());
    for_each_gradient<NovoGradParamState>(
        group, [&](const Tensor& param, const Tensor& grad, NovoGradParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

}  // namespace gradus::optim
