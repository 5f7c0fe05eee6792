#include "optim/adadelta.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

AdadeltaOptions::AdadeltaOptions(double lr) : lr_(lr) {}

void AdadeltaOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  GRADUS_CHECK_VALUE(rho_ >= 0 && rho_ <= 1, "{}: rho must be from 0 to 1, got {}", optimizer,
                     rho_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdadeltaOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("rho", rho_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void AdadeltaParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("square_avg", square_avg_);
  visitor("acc_delta", acc_delta_);
}

Adadelta::Adadelta(const std::vector<OptimizerParamGroup>& param_groups, AdadeltaOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdadeltaOptions>(std::move(defaults)), "Adadelta") {}

Adadelta::Adadelta(std::vector<Tensor> params, AdadeltaOptions defaults)
    : Adadelta(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Adadelta::Adadelta(const OrderedDict<std::string, Tensor>& named_params, AdadeltaOptions defaults)
    : Adadelta(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Adadelta::make_state() const {
  return std::make_unique<AdadeltaParamState>();
}

void Adadelta::update() {
  kernel::TensorBatch& batch = this->batch();
  InlineVector<kernel::AdadeltaNumbers, 8> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdadeltaOptions&>(param_groups_[group].options());
    kernel::AdadeltaNumbers adadelta{gradient_numbers(options)};
    adadelta.rho = options.rho();
    adadelta.eps = options.eps();
    numbers.push_back(adadelta);
    for_each_gradient<AdadeltaParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdadeltaParamState& state) {
          prepare_state("square_avg", state.square_avg(), p);
          prepare_state("acc_delta", state.acc_delta(), p);
          batch.add({&p, &g, &state.square_avg(), &state.acc_delta()}, static_cast<int32_t>(group),
                    &state.step());
        });
  }
  batch.run(kernel::adadelta_kernel(), numbers.data());
}

}  // namespace gradus::optim
