#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/nadam.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of NAdamW.
struct GRADUS_API NAdamWOptions : public OptimizerCloneableOptions<NAdamWOptions> {
  using betas_t = std::tuple<double, double>;

  NAdamWOptions(double lr = 2e-3);

  /// The learning rate. Default: 2e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// Takes lr * weight_decay off the parameter. Default: 1e-2
  GRADUS_ARG(double, weight_decay) = 1e-2;
  /// How fast the momentum comes up to beta1. Default: 4e-3
  GRADUS_ARG(double, momentum_decay) = 4e-3;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// NAdam with decoupled weight decay: NAdam's rule (see there) with `decoupled_weight_decay` and a
/// decay by default (Dozat, "Incorporating Nesterov momentum into Adam", 2016; Loshchilov and
/// Hutter, arXiv:1711.05101). Its state is NAdamParamState.
class GRADUS_API NAdamW : public Optimizer {
 public:
  explicit NAdamW(const std::vector<OptimizerParamGroup>& param_groups,
                  NAdamWOptions defaults = {});
  explicit NAdamW(std::vector<Tensor> params, NAdamWOptions defaults = {});
  explicit NAdamW(const OrderedDict<std::string, Tensor>& named_params,
                  NAdamWOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;

 private:
  std::vector<std::pair<NAdamParamState*, double>> mu_products_;  // after the running step
};

}  // namespace gradus::optim
