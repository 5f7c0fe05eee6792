#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/adam.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of AdamW.
struct GRADUS_API AdamWOptions : public OptimizerCloneableOptions<AdamWOptions> {
  using betas_t = std::tuple<double, double>;

  AdamWOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// What part of a parameter goes per step, times lr. Default: 1e-2
  GRADUS_ARG(double, weight_decay) = 1e-2;
  /// Divides by the largest average of squares so far. Default: false
  GRADUS_ARG(bool, amsgrad) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of AdamW: that of Adam.
using AdamWParamState = AdamParamState;

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101). At step t, counted
/// from 1:
///
///     g = -g                                        where maximize
///     p = (1 - lr * weight_decay) * p
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g * g
///     v_max = max(v_max, v)                         where amsgrad, and then used for v below
///     p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
class GRADUS_API AdamW : public Optimizer {
 public:
  explicit AdamW(const std::vector<OptimizerParamGroup>& param_groups, AdamWOptions defaults = {});
  explicit AdamW(std::vector<Tensor> params, AdamWOptions defaults = {});
  explicit AdamW(const OrderedDict<std::string, Tensor>& named_params, AdamWOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
