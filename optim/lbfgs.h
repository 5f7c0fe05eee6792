#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of LBFGS.
struct GRADUS_API LBFGSOptions : public OptimizerCloneableOptions<LBFGSOptions> {
  LBFGSOptions(double lr = 1);

  /// The learning rate: the first step length that is tried. Default: 1
  GRADUS_ARG(double, lr);
  /// The most iterations per step. Default: 20
  GRADUS_ARG(int64_t, max_iter) = 20;
  /// After how many evaluations of the closure a step ends; a line search that has begun is
  /// finished, with up to 25. Default: max_iter * 5 / 4
  GRADUS_ARG(std::optional<int64_t>, max_eval) = std::nullopt;
  /// Ends a step where no element of the gradient is larger. Default: 1e-7
  GRADUS_ARG(double, tolerance_grad) = 1e-7;
  /// Ends a step where neither loss nor parameters change by more. Default: 1e-9
  GRADUS_ARG(double, tolerance_change) = 1e-9;
  /// How many former updates approximate the Hessian. Default: 100
  GRADUS_ARG(int64_t, history_size) = 100;
  /// "strong_wolfe", or none: then every iteration goes lr far. Default: none
  GRADUS_ARG(std::optional<std::string>, line_search_fn) = std::nullopt;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of LBFGS, of all parameters together; it is kept with the first one.
struct GRADUS_API LBFGSParamState : public OptimizerCloneableParamState<LBFGSParamState> {
  GRADUS_ARG(int64_t, func_evals) = 0;
  GRADUS_ARG(int64_t, n_iter) = 0;
  GRADUS_ARG(double, t) = 0;
  GRADUS_ARG(double, prev_loss) = 0;
  GRADUS_ARG(double, H_diag) = 1;
  GRADUS_ARG(Tensor, d);
  GRADUS_ARG(Tensor, prev_flat_grad);
  GRADUS_ARG(std::vector<Tensor>, old_dirs);
  GRADUS_ARG(std::vector<Tensor>, old_stps);
  GRADUS_ARG(std::vector<double>, ro);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Limited-memory BFGS (Liu and Nocedal, "On the limited memory BFGS method for large scale
/// optimization", 1989), with the line search of Nocedal and Wright, "Numerical optimization",
/// algorithms 3.5 and 3.6 (c1 = 1e-4, c2 = 0.9). With g the gradient of all parameters laid end to
/// end, an iteration is
///
///     s = t * d;  y = g - g_prev                    kept, with ro = 1 / y's, where y's > 1e-10
///     d = -H g                                      H from the history, by the two-loop recursion,
///                                                   scaled by y's / y'y
///     t = lr, or what the line search finds         at first min(1, 1 / sum |g|) * lr
///     p = p + t * d
///
/// step() needs a closure, which it calls several times. There is one group of parameters; a
/// parameter without gradient counts as one with a gradient of zero.
class GRADUS_API LBFGS : public Optimizer {
 public:
  explicit LBFGS(const std::vector<OptimizerParamGroup>& param_groups, LBFGSOptions defaults = {});
  explicit LBFGS(std::vector<Tensor> params, LBFGSOptions defaults = {});
  explicit LBFGS(const OrderedDict<std::string, Tensor>& named_params, LBFGSOptions defaults = {});

  /// @return the loss before the step
  /// @throws ValueError without a closure
  Tensor step(LossClosure closure) override;

  /// @throws NotImplementedError: the line search needs the gradients as they are
  void add_transform(TransformPtr transform) override;

 protected:
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void accept_state(OptimizerParamState& state, const std::string& name) const override;

 private:
  Tensor minimize(const LossClosure& closure);
};

}  // namespace gradus::optim
