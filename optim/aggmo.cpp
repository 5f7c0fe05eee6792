#include "optim/aggmo.h"

#include <array>
#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

AggMoOptions::AggMoOptions(double lr) : lr_(lr) {}

void AggMoOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  GRADUS_CHECK_VALUE(a_ > 0 && a_ <= 1, "{}: a must be in (0, 1], got {}", optimizer, a_);
  GRADUS_CHECK_VALUE(k_ >= 1 && k_ <= int64_t{kernel::kMaxAggmoBuffers},
                     "{}: k must be from 1 to {}, got {}", optimizer, kernel::kMaxAggmoBuffers, k_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AggMoOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("a", a_);
  visitor("k", k_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void AggMoParamState::visit(FieldVisitor& visitor) {
  visitor("momentum_buffer_1", momentum_buffer_1_, StateTensor::Optional);
  visitor("momentum_buffer_2", momentum_buffer_2_, StateTensor::Optional);
  visitor("momentum_buffer_3", momentum_buffer_3_, StateTensor::Optional);
  visitor("momentum_buffer_4", momentum_buffer_4_, StateTensor::Optional);
}

AggMo::AggMo(const std::vector<OptimizerParamGroup>& param_groups, AggMoOptions defaults)
    : Optimizer(param_groups, std::make_unique<AggMoOptions>(std::move(defaults)), "AggMo") {}

AggMo::AggMo(std::vector<Tensor> params, AggMoOptions defaults)
    : AggMo(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

AggMo::AggMo(const OrderedDict<std::string, Tensor>& named_params, AggMoOptions defaults)
    : AggMo(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> AggMo::make_state() const {
  return std::make_unique<AggMoParamState>();
}

void AggMo::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AggmoNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AggMoOptions&>(param_groups_[group].options());
    kernel::AggmoNumbers rule{gradient_numbers(options, options.decoupled_weight_decay())};
    rule.count = options.k();
    for (int64_t i = 0; i < rule.count; ++i) {
      rule.betas[i] = 1 - std::pow(options.a(), static_cast<double>(i));
    }
    numbers.begin_group(rule);
    for_each_gradient<AggMoParamState>(
        group, [&](const Tensor& p, const Tensor& g, AggMoParamState& state) {
          Tensor* b[] = {&state.momentum_buffer_1(), &state.momentum_buffer_2(),
                         &state.momentum_buffer_3(), &state.momentum_buffer_4()};
          for (int64_t i = 0; i < rule.count; ++i) prepare_state("momentum_buffer", *b[i], p);
          const int32_t own = numbers.at(0, [](kernel::AggmoNumbers&) {});
          switch (rule.count) {
            case 1:
              return batch.add({&p, &g, b[0]}, own);
            case 2:
              return batch.add({&p, &g, b[0], b[1]}, own);
            case 3:
              return batch.add({&p, &g, b[0], b[1], b[2]}, own);
            default:
              return batch.add({&p, &g, b[0], b[1], b[2], b[3]}, own);
          }
        });
  }
  batch.run(kernel::aggmo_kernel(), numbers.data());
}

}  // namespace gradus::optim
