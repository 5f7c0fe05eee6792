#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of ASGD.
struct GRADUS_API ASGDOptions : public OptimizerCloneableOptions<ASGDOptions> {
  ASGDOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// How fast parameters decay. Default: 1e-4
  GRADUS_ARG(double, lambd) = 1e-4;
  /// The power by which the rate decays. Default: 0.75
  GRADUS_ARG(double, alpha) = 0.75;
  /// The step at which averaging begins. Default: 1e6
  GRADUS_ARG(double, t0) = 1e6;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of ASGD: t, the rate, the weight and the average of the parameter.
struct GRADUS_API ASGDParamState : public OptimizerCloneableParamState<ASGDParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(double, eta) = 0;
  GRADUS_ARG(double, mu) = 1;
  GRADUS_ARG(Tensor, ax);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Averaged stochastic gradient descent (Polyak and Juditsky, "Acceleration of stochastic
/// approximation by averaging", 1992). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p
///     p = (1 - lambd * eta) * p - eta * g           eta = lr at the first step
///     ax = ax + mu * (p - ax)                       ax = p where mu is 1
///     eta = lr / (1 + lambd * lr * t)^alpha
///     mu = 1 / max(1, t - t0)
///
/// The averages are in the state: `ASGDParamState::ax()`.
class GRADUS_API ASGD : public Optimizer {
 public:
  explicit ASGD(const std::vector<OptimizerParamGroup>& param_groups, ASGDOptions defaults = {});
  explicit ASGD(std::vector<Tensor> params, ASGDOptions defaults = {});
  explicit ASGD(const OrderedDict<std::string, Tensor>& named_params, ASGDOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;

 private:
  struct Rates {
    ASGDParamState* state;
    double eta;
    double mu;
  };
  std::vector<Rates> rates_;  // after the running step
};

}  // namespace gradus::optim
