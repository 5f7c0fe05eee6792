#include "optim/ademamix.h"

#include <algorithm>
#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

AdEMAMixOptions::AdEMAMixOptions(double lr) : lr_(lr) {}

void AdEMAMixOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_decay_rate(optimizer, "beta3", std::get<2>(betas_));
  check_not_negative(optimizer, "alpha", alpha_);
  GRADUS_CHECK_VALUE(warmup_ >= 0, "{}: warmup must be at least 0, got {}", optimizer, warmup_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdEMAMixOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("alpha", alpha_);
  visitor("warmup", warmup_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void AdEMAMixParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_slow", exp_avg_slow_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

AdEMAMix::AdEMAMix(const std::vector<OptimizerParamGroup>& param_groups, AdEMAMixOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdEMAMixOptions>(std::move(defaults)), "AdEMAMix") {}

AdEMAMix::AdEMAMix(std::vector<Tensor> params, AdEMAMixOptions defaults)
    : AdEMAMix(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

AdEMAMix::AdEMAMix(const OrderedDict<std::string, Tensor>& named_params, AdEMAMixOptions defaults)
    : AdEMAMix(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> AdEMAMix::make_state() const {
  return std::make_unique<AdEMAMixParamState>();
}

namespace {

// Which part of the warm-up has passed.
double warmed_up(const AdEMAMixOptions& options, int64_t t) {
  if (t >= options.warmup()) return 1;
  return static_cast<double>(t) / static_cast<double>(options.warmup());
}

double slow_decay(double beta1, double beta3, double x) {
  if (x == 1 || beta1 == 0 || beta3 == 0) return beta3;
  const double from = std::log(beta1), to = std::log(beta3);
  return std::min(beta3, std::exp(from * to / ((1 - x) * to + x * from)));
}

}  // namespace

void AdEMAMix::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AdemamixNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdEMAMixOptions&>(param_groups_[group].options());
    kernel::AdemamixNumbers rule;
    static_cast<kernel::GradientNumbers&>(rule) = gradient_numbers(options, /*decoupled=*/true);
    std::tie(rule.beta1, rule.beta2, std::ignore) = options.betas();
    rule.eps = options.eps();
    numbers.begin_group(rule);
    for_each_gradient<AdEMAMixParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdEMAMixParamState& state) {
          prepare_state("exp_avg", state.exp_avg(), p);
          prepare_state("exp_avg_slow", state.exp_avg_slow(), p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::AdemamixNumbers& rule) {
            rule.bias_correction1 = 1 - std::pow(rule.beta1, static_cast<double>(t));
            rule.bias_correction2 = 1 - std::pow(rule.beta2, static_cast<double>(t));
            const double x = warmed_up(options, t);
            rule.alpha = x * options.alpha();
            rule.beta3 = slow_decay(rule.beta1, std::get<2>(options.betas()), x);
          });
          batch.add({&p, &g, &state.exp_avg(), &state.exp_avg_slow(), &state.exp_avg_sq()}, own,
                    &state.step());
        });
  }
  batch.run(kernel::ademamix_kernel(), numbers.data());
}

}  // namespace gradus::optim
