#include "optim/qhm.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

QHMOptions::QHMOptions(double lr) : lr_(lr) {}

void QHMOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_not_negative(optimizer, "nu", nu_);
  GRADUS_CHECK_VALUE(nu_ <= 1, "{}: nu must be at most 1, got {}", optimizer, nu_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void QHMOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("nu", nu_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void QHMParamState::visit(FieldVisitor& visitor) {
  visitor("momentum_buffer", momentum_buffer_);
}

QHM::QHM(const std::vector<OptimizerParamGroup>& param_groups, QHMOptions defaults)
    : Optimizer(param_groups, std::make_unique<QHMOptions>(std::move(defaults)), "QHM") {}

QHM::QHM(std::vector<Tensor> params, QHMOptions defaults)
    : QHM(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

QHM::QHM(const OrderedDict<std::string, Tensor>& named_params, QHMOptions defaults)
    : QHM(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> QHM::make_state() const {
  return std::make_unique<QHMParamState>();
}

void QHM::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::QhmNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const QHMOptions&>(param_groups_[group].options());
    kernel::QhmNumbers rule{gradient_numbers(options, options.decoupled_weight_decay())};
    rule.momentum = options.momentum();
    rule.nu = options.nu();
    numbers.begin_group(rule);
    for_each_gradient<QHMParamState>(
        group, [&](const Tensor& p, const Tensor& g, QHMParamState& state) {
          prepare_state("momentum_buffer", state.momentum_buffer(), p);
          const int32_t own = numbers.at(0, [](kernel::QhmNumbers&) {});
          batch.add({&p, &g, &state.momentum_buffer()}, own);
        });
  }
  batch.run(kernel::qhm_kernel(), numbers.data());
}

}  // namespace gradus::optim
