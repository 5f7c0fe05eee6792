#include "optim/schedule_free_sgd.h"

#include <algorithm>
#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"
#include "optim/internal/schedule_free.h"

namespace gradus::optim {

ScheduleFreeSGDOptions::ScheduleFreeSGDOptions(double lr) : lr_(lr) {}

void ScheduleFreeSGDOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  GRADUS_CHECK_VALUE(momentum_ > 0, "{}: momentum must be above 0", optimizer);
  GRADUS_CHECK_VALUE(warmup_steps_ >= 0, "{}: warmup_steps must be at least 0, got {}", optimizer,
                     warmup_steps_);
  check_not_negative(optimizer, "r", r_);
  check_not_negative(optimizer, "weight_lr_power", weight_lr_power_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void ScheduleFreeSGDOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("warmup_steps", warmup_steps_);
  visitor("r", r_);
  visitor("weight_lr_power", weight_lr_power_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void ScheduleFreeSGDParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("weight_sum", weight_sum_);
  visitor("lr_max", lr_max_);
  visitor("z", z_);
  visitor("y", y_, StateTensor::AnyShape);
}

ScheduleFreeSGD::ScheduleFreeSGD(const std::vector<OptimizerParamGroup>& param_groups,
                                 ScheduleFreeSGDOptions defaults)
    : Optimizer(param_groups, std::make_unique<ScheduleFreeSGDOptions>(std::move(defaults)),
                "ScheduleFreeSGD") {}

ScheduleFreeSGD::ScheduleFreeSGD(std::vector<Tensor> params, ScheduleFreeSGDOptions defaults)
    : ScheduleFreeSGD(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

ScheduleFreeSGD::ScheduleFreeSGD(const OrderedDict<std::string, Tensor>& named_params,
                                 ScheduleFreeSGDOptions defaults)
    : ScheduleFreeSGD(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> ScheduleFreeSGD::make_state() const {
  return std::make_unique<ScheduleFreeSGDParamState>();
}

void ScheduleFreeSGD::visit_state(FieldVisitor& visitor) {
  visitor("training", training_);
}

void ScheduleFreeSGD::eval() {
  if (!training_) return;
  for_each_average(
      *this, [](const OptimizerOptions& options, OptimizerParamState& state, Tensor& p) {
        auto& own = static_cast<ScheduleFreeSGDParamState&>(state);
        own.y() =
            to_average(p, own.z(), static_cast<const ScheduleFreeSGDOptions&>(options).momentum());
      });
  training_ = false;
}

void ScheduleFreeSGD::train() {
  if (training_) return;
  for_each_average(*this, [](const OptimizerOptions&, OptimizerParamState& state, Tensor& p) {
    auto& own = static_cast<ScheduleFreeSGDParamState&>(state);
    if (own.y().defined()) p.copy_(own.y());
    own.y().reset();
  });
  training_ = true;
}

void ScheduleFreeSGD::update() {
  GRADUS_CHECK(training_, "ScheduleFreeSGD: step() in eval mode; call train() first");
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::ScheduleFreeNumbers, std::pair<int64_t, double>> numbers;
  weights_.clear();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options =
        static_cast<const ScheduleFreeSGDOptions&>(param_groups_[group].options());
    kernel::ScheduleFreeNumbers rule{gradient_numbers(options)};
    rule.beta = options.momentum();
    numbers.begin_group(rule);
    for_each_gradient<ScheduleFreeSGDParamState>(
        group, [&](const Tensor& p, const Tensor& g, ScheduleFreeSGDParamState& state) {
          if (prepare_state("z", state.z(), p)) state.z().copy_(p);
          const int64_t t = state.step() + 1;
          const ScheduleFreeWeights weights =
              next_weights(options, t, {state.weight_sum(), state.lr_max()});
          weights_.emplace_back(&state, weights.weight_sum, weights.lr_max);
          const int32_t own =
              numbers.at({t, weights.weight_sum}, [&](kernel::ScheduleFreeNumbers& rule) {
                rule.lr = weights.lr;
                rule.c = weights.c;
              });
          batch.add({&p, &g, &state.z()}, own, &state.step());
        });
  }
  batch.run(kernel::schedule_free_kernel(), numbers.data());
  for (const auto& [state, weight_sum, lr_max] : weights_) {
    state->weight_sum(weight_sum);
    state->lr_max(lr_max);
  }
}

}  // namespace gradus::optim
