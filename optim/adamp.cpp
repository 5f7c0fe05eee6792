#include "optim/adamp.h"

#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/projection.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

AdamPOptions::AdamPOptions(double lr) : lr_(lr) {}

void AdamPOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "delta", delta_);
  check_not_negative(optimizer, "wd_ratio", wd_ratio_);
}

void AdamPOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("delta", delta_);
  visitor("wd_ratio", wd_ratio_);
  visitor("nesterov", nesterov_);
  visitor("maximize", maximize_);
}

void AdamPParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

AdamP::AdamP(const std::vector<OptimizerParamGroup>& param_groups, AdamPOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdamPOptions>(std::move(defaults)), "AdamP") {}

AdamP::AdamP(std::vector<Tensor> params, AdamPOptions defaults)
    : AdamP(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

AdamP::AdamP(const OrderedDict<std::string, Tensor>& named_params, AdamPOptions defaults)
    : AdamP(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> AdamP::make_state() const {
  return std::make_unique<AdamPParamState>();
}

namespace {

void step_of(const AdamPOptions& options, AdamPParamState& state, Tensor& p, Tensor g) {
  const auto [beta1, beta2] = options.betas();
  const auto t = static_cast<double>(++state.step());
  const Tensor& m = state.exp_avg().mul_(beta1).add_(g, 1 - beta1);
  const Tensor& v = state.exp_avg_sq().mul_(beta2).addcmul_(g, g, 1 - beta2);
  const Tensor denominator = (v / (1 - std::pow(beta2, t))).sqrt_().add_(options.eps());
  Tensor u = (options.nesterov() ? beta1 * m + (1 - beta1) * g : m) / denominator;
  const double ratio = project(u, p, g, options.delta(), options.wd_ratio(), options.eps());
  p.mul_(1 - options.lr() * options.weight_decay() * ratio);
  p.sub_(u, options.lr() / (1 - std::pow(beta1, t)));
}

}  // namespace

void AdamP::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<AdamPParamState>(group,
                                       [&](const Tensor& p, const Tensor&, AdamPParamState& state) {
                                         prepare_state("exp_avg", state.exp_avg(), p);
                                         prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
                                       });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdamPOptions&>(param_groups_[group].options());
    for_each_gradient<AdamPParamState>(
        group, [&](const Tensor& param, const Tensor& grad, AdamPParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

}  // namespace gradus::optim
