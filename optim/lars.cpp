#include "optim/lars.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

LARSOptions::LARSOptions(double lr) : lr_(lr) {}

void LARSOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_number(optimizer, "dampening", dampening_);
  check_not_negative(optimizer, "trust_coefficient", trust_coefficient_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void LARSOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("dampening", dampening_);
  visitor("nesterov", nesterov_);
  visitor("trust_coefficient", trust_coefficient_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void LARSParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("momentum_buffer", momentum_buffer_);
}

LARS::LARS(const std::vector<OptimizerParamGroup>& param_groups, LARSOptions defaults)
    : Optimizer(param_groups, std::make_unique<LARSOptions>(std::move(defaults)), "LARS") {}

LARS::LARS(std::vector<Tensor> params, LARSOptions defaults)
    : LARS(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

LARS::LARS(const OrderedDict<std::string, Tensor>& named_params, LARSOptions defaults)
    : LARS(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> LARS::make_state() const {
  return std::make_unique<LARSParamState>();
}

namespace {

void step_of(const LARSOptions& options, LARSParamState& state, Tensor& p, Tensor g) {
  const double p_norm = norm_of(p), g_norm = norm_of(g);
  if (options.weight_decay() != 0) g = g + options.weight_decay() * p;
  if (options.trust_coefficient() != 0 && p_norm > 0 && g_norm > 0) {
    g = g * (options.trust_coefficient() * p_norm /
             (g_norm + options.weight_decay() * p_norm + options.eps()));
  }
  if (options.momentum() != 0) {
    Tensor& b = state.momentum_buffer();
    if (state.step() == 0) {
      b.copy_(g);
    } else {
      b.mul_(options.momentum()).add_(g, 1 - options.dampening());
    }
    g = options.nesterov() ? g + options.momentum() * b : b;
  }
  ++state.step();
  p.sub_(g, options.lr());
}

}  // namespace

void LARS::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<LARSParamState>(
        group, [&](const Tensor& p, const Tensor&, LARSParamState& state) {
          prepare_state("momentum_buffer", state.momentum_buffer(), p);
        });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const LARSOptions&>(param_groups_[group].options());
    for_each_gradient<LARSParamState>(
        group, [&](const Tensor& param, const Tensor& grad, LARSParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

}  // namespace gradus::optim
