#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of SGDP.
struct GRADUS_API SGDPOptions : public OptimizerCloneableOptions<SGDPOptions> {
  SGDPOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The weight of the velocity. Default: 0
  GRADUS_ARG(double, momentum) = 0;
  /// What is taken off a gradient before it joins the velocity. Default: 0
  GRADUS_ARG(double, dampening) = 0;
  /// Takes lr * weight_decay off the parameter. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// What counts as orthogonal. Default: 0.1
  GRADUS_ARG(double, delta) = 0.1;
  /// The part of the decay that projected parameters get. Default: 0.1
  GRADUS_ARG(double, wd_ratio) = 0.1;
  /// Looks one step of the momentum ahead. Default: false
  GRADUS_ARG(bool, nesterov) = false;
  /// Added to norms. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of SGDP: b.
struct GRADUS_API SGDPParamState : public OptimizerCloneableParamState<SGDPParamState> {
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// SGD for weights whose scale does not matter because a normalization follows (Heo et al., "AdamP:
/// slowing down the slowdown for momentum optimizers on scale-invariant weights",
/// arXiv:2006.08217):
///
///     g = -g                                        where maximize
///     b = momentum * b + (1 - dampening) * g
///     u = b                                         or  g + momentum * b  where nesterov
///     u = projected(u)
///     p = (1 - lr * weight_decay / (1 - momentum)) * p
///     p = p - lr * u
///
/// Where the cosine of g and p, over a row or else over the whole parameter, is below delta /
/// sqrt(elements), u loses its part along p, which would only let |p| grow, and weight_decay is
/// multiplied by wd_ratio. Parameters with fewer than two dims are never projected.
class GRADUS_API SGDP : public Optimizer {
 public:
  explicit SGDP(const std::vector<OptimizerParamGroup>& param_groups, SGDPOptions defaults = {});
  explicit SGDP(std::vector<Tensor> params, SGDPOptions defaults = {});
  explicit SGDP(const OrderedDict<std::string, Tensor>& named_params, SGDPOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
