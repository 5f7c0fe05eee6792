#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of AdaBelief.
struct GRADUS_API AdaBeliefOptions : public OptimizerCloneableOptions<AdaBeliefOptions> {
  using betas_t = std::tuple<double, double>;

  AdaBeliefOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its deviation. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to s and to the denominator. Default: 1e-16
  GRADUS_ARG(double, eps) = 1e-16;
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

/// State of AdaBelief: t, m, s.
struct GRADUS_API AdaBeliefParamState : public OptimizerCloneableParamState<AdaBeliefParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_var);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam whose denominator is the deviation of the gradient from its average (Zhuang et al.,
/// arXiv:2010.07468). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     m = beta1 * m + (1 - beta1) * g
///     s = beta2 * s + (1 - beta2) * (g - m)^2 + eps
///     p = p - lr / (1 - beta1^t) * m / (sqrt(s) / sqrt(1 - beta2^t) + eps)
class GRADUS_API AdaBelief : public Optimizer {
 public:
  explicit AdaBelief(const std::vector<OptimizerParamGroup>& param_groups,
                     AdaBeliefOptions defaults = {});
  explicit AdaBelief(std::vector<Tensor> params, AdaBeliefOptions defaults = {});
  explicit AdaBelief(const OrderedDict<std::string, Tensor>& named_params,
                     AdaBeliefOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
