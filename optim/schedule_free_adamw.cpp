#include "optim/schedule_free_adamw.h"

#include <algorithm>
#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"
#include "optim/internal/schedule_free.h"

namespace gradus::optim {

ScheduleFreeAdamWOptions::ScheduleFreeAdamWOptions(double lr) : lr_(lr) {}

void ScheduleFreeAdamWOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  GRADUS_CHECK_VALUE(std::get<0>(betas_) > 0, "{}: beta1 must be above 0", optimizer);
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_not_negative(optimizer, "eps", eps_);
  GRADUS_CHECK_VALUE(warmup_steps_ >= 0, "{}: warmup_steps must be at least 0, got {}", optimizer,
                     warmup_steps_);
  check_not_negative(optimizer, "r", r_);
  check_not_negative(optimizer, "weight_lr_power", weight_lr_power_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void ScheduleFreeAdamWOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("warmup_steps", warmup_steps_);
  visitor("r", r_);
  visitor("weight_lr_power", weight_lr_power_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void ScheduleFreeAdamWParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("weight_sum", weight_sum_);
  visitor("lr_max", lr_max_);
  visitor("z", z_);
  visitor("exp_avg_sq", exp_avg_sq_);
  visitor("y", y_, StateTensor::AnyShape);
}

ScheduleFreeAdamW::ScheduleFreeAdamW(const std::vector<OptimizerParamGroup>& param_groups,
                                     ScheduleFreeAdamWOptions defaults)
    : Optimizer(param_groups, std::make_unique<ScheduleFreeAdamWOptions>(std::move(defaults)),
                "ScheduleFreeAdamW") {}

ScheduleFreeAdamW::ScheduleFreeAdamW(std::vector<Tensor> params, ScheduleFreeAdamWOptions defaults)
    : ScheduleFreeAdamW(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

ScheduleFreeAdamW::ScheduleFreeAdamW(const OrderedDict<std::string, Tensor>& named_params,
                                     ScheduleFreeAdamWOptions defaults)
    : ScheduleFreeAdamW(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> ScheduleFreeAdamW::make_state() const {
  return std::make_unique<ScheduleFreeAdamWParamState>();
}

void ScheduleFreeAdamW::visit_state(FieldVisitor& visitor) {
  visitor("training", training_);
}

void ScheduleFreeAdamW::eval() {
  if (!training_) return;
  for_each_average(
      *this, [](const OptimizerOptions& options, OptimizerParamState& state, Tensor& p) {
        auto& own = static_cast<ScheduleFreeAdamWParamState&>(state);
        own.y() = to_average(
            p, own.z(), std::get<0>(static_cast<const ScheduleFreeAdamWOptions&>(options).betas()));
      });
  training_ = false;
}

void ScheduleFreeAdamW::train() {
  if (training_) return;
  for_each_average(*this, [](const OptimizerOptions&, OptimizerParamState& state, Tensor& p) {
    auto& own = static_cast<ScheduleFreeAdamWParamState&>(state);
    if (own.y().defined()) p.copy_(own.y());
    own.y().reset();
  });
  training_ = true;
}

void ScheduleFreeAdamW::update() {
  GRADUS_CHECK(training_, "ScheduleFreeAdamW: step() in eval mode; call train() first");
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::ScheduleFreeNumbers, std::pair<int64_t, double>> numbers;
  weights_.clear();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options =
        static_cast<const ScheduleFreeAdamWOptions&>(param_groups_[group].options());
    kernel::ScheduleFreeNumbers rule{gradient_numbers(options)};
    rule.adaptive = true;
    std::tie(rule.beta, rule.beta2) = options.betas();
    rule.eps = options.eps();
    numbers.begin_group(rule);
    for_each_gradient<ScheduleFreeAdamWParamState>(
        group, [&](const Tensor& p, const Tensor& g, ScheduleFreeAdamWParamState& state) {
          if (prepare_state("z", state.z(), p)) state.z().copy_(p);
          prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
          const int64_t t = state.step() + 1;
          const ScheduleFreeWeights weights =
              next_weights(options, t, {state.weight_sum(), state.lr_max()});
          weights_.emplace_back(&state, weights.weight_sum, weights.lr_max);
          const int32_t own =
              numbers.at({t, weights.weight_sum}, [&](kernel::ScheduleFreeNumbers& rule) {
                rule.lr = weights.lr;
                rule.c = weights.c;
                rule.bias_correction2 = 1 - std::pow(rule.beta2, static_cast<double>(t));
              });
          batch.add({&p, &g, &state.z(), &state.exp_avg_sq()}, own, &state.step());
        });
  }
  batch.run(kernel::schedule_free_kernel(), numbers.data());
  for (const auto& [state, weight_sum, lr_max] : weights_) {
    state->weight_sum(weight_sum);
    state->lr_max(lr_max);
  }
}

}  // namespace gradus::optim
