#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Adadelta.
struct GRADUS_API AdadeltaOptions : public OptimizerCloneableOptions<AdadeltaOptions> {
  AdadeltaOptions(double lr = 1.0);

  /// The learning rate. Default: 1.0
  GRADUS_ARG(double, lr);
  /// The decay rate of both averages. Default: 0.9
  GRADUS_ARG(double, rho) = 0.9;
  /// Added under the roots. Default: 1e-6
  GRADUS_ARG(double, eps) = 1e-6;
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

/// State of Adadelta: t, v, u.
struct GRADUS_API AdadeltaParamState : public OptimizerCloneableParamState<AdadeltaParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, square_avg);
  GRADUS_ARG(Tensor, acc_delta);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Steps in the parameters' own units (Zeiler, "ADADELTA", arXiv:1212.5701):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p
///     v = rho * v + (1 - rho) * g * g
///     dx = sqrt(u + eps) / sqrt(v + eps) * g
///     u = rho * u + (1 - rho) * dx * dx
///     p = p - lr * dx
class GRADUS_API Adadelta : public Optimizer {
 public:
  explicit Adadelta(const std::vector<OptimizerParamGroup>& param_groups,
                    AdadeltaOptions defaults = {});
  explicit Adadelta(std::vector<Tensor> params, AdadeltaOptions defaults = {});
  explicit Adadelta(const OrderedDict<std::string, Tensor>& named_params,
                    AdadeltaOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
