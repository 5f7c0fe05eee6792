#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of DAdaptAdam.
struct GRADUS_API DAdaptAdamOptions : public OptimizerCloneableOptions<DAdaptAdamOptions> {
  using betas_t = std::tuple<double, double>;

  DAdaptAdamOptions(double lr = 1);

  /// A factor of the rate that is found. Default: 1
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Takes rate * weight_decay off the parameter, as AdamW; else it is the factor of the L2
  /// penalty. Default: true
  GRADUS_ARG(bool, decoupled_weight_decay) = true;
  /// Adam's corrections of the averages. Default: false
  GRADUS_ARG(bool, use_bias_correction) = false;
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

/// State of DAdaptAdam: s, m, v.
struct GRADUS_API DAdaptAdamParamState : public OptimizerCloneableParamState<DAdaptAdamParamState> {
  GRADUS_ARG(Tensor, s);
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam that finds its rate (Defazio and Mishchenko, "Learning-rate-free learning by D-Adaptation",
/// arXiv:2301.07733). Keep lr at 1. At every step, with gamma = d * lr (times sqrt(1 - beta2^t) /
/// (1 - beta1^t) with use_bias_correction), b = sqrt(beta2) and sums over all parameters:
///
///     g = -g                                        where maximize
///     r = b * r + (1 - b) * gamma * <g, s / (sqrt(v) + eps)>
///     m = beta1 * m + (1 - beta1) * gamma * g
///     v = beta2 * v + (1 - beta2) * g * g
///     s = b * s + (1 - b) * gamma * g
///     d = max(d, min(r / ((1 - b) * |s|_1), d * growth_rate))
///     p = (1 - gamma * weight_decay) * p            with the gamma from above
///     p = p - m / (sqrt(v) + eps)
class GRADUS_API DAdaptAdam : public Optimizer {
 public:
  explicit DAdaptAdam(const std::vector<OptimizerParamGroup>& param_groups,
                      DAdaptAdamOptions defaults = {});
  explicit DAdaptAdam(std::vector<Tensor> params, DAdaptAdamOptions defaults = {});
  explicit DAdaptAdam(const OrderedDict<std::string, Tensor>& named_params,
                      DAdaptAdamOptions defaults = {});

  /// The estimate of the distance to the solution, which the rate is multiplied by.
  double d() const { return d_; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void visit_state(FieldVisitor& visitor) override;

 private:
  int64_t step_ = 0;
  double d_ = 0;
  double numerator_weighted_ = 0;  // r
};

}  // namespace gradus::optim
