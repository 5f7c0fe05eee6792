#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of NAdam.
struct GRADUS_API NAdamOptions : public OptimizerCloneableOptions<NAdamOptions> {
  using betas_t = std::tuple<double, double>;

  NAdamOptions(double lr = 2e-3);

  /// The learning rate. Default: 2e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// How fast the momentum comes up to beta1. Default: 4e-3
  GRADUS_ARG(double, momentum_decay) = 4e-3;
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

/// State of NAdam: t, the product of the mu, m, v.
struct GRADUS_API NAdamParamState : public OptimizerCloneableParamState<NAdamParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(double, mu_product) = 1;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam with Nesterov momentum (Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016
/// workshop). At step t, counted from 1, with mu_t = beta1 (1 - 0.96^(t * momentum_decay) / 2):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g * g
///     m_hat = mu_(t+1) * m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) * g / (1 - mu_1 ... mu_t)
///     p = p - lr * m_hat / (sqrt(v / (1 - beta2^t)) + eps)
class GRADUS_API NAdam : public Optimizer {
 public:
  explicit NAdam(const std::vector<OptimizerParamGroup>& param_groups, NAdamOptions defaults = {});
  explicit NAdam(std::vector<Tensor> params, NAdamOptions defaults = {});
  explicit NAdam(const OrderedDict<std::string, Tensor>& named_params, NAdamOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;

 private:
  std::vector<std::pair<NAdamParamState*, double>> mu_products_;  // after the running step
};

}  // namespace gradus::optim
