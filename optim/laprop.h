#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of LaProp.
struct GRADUS_API LaPropOptions : public OptimizerCloneableOptions<LaPropOptions> {
  using betas_t = std::tuple<double, double>;

  LaPropOptions(double lr = 4e-4);

  /// The learning rate. Default: 4e-4
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-15
  GRADUS_ARG(double, eps) = 1e-15;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Takes lr * weight_decay off the parameter, as AdamW; else it is the factor of the L2 penalty.
  /// Default: true
  GRADUS_ARG(bool, decoupled_weight_decay) = true;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of LaProp: t, m, v.
struct GRADUS_API LaPropParamState : public OptimizerCloneableParamState<LaPropParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam with normalization and momentum exchanged: the momentum is of normalized gradients (Ziyin
/// et al., arXiv:2002.04839). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     v = beta2 * v + (1 - beta2) * g * g
///     m = beta1 * m + (1 - beta1) * g / (sqrt(v) / sqrt(1 - beta2^t) + eps)
///     p = p - lr * m / (1 - beta1^t)
class GRADUS_API LaProp : public Optimizer {
 public:
  explicit LaProp(const std::vector<OptimizerParamGroup>& param_groups,
                  LaPropOptions defaults = {});
  explicit LaProp(std::vector<Tensor> params, LaPropOptions defaults = {});
  explicit LaProp(const OrderedDict<std::string, Tensor>& named_params,
                  LaPropOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
