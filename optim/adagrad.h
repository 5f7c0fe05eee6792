#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Adagrad.
struct GRADUS_API AdagradOptions : public OptimizerCloneableOptions<AdagradOptions> {
  AdagradOptions(double lr = 1e-2);

  /// The learning rate. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// How fast the rate decays: lr / (1 + (t - 1) * lr_decay). Default: 0
  GRADUS_ARG(double, lr_decay) = 0;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// What the sum of squares begins with. Default: 0
  GRADUS_ARG(double, initial_accumulator_value) = 0;
  /// Added to the denominator. Default: 1e-10
  GRADUS_ARG(double, eps) = 1e-10;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of Adagrad: t, the sum of squares.
struct GRADUS_API AdagradParamState : public OptimizerCloneableParamState<AdagradParamState> {
  GRADUS_ARG(Tensor, sum);
  GRADUS_ARG(int64_t, step) = 0;

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adaptive gradients (Duchi et al., "Adaptive subgradient methods for online learning and
/// stochastic optimization", JMLR 12, 2011). At step t, counted from 1:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p
///     sum = sum + g * g
///     p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum) + eps)
///
/// A row-sparse gradient (Embedding with sparse) changes its rows only: the others have g = 0,
/// where the rule does nothing. weight_decay is then an error. The sums are there from construction
/// on, as PyTorch's.
class GRADUS_API Adagrad : public Optimizer {
 public:
  explicit Adagrad(const std::vector<OptimizerParamGroup>& param_groups,
                   AdagradOptions defaults = {});
  explicit Adagrad(std::vector<Tensor> params, AdagradOptions defaults = {});
  explicit Adagrad(const OrderedDict<std::string, Tensor>& named_params,
                   AdagradOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void check_sparse_gradient(const OptimizerOptions& options,
                             const std::string& what) const override;
};

}  // namespace gradus::optim
