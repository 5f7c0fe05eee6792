#include "optim/muon.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/numbers.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

MuonOptions::MuonOptions(double lr) : lr_(lr) {}

void MuonOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_number(optimizer, "ns_coefficients", std::get<0>(ns_coefficients_));
  check_number(optimizer, "ns_coefficients", std::get<1>(ns_coefficients_));
  check_number(optimizer, "ns_coefficients", std::get<2>(ns_coefficients_));
  check_not_negative(optimizer, "eps", eps_);
  GRADUS_CHECK_VALUE(ns_steps_ >= 0 && ns_steps_ < 100,
                     "{}: ns_steps must be at least 0 and below 100, got {}", optimizer, ns_steps_);
  GRADUS_CHECK_VALUE(adjust_lr_fn_ >= original && adjust_lr_fn_ <= spectral_unclamped,
                     "{}: adjust_lr_fn {} is unknown", optimizer, int(adjust_lr_fn_));
  check_not_negative(optimizer, "adamw_lr_factor", adamw_lr_factor_);
  check_decay_rate(optimizer, "beta1 of adamw_betas", std::get<0>(adamw_betas_));
  check_decay_rate(optimizer, "beta2 of adamw_betas", std::get<1>(adamw_betas_));
  check_not_negative(optimizer, "adamw_eps", adamw_eps_);
}

void MuonOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("weight_decay", weight_decay_);
  visitor("momentum", momentum_);
  visitor("nesterov", nesterov_);
  visitor("ns_coefficients", ns_coefficients_);
  visitor("eps", eps_);
  visitor("ns_steps", ns_steps_);
  int64_t adjust_lr_fn = adjust_lr_fn_;
  visitor("adjust_lr_fn", adjust_lr_fn);
  adjust_lr_fn_ = static_cast<adjust_lr_t>(adjust_lr_fn);
  visitor("adamw", adamw_);
  visitor("muon", muon_);
  visitor("adamw_lr_factor", adamw_lr_factor_);
  visitor("adamw_betas", adamw_betas_);
  visitor("adamw_eps", adamw_eps_);
  visitor("maximize", maximize_);
}

void MuonParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("momentum_buffer", momentum_buffer_, StateTensor::Optional);
  visitor("exp_avg", exp_avg_, StateTensor::Optional);
  visitor("exp_avg_sq", exp_avg_sq_, StateTensor::Optional);
}

Muon::Muon(const std::vector<OptimizerParamGroup>& param_groups, MuonOptions defaults)
    : Optimizer(param_groups, std::make_unique<MuonOptions>(std::move(defaults)), "Muon") {}

Muon::Muon(std::vector<Tensor> params, MuonOptions defaults)
    : Muon(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Muon::Muon(const OrderedDict<std::string, Tensor>& named_params, MuonOptions defaults)
    : Muon(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Muon::make_state() const {
  return std::make_unique<MuonParamState>();
}

namespace {

// Newton-Schulz: the singular values of x go to about 1.
Tensor orthogonalize(const Tensor& g, const MuonOptions& options) {
  const auto [a, b, c] = options.ns_coefficients();
  const bool tall = g.size(0) > g.size(1);
  Tensor x = tall ? g.t() : g;
  x = x / std::max(x.norm().item<double>(), options.eps());
  for (int64_t i = 0; i < options.ns_steps(); ++i) {
    const Tensor A = x.mm(x.t());
    const Tensor B = addmm(A, A, A, /*beta=*/b, /*alpha=*/c);
    x = addmm(x, B, x, /*beta=*/a);
  }
  return tall ? x.t() : x;
}

double adjusted(MuonOptions::adjust_lr_t adjust, double rows, double columns) {
  switch (adjust) {
    case MuonOptions::match_rms_adamw:
      return 0.2 * std::sqrt(std::max(rows, columns));
    case MuonOptions::spectral_unclamped:
      return std::sqrt(rows / columns);
    default:
      return std::sqrt(std::max(1.0, rows / columns));
  }
}

void step_of(const MuonOptions& options, Tensor& p, const Tensor& g, Tensor& b) {
  b.lerp_(g, 1 - options.momentum());
  const Tensor u = options.nesterov() ? g.lerp(b, options.momentum()) : b;
  const int64_t rows = p.size(0), columns = p.numel() / p.size(0);
  const Tensor x = orthogonalize(u.reshape({rows, columns}), options).reshape(p.sizes());
  const double adjust =
      adjusted(options.adjust_lr_fn(), static_cast<double>(rows), static_cast<double>(columns));
  p.mul_(1 - options.lr() * options.weight_decay());
  p.add_(x, -options.lr() * adjust);
}

}  // namespace

void Muon::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AdamNumbers> numbers;
  const auto is_for_muon = [](const MuonOptions& options, const Tensor& param) {
    return options.muon() && param.dim() >= 2;
  };
  for (const OptimizerParamGroup& group : param_groups_) {
    const auto& options = static_cast<const MuonOptions&>(group.options());
    if (options.adamw()) continue;
    for (const Tensor& param : group.params()) {
      GRADUS_CHECK_VALUE(
          !options.muon() || param.dim() >= 2 || !param.grad().defined(),
          "Muon: a parameter has shape {}, but only matrices can be made orthogonal; "
          "MuonOptions::adamw(true) gives the rest to AdamW",
          param.sizes());
    }
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const MuonOptions&>(param_groups_[group].options());
    kernel::AdamNumbers adamw{gradient_numbers(options, /*decoupled=*/true)};
    adamw.lr *= options.adamw_lr_factor();
    std::tie(adamw.beta1, adamw.beta2) = options.adamw_betas();
    adamw.eps = options.adamw_eps();
    numbers.begin_group(adamw);
    for_each_gradient<MuonParamState>(
        group, [&](const Tensor& param, const Tensor& grad, MuonParamState& state) {
          if (is_for_muon(options, param)) {
            prepare_state("momentum_buffer", state.momentum_buffer(), param);
            with_tensor_rule(param, grad, options.maximize(), [&](Tensor& p, const Tensor& g) {
              step_of(options, p, g, state.momentum_buffer());
            });
            return;
          }
          prepare_state("exp_avg", state.exp_avg(), param);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), param);
          const auto t = static_cast<double>(state.step() + 1);
          const int32_t own = numbers.at(state.step() + 1, [t](kernel::AdamNumbers& adam) {
            adam.bias_correction1 = 1 - std::pow(adam.beta1, t);
            adam.bias_correction2 = 1 - std::pow(adam.beta2, t);
          });
          batch.add({&param, &grad, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
        });
  }
  batch.run(kernel::adam_kernel(), numbers.data());
}

}  // namespace gradus::optim
