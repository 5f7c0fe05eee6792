#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Lion.
struct GRADUS_API LionOptions : public OptimizerCloneableOptions<LionOptions> {
  using betas_t = std::tuple<double, double>;

  LionOptions(double lr = 1e-4);

  /// The learning rate. Default: 1e-4
  GRADUS_ARG(double, lr);
  /// The weights of the average in the step, and in the average to come. Default: 0.9, 0.99
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.99);
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

/// State of Lion: m.
struct GRADUS_API LionParamState : public OptimizerCloneableParamState<LionParamState> {
  GRADUS_ARG(Tensor, exp_avg);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Evolved sign momentum (Chen et al., "Symbolic discovery of optimization algorithms",
/// arXiv:2302.06675). Wants a rate 3 to 10 times smaller than AdamW's, and a decay as much larger.
///
///     g = -g                                        where maximize
///     p = (1 - lr * weight_decay) * p
///     p = p - lr * sign(beta1 * m + (1 - beta1) * g)
///     m = beta2 * m + (1 - beta2) * g
class GRADUS_API Lion : public Optimizer {
 public:
  explicit Lion(const std::vector<OptimizerParamGroup>& param_groups, LionOptions defaults = {});
  explicit Lion(std::vector<Tensor> params, LionOptions defaults = {});
  explicit Lion(const OrderedDict<std::string, Tensor>& named_params, LionOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
