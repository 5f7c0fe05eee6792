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

/// Settings of Prodigy.
struct GRADUS_API ProdigyOptions : public OptimizerCloneableOptions<ProdigyOptions> {
  using betas_t = std::tuple<double, double>;

  ProdigyOptions(double lr = 1);

  /// A factor of the rate that is found. Default: 1
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// The decay rate of the estimate of d; 0: sqrt(beta2). Default: 0
  GRADUS_ARG(double, beta3) = 0;
  /// Added to the denominator, times d. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Takes rate * weight_decay off the parameter, as AdamW; else it is the factor of the L2
  /// penalty. Default: true
  GRADUS_ARG(bool, decoupled_weight_decay) = true;
  /// Adam's corrections of the averages. Default: false
  GRADUS_ARG(bool, use_bias_correction) = false;
  /// Leaves the rate out of the denominator of the estimate, for schedules that warm up. Default:
  /// false
  GRADUS_ARG(bool, safeguard_warmup) = false;
  /// The first d. Default: 1e-6
  GRADUS_ARG(double, d0) = 1e-6;
  /// A factor of d. Default: 1
  GRADUS_ARG(double, d_coef) = 1;
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

/// State of Prodigy: s, x0, m, v.
struct GRADUS_API ProdigyParamState : public OptimizerCloneableParamState<ProdigyParamState> {
  GRADUS_ARG(Tensor, s);
  GRADUS_ARG(Tensor, p0);
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// AdamW that finds its rate (Mishchenko and Defazio, "Prodigy: an expeditiously adaptive
/// parameter-free learner", arXiv:2306.06101). Keep lr at 1, and use cosine annealing if any
/// schedule. At every step, with gamma = d * lr (times sqrt(1 - beta2^t) / (1 - beta1^t) with
/// use_bias_correction) and sums over all parameters:
///
///     g = -g                                        where maximize
///     r = beta3 * r + d / d0 * gamma * <g, x0 - p>
///     m = beta1 * m + (1 - beta1) * d * g
///     v = beta2 * v + (1 - beta2) * d * d * g * g
///     s = beta3 * s + d / d0 * gamma * g
///     d = max(d, min(d_coef * r / |s|_1, d * growth_rate))
///     p = (1 - gamma * weight_decay) * p
///     p = p - gamma * m / (sqrt(v) + d * eps)       with the gamma from above
class GRADUS_API Prodigy : public Optimizer {
 public:
  explicit Prodigy(const std::vector<OptimizerParamGroup>& param_groups,
                   ProdigyOptions defaults = {});
  explicit Prodigy(std::vector<Tensor> params, ProdigyOptions defaults = {});
  explicit Prodigy(const OrderedDict<std::string, Tensor>& named_params,
                   ProdigyOptions defaults = {});

  /// The estimate of the distance to the solution, which the rate is multiplied by.
  double d() const { return d_; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void visit_state(FieldVisitor& visitor) override;

 private:
  int64_t step_ = 0;
  double d_ = 0;
  double d_max_ = 0;
  double d_numerator_ = 0;  // r
};

}  // namespace gradus::optim
