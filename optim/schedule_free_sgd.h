#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of ScheduleFreeSGD.
struct GRADUS_API ScheduleFreeSGDOptions
    : public OptimizerCloneableOptions<ScheduleFreeSGDOptions> {
  ScheduleFreeSGDOptions(double lr = 1);

  /// The learning rate. Default: 1
  GRADUS_ARG(double, lr);
  /// Where between z and the average gradients are taken, above 0. Default: 0.9
  GRADUS_ARG(double, momentum) = 0.9;
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

/// State of ScheduleFreeSGD: t, sum of the weights, the largest rate so far, z; in eval mode y.
struct GRADUS_API ScheduleFreeSGDParamState
    : public OptimizerCloneableParamState<ScheduleFreeSGDParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(double, weight_sum) = 0;
  GRADUS_ARG(double, lr_max) = 0;
  GRADUS_ARG(Tensor, z);
  GRADUS_ARG(Tensor, y);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SGD without a schedule, by averaging (Defazio et al., "The road less scheduled",
/// arXiv:2405.15682). At step t, counted from 1, with u = g + weight_decay * y (g negated where
/// maximize):
///
///     gamma = lr * min(t / warmup_steps, 1)
///     w = t^r * (largest gamma so far)^weight_lr_power;   c = w / (w_1 + ... + w_t)
///     y = y + c * (z - y) - gamma * (1 - momentum * (1 - c)) * u
///     z = z - gamma * u
///
/// Gradients are taken at y = (1 - momentum) z + momentum x, where x is the weighted average of z:
/// eval() sets the parameters to x, train() back to y. Take no schedule with it. With batch
/// normalization, compute its statistics at x before evaluation (see update_bn).
class GRADUS_API ScheduleFreeSGD : public Optimizer {
 public:
  explicit ScheduleFreeSGD(const std::vector<OptimizerParamGroup>& param_groups,
                           ScheduleFreeSGDOptions defaults = {});
  explicit ScheduleFreeSGD(std::vector<Tensor> params, ScheduleFreeSGDOptions defaults = {});
  explicit ScheduleFreeSGD(const OrderedDict<std::string, Tensor>& named_params,
                           ScheduleFreeSGDOptions defaults = {});

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
  std::vector<std::tuple<ScheduleFreeSGDParamState*, double, double>> weights_;
  bool training_ = true;
};

}  // namespace gradus::optim
