#include "optim/sgdp.h"

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/projection.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

SGDPOptions::SGDPOptions(double lr) : lr_(lr) {}

void SGDPOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_number(optimizer, "dampening", dampening_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "delta", delta_);
  check_not_negative(optimizer, "wd_ratio", wd_ratio_);
  check_not_negative(optimizer, "eps", eps_);
}

void SGDPOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("dampening", dampening_);
  visitor("weight_decay", weight_decay_);
  visitor("delta", delta_);
  visitor("wd_ratio", wd_ratio_);
  visitor("nesterov", nesterov_);
  visitor("eps", eps_);
  visitor("maximize", maximize_);
}

void SGDPParamState::visit(FieldVisitor& visitor) {
  visitor("momentum_buffer", momentum_buffer_);
}

SGDP::SGDP(const std::vector<OptimizerParamGroup>& param_groups, SGDPOptions defaults)
    : Optimizer(param_groups, std::make_unique<SGDPOptions>(std::move(defaults)), "SGDP") {}

SGDP::SGDP(std::vector<Tensor> params, SGDPOptions defaults)
    : SGDP(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

SGDP::SGDP(const OrderedDict<std::string, Tensor>& named_params, SGDPOptions defaults)
    : SGDP(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> SGDP::make_state() const {
  return std::make_unique<SGDPParamState>();
}

namespace {

void step_of(const SGDPOptions& options, SGDPParamState& state, Tensor& p, Tensor g) {
  Tensor& b = state.momentum_buffer();
  b.mul_(options.momentum()).add_(g, 1 - options.dampening());
  Tensor u = options.nesterov() ? g + options.momentum() * b : b;
  const double ratio = project(u, p, g, options.delta(), options.wd_ratio(), options.eps());
  p.mul_(1 - options.lr() * options.weight_decay() * ratio / (1 - options.momentum()));
  p.sub_(u, options.lr());
}

}  // namespace

void SGDP::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<SGDPParamState>(
        group, [&](const Tensor& p, const Tensor&, SGDPParamState& state) {
          prepare_state("momentum_buffer", state.momentum_buffer(), p);
        });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SGDPOptions&>(param_groups_[group].options());
    for_each_gradient<SGDPParamState>(
        group, [&](const Tensor& param, const Tensor& grad, SGDPParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

}  // namespace gradus::optim
