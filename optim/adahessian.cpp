#include "optim/adahessian.h"

#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"
#include "optim/lab/hutchinson.h"

namespace gradus::optim {

AdaHessianOptions::AdaHessianOptions(double lr) : lr_(lr) {}

void AdaHessianOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "hessian_power", hessian_power_);
}

void AdaHessianOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("hessian_power", hessian_power_);
  visitor("maximize", maximize_);
}

void AdaHessianParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_, StateTensor::Optional);
  visitor("exp_avg_sq", exp_avg_sq_, StateTensor::Optional);
  visitor("hessian", hessian_, StateTensor::Optional);
}

AdaHessian::AdaHessian(const std::vector<OptimizerParamGroup>& param_groups,
                       AdaHessianOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdaHessianOptions>(std::move(defaults)),
                "AdaHessian") {}

AdaHessian::AdaHessian(std::vector<Tensor> params, AdaHessianOptions defaults)
    : AdaHessian(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

AdaHessian::AdaHessian(const OrderedDict<std::string, Tensor>& named_params,
                       AdaHessianOptions defaults)
    : AdaHessian(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> AdaHessian::make_state() const {
  return std::make_unique<AdaHessianParamState>();
}

namespace {

void step_of(const AdaHessianOptions& options, AdaHessianParamState& state, Tensor& p, Tensor g) {
  const auto [beta1, beta2] = options.betas();
  const auto t = static_cast<double>(++state.step());
  const Tensor& D = state.hessian();
  const Tensor& m = state.exp_avg().mul_(beta1).add_(g, 1 - beta1);
  const Tensor& v = state.exp_avg_sq().mul_(beta2).addcmul_(D, D, 1 - beta2);
  Tensor denominator = (v / (1 - std::pow(beta2, t))).sqrt_();
  if (options.hessian_power() != 1) denominator.pow_(options.hessian_power());
  denominator.add_(options.eps());
  p.mul_(1 - options.lr() * options.weight_decay());
  p.addcdiv_(m, denominator, -options.lr() / (1 - std::pow(beta1, t)));
}

}  // namespace

void AdaHessian::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<AdaHessianParamState>(
        group, [&](const Tensor& p, const Tensor&, AdaHessianParamState& state) {
          GRADUS_CHECK(state.hessian().defined(),
                       "AdaHessian: a parameter of shape {} has no estimate of the Hessian; call "
                       "estimate_hessian() before step()",
                       p.sizes());
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
        });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdaHessianOptions&>(param_groups_[group].options());
    for_each_gradient<AdaHessianParamState>(
        group, [&](const Tensor& param, const Tensor& grad, AdaHessianParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

namespace {

// The mean over the kernel of a convolution's weight.
Tensor kernel_mean(const Tensor& diagonal) {
  return diagonal.mean({2, 3}, /*keepdim=*/true).expand(diagonal.sizes());
}

}  // namespace

void AdaHessian::set_hessian(const Tensor& param, const Tensor& diagonal) {
  const NoGradGuard no_grad;
  check_step();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for (const Tensor& p : param_groups_[group].params()) {
      if (!p.is_same(param)) continue;
      GRADUS_CHECK_VALUE(
          diagonal.defined() && diagonal.sizes() == p.sizes(),
          "AdaHessian.set_hessian: the diagonal has another shape than the parameter, {}",
          p.sizes());
      std::unique_ptr<OptimizerParamState>& slot = state_[p.unsafeGetTensorImpl()];
      if (slot == nullptr) slot = make_state();
      auto& state = static_cast<AdaHessianParamState&>(*slot);
      prepare_state("hessian", state.hessian(), p);
      state.hessian().copy_(p.dim() == 4 ? kernel_mean(diagonal) : diagonal);
      return;
    }
  }
  gradus::detail::throw_error<ValueError>(
      "AdaHessian.set_hessian: got a tensor that is no parameter");
}

void AdaHessian::estimate_hessian(const Tensor& loss, int64_t samples,
                                  std::optional<Generator> generator) {
  std::vector<Tensor> params;
  for (const OptimizerParamGroup& group : param_groups_) {
    params.insert(params.end(), group.params().begin(), group.params().end());
  }
  const std::vector<Tensor> diagonals =
      hutchinson_diagonal(loss, params, samples, std::move(generator));
  for (size_t i = 0; i < params.size(); ++i) {
    if (diagonals[i].defined()) set_hessian(params[i], diagonals[i]);
  }
}

}  // namespace gradus::optim
