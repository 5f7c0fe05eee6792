#include "optim/sophia.h"

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"
#include "optim/lab/hutchinson.h"

namespace gradus::optim {

SophiaOptions::SophiaOptions(double lr) : lr_(lr) {}

void SophiaOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "rho", rho_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void SophiaOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("rho", rho_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void SophiaParamState::visit(FieldVisitor& visitor) {
  visitor("exp_avg", exp_avg_, StateTensor::Optional);
  visitor("hessian", hessian_, StateTensor::Optional);
}

Sophia::Sophia(const std::vector<OptimizerParamGroup>& param_groups, SophiaOptions defaults)
    : Optimizer(param_groups, std::make_unique<SophiaOptions>(std::move(defaults)), "Sophia") {}

Sophia::Sophia(std::vector<Tensor> params, SophiaOptions defaults)
    : Sophia(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Sophia::Sophia(const OrderedDict<std::string, Tensor>& named_params, SophiaOptions defaults)
    : Sophia(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Sophia::make_state() const {
  return std::make_unique<SophiaParamState>();
}

namespace {

void step_of(const SophiaOptions& options, SophiaParamState& state, Tensor& p, Tensor g) {
  const double beta1 = std::get<0>(options.betas());
  const Tensor& m = state.exp_avg().mul_(beta1).add_(g, 1 - beta1);
  const Tensor denominator = (state.hessian() * options.rho()).clamp_min_(options.eps());
  p.mul_(1 - options.lr() * options.weight_decay());
  p.sub_((m / denominator).clamp_(-1, 1), options.lr());
}

}  // namespace

void Sophia::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<SophiaParamState>(
        group, [&](const Tensor& p, const Tensor&, SophiaParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("hessian", state.hessian(), p);
        });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SophiaOptions&>(param_groups_[group].options());
    for_each_gradient<SophiaParamState>(
        group, [&](const Tensor& param, const Tensor& grad, SophiaParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

void Sophia::set_hessian(const Tensor& param, const Tensor& diagonal) {
  const NoGradGuard no_grad;
  check_step();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SophiaOptions&>(param_groups_[group].options());
    for (const Tensor& p : param_groups_[group].params()) {
      if (!p.is_same(param)) continue;
      GRADUS_CHECK_VALUE(
          diagonal.defined() && diagonal.sizes() == p.sizes(),
          "Sophia.set_hessian: the diagonal has another shape than the parameter, {}", p.sizes());
      std::unique_ptr<OptimizerParamState>& slot = state_[p.unsafeGetTensorImpl()];
      if (slot == nullptr) slot = make_state();
      auto& state = static_cast<SophiaParamState&>(*slot);
      prepare_state("hessian", state.hessian(), p);
      const double beta2 = std::get<1>(options.betas());
      state.hessian().mul_(beta2).add_(diagonal.to(state.hessian().dtype()), 1 - beta2);
      return;
    }
  }
  gradus::detail::throw_error<ValueError>("Sophia.set_hessian: got a tensor that is no parameter");
}

void Sophia::estimate_hessian(const Tensor& loss, int64_t samples,
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
