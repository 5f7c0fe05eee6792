#include "optim/sgdw.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

SGDWOptions::SGDWOptions(double lr) : lr_(lr) {}

void SGDWOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "momentum", momentum_);
  check_number(optimizer, "dampening", dampening_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  GRADUS_CHECK_VALUE(!nesterov_ || (momentum_ > 0 && dampening_ == 0),
                     "{}: nesterov needs momentum > 0 and dampening = 0, got {} and {}", optimizer,
                     momentum_, dampening_);
}

void SGDWOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("dampening", dampening_);
  visitor("weight_decay", weight_decay_);
  visitor("nesterov", nesterov_);
  visitor("maximize", maximize_);
}

void SGDWParamState::visit(FieldVisitor& visitor) {
  visitor("momentum_buffer", momentum_buffer_);
}

SGDW::SGDW(const std::vector<OptimizerParamGroup>& param_groups, SGDWOptions defaults)
    : Optimizer(param_groups, std::make_unique<SGDWOptions>(std::move(defaults)), "SGDW") {}

SGDW::SGDW(std::vector<Tensor> params, SGDWOptions defaults)
    : SGDW(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

SGDW::SGDW(const OrderedDict<std::string, Tensor>& named_params, SGDWOptions defaults)
    : SGDW(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> SGDW::make_state() const {
  return std::make_unique<SGDWParamState>();
}

void SGDW::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::SgdNumbers, bool> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SGDWOptions&>(param_groups_[group].options());
    kernel::SgdNumbers rule{gradient_numbers(options, /*decoupled=*/true)};
    rule.momentum = options.momentum();
    rule.dampening = options.dampening();
    rule.nesterov = options.nesterov();
    numbers.begin_group(rule);
    if (rule.momentum == 0) {
      for_each_gradient(group, [&](const Tensor& p, const Tensor& g) {
        batch.add({&p, &g}, numbers.at(false, [](kernel::SgdNumbers&) {}));
      });
      continue;
    }
    for_each_gradient<SGDWParamState>(
        group, [&](const Tensor& p, const Tensor& g, SGDWParamState& state) {
          const bool first = prepare_state("momentum_buffer", state.momentum_buffer(), p);
          const int32_t own =
              numbers.at(first, [first](kernel::SgdNumbers& rule) { rule.first = first; });
          batch.add({&p, &g, &state.momentum_buffer()}, own);
        });
  }
  batch.run(kernel::sgd_kernel(), numbers.data());
}

}  // namespace gradus::optim
