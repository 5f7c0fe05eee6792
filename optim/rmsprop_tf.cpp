#include "optim/rmsprop_tf.h"

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

RMSpropTFOptions::RMSpropTFOptions(double lr) : lr_(lr) {}

void RMSpropTFOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "alpha", alpha_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "momentum", momentum_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void RMSpropTFOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("alpha", alpha_);
  visitor("eps", eps_);
  visitor("momentum", momentum_);
  visitor("centered", centered_);
  visitor("lr_in_momentum", lr_in_momentum_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void RMSpropTFParamState::visit(FieldVisitor& visitor) {
  visitor("square_avg", square_avg_);
  visitor("grad_avg", grad_avg_, StateTensor::Optional);
  visitor("momentum_buffer", momentum_buffer_, StateTensor::Optional);
}

RMSpropTF::RMSpropTF(const std::vector<OptimizerParamGroup>& param_groups,
                     RMSpropTFOptions defaults)
    : Optimizer(param_groups, std::make_unique<RMSpropTFOptions>(std::move(defaults)),
                "RMSpropTF") {}

RMSpropTF::RMSpropTF(std::vector<Tensor> params, RMSpropTFOptions defaults)
    : RMSpropTF(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

RMSpropTF::RMSpropTF(const OrderedDict<std::string, Tensor>& named_params,
                     RMSpropTFOptions defaults)
    : RMSpropTF(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> RMSpropTF::make_state() const {
  return std::make_unique<RMSpropTFParamState>();
}

void RMSpropTF::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::RmspropTfNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const RMSpropTFOptions&>(param_groups_[group].options());
    kernel::RmspropTfNumbers rule;
    static_cast<kernel::GradientNumbers&>(rule) =
        gradient_numbers(options, options.decoupled_weight_decay());
    rule.alpha = options.alpha();
    rule.eps = options.eps();
    rule.momentum = options.momentum();
    rule.centered = options.centered();
    rule.lr_in_momentum = options.lr_in_momentum();
    numbers.begin_group(rule);
    for_each_gradient<RMSpropTFParamState>(
        group, [&](const Tensor& p, const Tensor& g, RMSpropTFParamState& state) {
          const Tensor& v = state.square_avg();
          const Tensor& a = state.grad_avg();
          const Tensor& b = state.momentum_buffer();
          if (prepare_state("square_avg", state.square_avg(), p)) state.square_avg().fill_(1);
          if (rule.centered) prepare_state("grad_avg", state.grad_avg(), p);
          if (rule.momentum > 0) prepare_state("momentum_buffer", state.momentum_buffer(), p);
          const int32_t own = numbers.at(0, [](kernel::RmspropTfNumbers&) {});
          if (rule.centered && rule.momentum > 0) {
            batch.add({&p, &g, &v, &a, &b}, own);
          } else if (rule.centered || rule.momentum > 0) {
            batch.add({&p, &g, &v, rule.centered ? &a : &b}, own);
          } else {
            batch.add({&p, &g, &v}, own);
          }
        });
  }
  batch.run(kernel::rmsprop_tf_kernel(), numbers.data());
}

}  // namespace gradus::optim
