#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of ADOPT.
struct GRADUS_API ADOPTOptions : public OptimizerCloneableOptions<ADOPTOptions> {
  using betas_t = std::tuple<double, double>;

  ADOPTOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.9999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.9999);
  /// The least denominator. Default: 1e-6
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

/// State of ADOPT: t, m, v.
struct GRADUS_API ADOPTParamState : public OptimizerCloneableParamState<ADOPTParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam that converges with any beta2: the gradient is normalized by the second moment without it,
/// before the momentum (Taniguchi et al., arXiv:2411.02853). The first step only sets v = g * g. At
/// the following steps t = 1, 2, ...:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     m = beta1 * m + (1 - beta1) * clamp(g / max(sqrt(v), eps), -t^(1/4), t^(1/4))
///     p = p - lr * m
///     v = beta2 * v + (1 - beta2) * g * g
class GRADUS_API ADOPT : public Optimizer {
 public:
  explicit ADOPT(const std::vector<OptimizerParamGroup>& param_groups, ADOPTOptions defaults = {});
  explicit ADOPT(std::vector<Tensor> params, ADOPTOptions defaults = {});
  explicit ADOPT(const OrderedDict<std::string, Tensor>& named_params, ADOPTOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
