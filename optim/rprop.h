#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Rprop.
struct GRADUS_API RpropOptions : public OptimizerCloneableOptions<RpropOptions> {
  using pair_t = std::tuple<double, double>;

  RpropOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// What a step size is multiplied by where the sign turned, and where it did not. Default:
  /// 0.5, 1.2
  GRADUS_ARG(pair_t, etas) = pair_t(0.5, 1.2);
  /// The bounds of the step sizes. Default: 1e-6, 50
  GRADUS_ARG(pair_t, step_sizes) = pair_t(1e-6, 50);
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of Rprop: t, the last gradient, the step sizes.
struct GRADUS_API RpropParamState : public OptimizerCloneableParamState<RpropParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, prev);
  GRADUS_ARG(Tensor, step_size);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Resilient propagation (Riedmiller and Braun, "A direct adaptive method for faster
/// backpropagation learning: the RPROP algorithm", 1993): steps by the sign of the gradient, for
/// full batches.
///
///     g = -g                                        where maximize
///     step = clamp(step * eta_plus)                 where g * g_prev > 0; step = lr at first
///     step = clamp(step * eta_minus);  g = 0        where g * g_prev < 0
///     p = p - sign(g) * step
///     g_prev = g
class GRADUS_API Rprop : public Optimizer {
 public:
  explicit Rprop(const std::vector<OptimizerParamGroup>& param_groups, RpropOptions defaults = {});
  explicit Rprop(std::vector<Tensor> params, RpropOptions defaults = {});
  explicit Rprop(const OrderedDict<std::string, Tensor>& named_params, RpropOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
