#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of SignSGD.
struct GRADUS_API SignSGDOptions : public OptimizerCloneableOptions<SignSGDOptions> {
  SignSGDOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
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

/// Steps of the length lr (Bernstein et al., "signSGD", arXiv:1802.04434):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     p = p - lr * sign(g)
class GRADUS_API SignSGD : public Optimizer {
 public:
  explicit SignSGD(const std::vector<OptimizerParamGroup>& param_groups,
                   SignSGDOptions defaults = {});
  explicit SignSGD(std::vector<Tensor> params, SignSGDOptions defaults = {});
  explicit SignSGD(const OrderedDict<std::string, Tensor>& named_params,
                   SignSGDOptions defaults = {});

 protected:
  void update() override;
};

}  // namespace gradus::optim
