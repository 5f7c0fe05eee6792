#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of ScheduleFreeAdamW.
struct GRADUS_API ScheduleFreeAdamWOptions
    : public OptimizerCloneableOptions<ScheduleFreeAdamWOptions> {
  using betas_t = std::tuple<double, double>;

  ScheduleFreeAdamWOptions(double lr = 2.5e-3);

  /// The learning rate. Default: 2.5e-3
  GRADUS_ARG(double, lr);
  /// Where between z and the average gradients are taken, above 0; the decay rate of the average of
  /// squares. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// Steps in which the rate comes up along a line. Default: 0
  GRADUS_ARG(int64_t, warmup_steps) = 0;
  /// The weights of the average grow as t^r. Default: 0
  GRADUS_ARG(double, r) = 0;
  /// And as the largest rate so far to this power. Default: 2
  GRADUS_ARG(double, weight_lr_power) = 2;
  /// The factor of the L2 penalty's gradient, taken at y. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of ScheduleFreeAdamW: t, sum of the weights, the largest rate so far, z, v; in eval mode
/// y.
struct GRADUS_API ScheduleFreeAdamWParamState
    : public OptimizerCloneableParamState<ScheduleFreeAdamWParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(double, weight_sum) = 0;
  GRADUS_ARG(double, lr_max) = 0;
  GRADUS_ARG(Tensor, z);
  GRADUS_ARG(Tensor, exp_avg_sq);
  GRADUS_ARG(Tensor, y);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// AdamW without a schedule, by averaging (Defazio et al., "The road less scheduled",
/// arXiv:2405.15682). At step t, counted from 1 (g negated where maximize), with beta = beta1:
///
///     v = beta2 * v + (1 - beta2) * g * g
///     u = g / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay * y
///     gamma = lr * min(t / warmup_steps, 1)
///     w = t^r * (largest gamma so far)^weight_lr_power;   c = w / (w_1 + ... + w_t)
///     y = y + c * (z - y) - gamma * (1 - beta * (1 - c)) * u
///     z = z - gamma * u
///
/// Gradients are taken at y = (1 - beta) z + beta x, where x is the weighted average of z: eval()
/// sets the parameters to x, train() back to y. Take no schedule with it. With batch normalization,
/// compute its statistics at x before evaluation (see update_bn).
class GRADUS_API ScheduleFreeAdamW : public Optimizer {
 public:
  explicit ScheduleFreeAdamW(const std::vector<OptimizerParamGroup>& param_groups,
                             ScheduleFreeAdamWOptions defaults = {});
  explicit ScheduleFreeAdamW(std::vector<Tensor> params, ScheduleFreeAdamWOptions defaults = {});
  explicit ScheduleFreeAdamW(const OrderedDict<std::string, Tensor>& named_params,
                             ScheduleFreeAdamWOptions defaults = {});

  /// Gives the parameters the values to validate with, or to save: the average x. step() is then an
  /// error.
  void eval();
  /// Gives them the values to train with again: y.
  void train();
  bool is_training() const { return training_; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void visit_state(FieldVisitor& visitor) override;

 private:
  // What weight_sum and lr_max will be after the running step.
  std::vector<std::tuple<ScheduleFreeAdamWParamState*, double, double>> weights_;
  bool training_ = true;
};

}  // namespace gradus::optim
