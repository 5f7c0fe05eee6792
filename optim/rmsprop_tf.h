#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of RMSpropTF.
struct GRADUS_API RMSpropTFOptions : public OptimizerCloneableOptions<RMSpropTFOptions> {
  RMSpropTFOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// The decay rate of the average of squares. Default: 0.9
  GRADUS_ARG(double, alpha) = 0.9;
  /// Added under the root. Default: 1e-10
  GRADUS_ARG(double, eps) = 1e-10;
  /// The weight of the velocity. Default: 0
  GRADUS_ARG(double, momentum) = 0;
  /// Divides by an estimate of the variance. Default: false
  GRADUS_ARG(bool, centered) = false;
  /// Whether the velocity holds steps, else directions that are multiplied by the rate later.
  /// Default: true
  GRADUS_ARG(bool, lr_in_momentum) = true;
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

/// State of RMSpropTF: v; a where centered; b with momentum.
struct GRADUS_API RMSpropTFParamState : public OptimizerCloneableParamState<RMSpropTFParamState> {
  GRADUS_ARG(Tensor, square_avg);
  GRADUS_ARG(Tensor, grad_avg);
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// RMSprop as TensorFlow has it: eps under the root, the average of squares begins at 1, the rate
/// is part of the velocity (Tieleman and Hinton, lecture 6.5, 2012). For models that were trained
/// with it.
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     v = v + (1 - alpha) * (g * g - v)
///     a = a + (1 - alpha) * (g - a)                 where centered
///     u = g / sqrt(v + eps)                         or  g / sqrt(v - a * a + eps)
///     b = momentum * b + lr * u                     p = p - b
///     b = momentum * b + u                          p = p - lr * b      without lr_in_momentum
class GRADUS_API RMSpropTF : public Optimizer {
 public:
  explicit RMSpropTF(const std::vector<OptimizerParamGroup>& param_groups,
                     RMSpropTFOptions defaults = {});
  explicit RMSpropTF(std::vector<Tensor> params, RMSpropTFOptions defaults = {});
  explicit RMSpropTF(const OrderedDict<std::string, Tensor>& named_params,
                     RMSpropTFOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
