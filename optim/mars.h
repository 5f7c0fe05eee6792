#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of MARS.
struct GRADUS_API MARSOptions : public OptimizerCloneableOptions<MARSOptions> {
  using betas_t = std::tuple<double, double>;

  MARSOptions(double lr = 3e-3);

  /// The learning rate. Default: 3e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the corrected gradient and of its square. Default: 0.95,
  /// 0.99
  GRADUS_ARG(betas_t, betas) = betas_t(0.95, 0.99);
  /// How much of the variance reduction is taken. Default: 0.025
  GRADUS_ARG(double, gamma) = 0.025;
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// Takes lr * weight_decay off the parameter. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of MARS: t, m, v, the gradient of the step before.
struct GRADUS_API MARSParamState : public OptimizerCloneableParamState<MARSParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);
  GRADUS_ARG(Tensor, previous_grad);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// AdamW on variance-reduced gradients (Yuan et al., "MARS: unleashing the power of variance
/// reduction for training large models", arXiv:2411.10438; MARS-AdamW, in its approximate form: the
/// gradient of the step before is that of its own batch). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     c = g + gamma * beta1 / (1 - beta1) * (g - g of the step before)
///     c = c / |c|                                   where |c| > 1, over a whole parameter
///     m = beta1 * m + (1 - beta1) * c
///     v = beta2 * v + (1 - beta2) * c * c
///     p = (1 - lr * weight_decay) * p
///     p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
class GRADUS_API MARS : public Optimizer {
 public:
  explicit MARS(const std::vector<OptimizerParamGroup>& param_groups, MARSOptions defaults = {});
  explicit MARS(std::vector<Tensor> params, MARSOptions defaults = {});
  explicit MARS(const OrderedDict<std::string, Tensor>& named_params, MARSOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
