#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Adan.
struct GRADUS_API AdanOptions : public OptimizerCloneableOptions<AdanOptions> {
  using betas_t = std::tuple<double, double, double>;

  AdanOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages m, v and n. Default: 0.98, 0.92, 0.99
  GRADUS_ARG(betas_t, betas) = betas_t(0.98, 0.92, 0.99);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The decay, decoupled. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Decays as AdamW instead of by a proximal step. Default: false
  GRADUS_ARG(bool, no_prox) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of Adan: t, m, v, n and the gradient of the step before.
struct GRADUS_API AdanParamState : public OptimizerCloneableParamState<AdanParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_diff);
  GRADUS_ARG(Tensor, exp_avg_sq);
  GRADUS_ARG(Tensor, previous_grad);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adaptive Nesterov momentum from differences of gradients (Xie et al., arXiv:2208.06677). At step
/// t, counted from 1; d = 0 at the first:
///
///     g = -g                                        where maximize
///     d = g - g of the step before
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * d
///     n = beta3 * n + (1 - beta3) * (g + beta2 * d)^2
///     u = (m / (1 - beta1^t) + beta2 * v / (1 - beta2^t)) / (sqrt(n) / sqrt(1 - beta3^t) + eps)
///     p = (p - lr * u) / (1 + lr * weight_decay)    or  (1 - lr * weight_decay) * p - lr * u
///     (no_prox)
///
/// betas are as in the authors' code; the paper's are 1 - these.
class GRADUS_API Adan : public Optimizer {
 public:
  explicit Adan(const std::vector<OptimizerParamGroup>& param_groups, AdanOptions defaults = {});
  explicit Adan(std::vector<Tensor> params, AdanOptions defaults = {});
  explicit Adan(const OrderedDict<std::string, Tensor>& named_params, AdanOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
