#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of AdamP.
struct GRADUS_API AdamPOptions : public OptimizerCloneableOptions<AdamPOptions> {
  using betas_t = std::tuple<double, double>;

  AdamPOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// Takes lr * weight_decay off the parameter. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// What counts as orthogonal. Default: 0.1
  GRADUS_ARG(double, delta) = 0.1;
  /// The part of the decay that projected parameters get. Default: 0.1
  GRADUS_ARG(double, wd_ratio) = 0.1;
  /// Looks one step of the momentum ahead. Default: false
  GRADUS_ARG(bool, nesterov) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of AdamP: t, m, v.
struct GRADUS_API AdamPParamState : public OptimizerCloneableParamState<AdamPParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam for weights whose scale does not matter because a normalization follows (Heo et al.,
/// "AdamP: slowing down the slowdown for momentum optimizers on scale-invariant weights",
/// arXiv:2006.08217). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g * g
///     u = m / (sqrt(v / (1 - beta2^t)) + eps)       or  (beta1 * m + (1 - beta1) * g) / ...  where
///     nesterov u = projected(u) p = (1 - lr * weight_decay) * p p = p - lr / (1 - beta1^t) * u
///
/// Where the cosine of g and p, over a row or else over the whole parameter, is below delta /
/// sqrt(elements), u loses its part along p, which would only let |p| grow, and weight_decay is
/// multiplied by wd_ratio. Parameters with fewer than two dims are never projected.
class GRADUS_API AdamP : public Optimizer {
 public:
  explicit AdamP(const std::vector<OptimizerParamGroup>& param_groups, AdamPOptions defaults = {});
  explicit AdamP(std::vector<Tensor> params, AdamPOptions defaults = {});
  explicit AdamP(const OrderedDict<std::string, Tensor>& named_params, AdamPOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
