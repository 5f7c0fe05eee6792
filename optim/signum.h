#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Signum.
struct GRADUS_API SignumOptions : public OptimizerCloneableOptions<SignumOptions> {
  SignumOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rate of the average of the gradient, above 0. Default: 0.9
  GRADUS_ARG(double, momentum) = 0.9;
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

/// State of Signum: m.
struct GRADUS_API SignumParamState : public OptimizerCloneableParamState<SignumParamState> {
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SignSGD of the averaged gradient (Bernstein et al., "signSGD", arXiv:1802.04434, algorithm 2):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     m = momentum * m + (1 - momentum) * g
///     p = p - lr * sign(m)
///
/// @throws ValueError for a momentum of 0: that is SignSGD, which has no state
class GRADUS_API Signum : public Optimizer {
 public:
  explicit Signum(const std::vector<OptimizerParamGroup>& param_groups,
                  SignumOptions defaults = {});
  explicit Signum(std::vector<Tensor> params, SignumOptions defaults = {});
  explicit Signum(const OrderedDict<std::string, Tensor>& named_params,
                  SignumOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
