#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of DAdaptSGD.
struct GRADUS_API DAdaptSGDOptions : public OptimizerCloneableOptions<DAdaptSGDOptions> {
  DAdaptSGDOptions(double lr = 1);

  /// A factor of the rate that is found. Default: 1
  GRADUS_ARG(double, lr);
  /// How much of the parameter stays. Default: 0.9
  GRADUS_ARG(double, momentum) = 0.9;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Takes lr * weight_decay off the parameter instead, as AdamW. Default: false
  GRADUS_ARG(bool, decoupled_weight_decay) = false;
  /// The first d. Default: 1e-6
  GRADUS_ARG(double, d0) = 1e-6;
  /// How much d may grow in one step. Default: infinity
  GRADUS_ARG(double, growth_rate) = std::numeric_limits<double>::infinity();
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of DAdaptSGD: s, x0.
struct GRADUS_API DAdaptSGDParamState : public OptimizerCloneableParamState<DAdaptSGDParamState> {
  GRADUS_ARG(Tensor, s);
  GRADUS_ARG(Tensor, x0);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SGD that finds its rate (Defazio and Mishchenko, "Learning-rate-free learning by D-Adaptation",
/// arXiv:2301.07733), by dual averaging with momentum. Keep lr at 1. At every step, with G the norm
/// of the first gradient, gamma = d * lr / G and sums over all parameters:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - gamma * weight_decay) * p
///     r = r + gamma * <g, s>
///     s = s + gamma * g
///     d = max(d, min(2 r / |s|, d * growth_rate))
///     p = momentum * p + (1 - momentum) * (x0 - s)
class GRADUS_API DAdaptSGD : public Optimizer {
 public:
  explicit DAdaptSGD(const std::vector<OptimizerParamGroup>& param_groups,
                     DAdaptSGDOptions defaults = {});
  explicit DAdaptSGD(std::vector<Tensor> params, DAdaptSGDOptions defaults = {});
  explicit DAdaptSGD(const OrderedDict<std::string, Tensor>& named_params,
                     DAdaptSGDOptions defaults = {});

  /// The estimate of the distance to the solution, which the rate is multiplied by.
  double d() const { return d_; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void visit_state(FieldVisitor& visitor) override;

 private:
  double d_ = 0;
  double g0_norm_ = 0;             // G
  double numerator_weighted_ = 0;  // r
};

}  // namespace gradus::optim
