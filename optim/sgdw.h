#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of SGDW.
struct GRADUS_API SGDWOptions : public OptimizerCloneableOptions<SGDWOptions> {
  SGDWOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The weight of the velocity. Default: 0
  GRADUS_ARG(double, momentum) = 0;
  /// What is taken off a gradient before it joins the velocity. Default: 0
  GRADUS_ARG(double, dampening) = 0;
  /// Takes lr * weight_decay off the parameter. Default: 1e-2
  GRADUS_ARG(double, weight_decay) = 1e-2;
  /// Looks one step of the momentum ahead. Default: false
  GRADUS_ARG(bool, nesterov) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of SGDW: b; there is none without momentum.
struct GRADUS_API SGDWParamState : public OptimizerCloneableParamState<SGDWParamState> {
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SGD with momentum and decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay
/// regularization", arXiv:1711.05101):
///
///     g = -g                                        where maximize
///     p = (1 - lr * weight_decay) * p
///     b = momentum * b + (1 - dampening) * g        (the first b is g)
///     g = b                                         or  g + momentum * b  where nesterov
///     p = p - lr * g
class GRADUS_API SGDW : public Optimizer {
 public:
  explicit SGDW(const std::vector<OptimizerParamGroup>& param_groups, SGDWOptions defaults = {});
  explicit SGDW(std::vector<Tensor> params, SGDWOptions defaults = {});
  explicit SGDW(const OrderedDict<std::string, Tensor>& named_params, SGDWOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
