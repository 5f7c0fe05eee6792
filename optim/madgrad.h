#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of MADGRAD.
struct GRADUS_API MADGRADOptions : public OptimizerCloneableOptions<MADGRADOptions> {
  MADGRADOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// How much of the parameter stays; 0 keeps no x0. Default: 0.9
  GRADUS_ARG(double, momentum) = 0.9;
  /// Added to the denominator. Default: 1e-6
  GRADUS_ARG(double, eps) = 1e-6;
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

/// State of MADGRAD: t, s, v, and with momentum x0, the first p.
struct GRADUS_API MADGRADParamState : public OptimizerCloneableParamState<MADGRADParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, s);
  GRADUS_ARG(Tensor, grad_sum_sq);
  GRADUS_ARG(Tensor, x0);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Dual averaging with cube-root denominators (Defazio and Jelassi, arXiv:2101.11075). At step t,
/// counted from 1:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     v = v + lr * sqrt(t) * g * g
///     s = s + lr * sqrt(t) * g
///     z = x0 - s / (cbrt(v) + eps)
///     p = momentum * p + (1 - momentum) * z
///
/// Without momentum x0 is not stored, but p + s / (cbrt(v) + eps) before the step.
class GRADUS_API MADGRAD : public Optimizer {
 public:
  explicit MADGRAD(const std::vector<OptimizerParamGroup>& param_groups,
                   MADGRADOptions defaults = {});
  explicit MADGRAD(std::vector<Tensor> params, MADGRADOptions defaults = {});
  explicit MADGRAD(const OrderedDict<std::string, Tensor>& named_params,
                   MADGRADOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
