#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of LAMB.
struct GRADUS_API LAMBOptions : public OptimizerCloneableOptions<LAMBOptions> {
  using betas_t = std::tuple<double, double>;

  LAMBOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-6
  GRADUS_ARG(double, eps) = 1e-6;
  /// Part of the direction, so it is scaled too. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Corrects the averages for their start at 0, as Adam. Default: true
  GRADUS_ARG(bool, bias_correction) = true;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of LAMB: t, m, v.
struct GRADUS_API LAMBParamState : public OptimizerCloneableParamState<LAMBParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// AdamW whose step is scaled to each parameter's norm, for very large batches (You et al., "Large
/// batch optimization for deep learning: training BERT in 76 minutes", arXiv:1904.00962). At step
/// t, counted from 1, with |.| over a whole parameter:
///
///     g = -g                                        where maximize
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g * g
///     u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay * p
///     p = p - lr * |p| / |u| * u                    (without the quotient where |p| or |u| is 0)
class GRADUS_API LAMB : public Optimizer {
 public:
  explicit LAMB(const std::vector<OptimizerParamGroup>& param_groups, LAMBOptions defaults = {});
  explicit LAMB(std::vector<Tensor> params, LAMBOptions defaults = {});
  explicit LAMB(const OrderedDict<std::string, Tensor>& named_params, LAMBOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
