#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of QHM.
struct GRADUS_API QHMOptions : public OptimizerCloneableOptions<QHMOptions> {
  QHMOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rate of the average of the gradient. Default: 0.999
  GRADUS_ARG(double, momentum) = 0.999;
  /// The weight of the average in the step. Default: 0.7
  GRADUS_ARG(double, nu) = 0.7;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Takes lr * weight_decay off the parameter instead, as AdamW. Default: false
  GRADUS_ARG(bool, decoupled_weight_decay) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of QHM: b.
struct GRADUS_API QHMParamState : public OptimizerCloneableParamState<QHMParamState> {
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Quasi-hyperbolic momentum: the average of a plain and a momentum step (Ma and Yarats,
/// arXiv:1810.06801). nu = 0 is SGD, nu = 1 momentum whose gradients are weighted 1 - momentum, nu
/// = momentum is Nesterov's.
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     b = momentum * b + (1 - momentum) * g
///     p = p - lr * ((1 - nu) * g + nu * b)
class GRADUS_API QHM : public Optimizer {
 public:
  explicit QHM(const std::vector<OptimizerParamGroup>& param_groups, QHMOptions defaults = {});
  explicit QHM(std::vector<Tensor> params, QHMOptions defaults = {});
  explicit QHM(const OrderedDict<std::string, Tensor>& named_params, QHMOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
