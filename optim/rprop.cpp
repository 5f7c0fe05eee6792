#include "optim/rprop.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

RpropOptions::RpropOptions(double lr) : lr_(lr) {}

void RpropOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  const auto [eta_minus, eta_plus] = etas_;
  GRADUS_CHECK_VALUE(eta_minus > 0 && eta_minus < 1 && eta_plus > 1,
                     "{}: etas must be below and above 1, got {} and {}", optimizer, eta_minus,
                     eta_plus);
  const auto [min_step, max_step] = step_sizes_;
  GRADUS_CHECK_VALUE(min_step >= 0 && min_step <= max_step,
                     "{}: step_sizes must be a lower and an upper bound, got {} and {}", optimizer,
                     min_step, max_step);
}

void RpropOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("etas", etas_);
  visitor("step_sizes", step_sizes_);
  visitor("maximize", maximize_);
}

void RpropParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("prev", prev_);
  visitor("step_size", step_size_);
}

Rprop::Rprop(const std::vector<OptimizerParamGroup>& param_groups, RpropOptions defaults)
    : Optimizer(param_groups, std::make_unique<RpropOptions>(std::move(defaults)), "Rprop") {}

Rprop::Rprop(std::vector<Tensor> params, RpropOptions defaults)
    : Rprop(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Rprop::Rprop(const OrderedDict<std::string, Tensor>& named_params, RpropOptions defaults)
    : Rprop(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Rprop::make_state() const {
  return std::make_unique<RpropParamState>();
}

void Rprop::update() {
  kernel::TensorBatch& batch = this->batch();
  InlineVector<kernel::RpropNumbers, 8> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const RpropOptions&>(param_groups_[group].options());
    kernel::RpropNumbers rprop{gradient_numbers(options)};
    std::tie(rprop.eta_minus, rprop.eta_plus) = options.etas();
    std::tie(rprop.min_step, rprop.max_step) = options.step_sizes();
    numbers.push_back(rprop);
    for_each_gradient<RpropParamState>(
        group, [&](const Tensor& p, const Tensor& g, RpropParamState& state) {
          prepare_state("prev", state.prev(), p);
          if (prepare_state("step_size", state.step_size(), p)) {
            state.step_size().fill_(options.lr());
          }
          batch.add({&p, &g, &state.prev(), &state.step_size()}, static_cast<int32_t>(group),
                    &state.step());
        });
  }
  batch.run(kernel::rprop_kernel(), numbers.data());
}

}  // namespace gradus::optim
