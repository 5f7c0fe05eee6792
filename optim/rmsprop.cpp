#include "optim/rmsprop.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

RMSpropOptions::RMSpropOptions(double lr) : lr_(lr) {}

void RMSpropOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "alpha", alpha_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "momentum", momentum_);
}

void RMSpropOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("alpha", alpha_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("momentum", momentum_);
  visitor("centered", centered_);
  visitor("maximize", maximize_);
}

void RMSpropParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("square_avg", square_avg_);
  visitor("momentum_buffer", momentum_buffer_, StateTensor::Optional);
  visitor("grad_avg", grad_avg_, StateTensor::Optional);
}

RMSprop::RMSprop(const std::vector<OptimizerParamGroup>& param_groups, RMSpropOptions defaults)
    : Optimizer(param_groups, std::make_unique<RMSpropOptions>(std::move(defaults)), "RMSprop") {}

RMSprop::RMSprop(std::vector<Tensor> params, RMSpropOptions defaults)
    : RMSprop(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

RMSprop::RMSprop(const OrderedDict<std::string, Tensor>& named_params, RMSpropOptions defaults)
    : RMSprop(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> RMSprop::make_state() const {
  return std::make_unique<RMSpropParamState>();
}

void RMSprop::update() {
  kernel::TensorBatch& batch = this->batch();
  InlineVector<kernel::RmspropNumbers, 8> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const RMSpropOptions&>(param_groups_[group].options());
    kernel::RmspropNumbers rmsprop{gradient_numbers(options)};
    rmsprop.alpha = options.alpha();
    rmsprop.eps = options.eps();
    rmsprop.momentum = options.momentum();
    rmsprop.centered = options.centered();
    numbers.push_back(rmsprop);
    const auto own = static_cast<int32_t>(group);
    for_each_gradient<RMSpropParamState>(
        group, [&](const Tensor& p, const Tensor& g, RMSpropParamState& state) {
          Tensor &v = state.square_avg(), &a = state.grad_avg(), &b = state.momentum_buffer();
          const bool momentum = options.momentum() > 0;
          prepare_state("square_avg", v, p);
          if (options.centered()) prepare_state("grad_avg", a, p);
          if (momentum) prepare_state("momentum_buffer", b, p);
          if (options.centered() && momentum) {
            batch.add({&p, &g, &v, &a, &b}, own, &state.step());
          } else if (options.centered()) {
            batch.add({&p, &g, &v, &a}, own, &state.step());
          } else if (momentum) {
            batch.add({&p, &g, &v, &b}, own, &state.step());
          } else {
            batch.add({&p, &g, &v}, own, &state.step());
          }
        });
  }
  batch.run(kernel::rmsprop_kernel(), numbers.data());
}

}  // namespace gradus::optim
