#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of DoG.
struct GRADUS_API DoGOptions : public OptimizerCloneableOptions<DoGOptions> {
  DoGOptions(double lr = 1);

  /// A factor of the rate that DoG finds. Default: 1
  GRADUS_ARG(double, lr);
  /// The first distance, relative to 1 + |x0|. Default: 1e-6
  GRADUS_ARG(double, reps_rel) = 1e-6;
  /// Added to the sum of squared gradients. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
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

/// State of DoG: x0, the first p.
struct GRADUS_API DoGParamState : public OptimizerCloneableParamState<DoGParamState> {
  GRADUS_ARG(Tensor, init);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SGD whose rate is distance over gradients, so that none has to be tuned (Ivgi, Hinder and
/// Carmon, "DoG is SGD's best friend", arXiv:2302.12022). Over all parameters together:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - eta * weight_decay) * p
///     G = G + |g|^2
///     r = max(r, |p - x0|)                          from reps_rel * (1 + |x0|) on
///     eta = lr * r / sqrt(G + eps)
///     p = p - eta * g
///
/// The paper's results are of an average of p: use EMA.
class GRADUS_API DoG : public Optimizer {
 public:
  explicit DoG(const std::vector<OptimizerParamGroup>& param_groups, DoGOptions defaults = {});
  explicit DoG(std::vector<Tensor> params, DoGOptions defaults = {});
  explicit DoG(const OrderedDict<std::string, Tensor>& named_params, DoGOptions defaults = {});

  /// The rate of the last step, for lr = 1.
  double rate() const;

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void visit_state(FieldVisitor& visitor) override;

 private:
  double distance_ = 0;     // r
  double grad_sum_sq_ = 0;  // G
};

}  // namespace gradus::optim
