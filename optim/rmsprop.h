#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of RMSprop.
struct GRADUS_API RMSpropOptions : public OptimizerCloneableOptions<RMSpropOptions> {
  RMSpropOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// The decay rate of the average of squares. Default: 0.99
  GRADUS_ARG(double, alpha) = 0.99;
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// How much of the last step's direction is kept. Default: 0
  GRADUS_ARG(double, momentum) = 0;
  /// Divides by the standard deviation instead. Default: false
  GRADUS_ARG(bool, centered) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of RMSprop: t, v, with momentum b, and centered a.
struct GRADUS_API RMSpropParamState : public OptimizerCloneableParamState<RMSpropParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, square_avg);
  GRADUS_ARG(Tensor, momentum_buffer);
  GRADUS_ARG(Tensor, grad_avg);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Division by the root of the mean square (Tieleman and Hinton, lecture 6.5 of "Neural networks
/// for machine learning", 2012; centered: Graves, arXiv:1308.0850):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p
///     v = alpha * v + (1 - alpha) * g * g
///     g = g / (sqrt(v) + eps)                       where not centered, else
///     a = alpha * a + (1 - alpha) * g;  g = g / (sqrt(v - a * a) + eps)
///     b = momentum * b + g;  p = p - lr * b         with momentum, else
///     p = p - lr * g
///
/// As in PyTorch eps stands outside the root; TensorFlow has it inside.
class GRADUS_API RMSprop : public Optimizer {
 public:
  explicit RMSprop(const std::vector<OptimizerParamGroup>& param_groups,
                   RMSpropOptions defaults = {});
  explicit RMSprop(std::vector<Tensor> params, RMSpropOptions defaults = {});
  explicit RMSprop(const OrderedDict<std::string, Tensor>& named_params,
                   RMSpropOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
