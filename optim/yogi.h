#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Yogi.
struct GRADUS_API YogiOptions : public OptimizerCloneableOptions<YogiOptions> {
  using betas_t = std::tuple<double, double>;

  YogiOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-3
  GRADUS_ARG(double, eps) = 1e-3;
  /// The first v. Default: 1e-6
  GRADUS_ARG(double, initial_accumulator) = 1e-6;
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

/// State of Yogi: t, m, v.
struct GRADUS_API YogiParamState : public OptimizerCloneableParamState<YogiParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam whose second moment changes by additions, so that it does not shrink fast (Zaheer et al.,
/// "Adaptive methods for nonconvex optimization", NeurIPS 2018). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     m = beta1 * m + (1 - beta1) * g
///     v = v - (1 - beta2) * sign(v - g * g) * g * g     from initial_accumulator on
///     p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
///
/// The corrections by 1 - beta^t are Adam's; the paper has none, its implementations have them.
class GRADUS_API Yogi : public Optimizer {
 public:
  explicit Yogi(const std::vector<OptimizerParamGroup>& param_groups, YogiOptions defaults = {});
  explicit Yogi(std::vector<Tensor> params, YogiOptions defaults = {});
  explicit Yogi(const OrderedDict<std::string, Tensor>& named_params, YogiOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
