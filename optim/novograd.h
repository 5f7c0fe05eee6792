#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of NovoGrad.
struct GRADUS_API NovoGradOptions : public OptimizerCloneableOptions<NovoGradOptions> {
  using betas_t = std::tuple<double, double>;

  NovoGradOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// The decay rates of the average of the gradient and of its squared norm. Default: 0.95, 0.98
  GRADUS_ARG(betas_t, betas) = betas_t(0.95, 0.98);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Weights new gradients 1 - beta1 instead of 1. Default: false
  GRADUS_ARG(bool, grad_averaging) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of NovoGrad: t, v, m.
struct GRADUS_API NovoGradParamState : public OptimizerCloneableParamState<NovoGradParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(double, exp_avg_sq) = 0;
  GRADUS_ARG(Tensor, exp_avg);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Gradients divided by the averaged norm of each parameter's (Ginsburg et al., "Stochastic
/// gradient methods with layer-wise adaptive moments", arXiv:1905.11286). v is one number for each
/// parameter:
///
///     g = -g                                        where maximize
///     v = beta2 * v + (1 - beta2) * |g|^2           (the first v is |g|^2)
///     m = beta1 * m + g / (sqrt(v) + eps) + weight_decay * p
///     p = p - lr * m
class GRADUS_API NovoGrad : public Optimizer {
 public:
  explicit NovoGrad(const std::vector<OptimizerParamGroup>& param_groups,
                    NovoGradOptions defaults = {});
  explicit NovoGrad(std::vector<Tensor> params, NovoGradOptions defaults = {});
  explicit NovoGrad(const OrderedDict<std::string, Tensor>& named_params,
                    NovoGradOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
