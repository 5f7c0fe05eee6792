#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of LARS.
struct GRADUS_API LARSOptions : public OptimizerCloneableOptions<LARSOptions> {
  LARSOptions(double lr = 0.1);

  /// The learning rate. Default: 0.1
  GRADUS_ARG(double, lr);
  /// The weight of the velocity. Default: 0.9
  GRADUS_ARG(double, momentum) = 0.9;
  /// What is taken off a gradient before it joins the velocity. Default: 0
  GRADUS_ARG(double, dampening) = 0;
  /// Looks one step of the momentum ahead. Default: false
  GRADUS_ARG(bool, nesterov) = false;
  /// How far a layer moves relative to its norm. Default: 1e-3
  GRADUS_ARG(double, trust_coefficient) = 1e-3;
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of LARS: whether it has begun, b.
struct GRADUS_API LARSParamState : public OptimizerCloneableParamState<LARSParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SGD whose rate is scaled to each parameter's norm, for very large batches (You et al., "Large
/// batch training of convolutional networks", arXiv:1708.03888). With |.| over a whole parameter:
///
///     g = -g                                        where maximize
///     trust = trust_coefficient * |p| / (|g| + weight_decay * |p| + eps)    (1 where |p| or |g| is
///     0) g = trust * (g + weight_decay * p) b = momentum * b + (1 - dampening) * g        (the
///     first b is g) g = b                                         or  g + momentum * b  where
///     nesterov p = p - lr * g
///
/// The paper has the rate inside the velocity; outside, schedules act at once. Leave biases and
/// norms out: give them a group with trust_coefficient = 0, which switches the scaling off.
class GRADUS_API LARS : public Optimizer {
 public:
  explicit LARS(const std::vector<OptimizerParamGroup>& param_groups, LARSOptions defaults = {});
  explicit LARS(std::vector<Tensor> params, LARSOptions defaults = {});
  explicit LARS(const OrderedDict<std::string, Tensor>& named_params, LARSOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
