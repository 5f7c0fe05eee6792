#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of AdaHessian.
struct GRADUS_API AdaHessianOptions : public OptimizerCloneableOptions<AdaHessianOptions> {
  using betas_t = std::tuple<double, double>;

  AdaHessianOptions(double lr = 0.15);

  /// The learning rate. Default: 0.15
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of the squared diagonal of the Hessian.
  /// Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator. Default: 1e-4
  GRADUS_ARG(double, eps) = 1e-4;
  /// Takes lr * weight_decay off the parameter. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// The power of the denominator. Default: 1
  GRADUS_ARG(double, hessian_power) = 1;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of AdaHessian: t, m, v, D.
struct GRADUS_API AdaHessianParamState : public OptimizerCloneableParamState<AdaHessianParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);
  GRADUS_ARG(Tensor, hessian);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam with the diagonal of the Hessian in place of the gradient's square (Yao et al.,
/// "ADAHESSIAN: an adaptive second order optimizer for machine learning", arXiv:2006.00719). At
/// step t, counted from 1:
///
///     g = -g                                        where maximize
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * D * D
///     p = (1 - lr * weight_decay) * p
///     p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t))^hessian_power + eps)
///
/// D is the last estimate. For a convolution it is averaged over the kernel by estimate_hessian().
///
///     const Tensor loss = loss_of(net);
///     optimizer.estimate_hessian(loss);
///     loss.backward();
///     optimizer.step();
///
/// @throws Error in step() where a parameter has a gradient but no estimate
class GRADUS_API AdaHessian : public Optimizer {
 public:
  explicit AdaHessian(const std::vector<OptimizerParamGroup>& param_groups,
                      AdaHessianOptions defaults = {});
  explicit AdaHessian(std::vector<Tensor> params, AdaHessianOptions defaults = {});
  explicit AdaHessian(const OrderedDict<std::string, Tensor>& named_params,
                      AdaHessianOptions defaults = {});

  /// Takes `diagonal` as an estimate of the diagonal of the Hessian for a parameter.
  /// @throws ValueError for what is no parameter, or another shape
  void set_hessian(const Tensor& param, const Tensor& diagonal);
  /// Estimates the diagonals of all parameters from the loss's graph, by Hutchinson's method:
  /// z * (H z), z of -1 and 1. The graph stays, so that backward() may follow.
  /// @param samples  how many z are averaged
  void estimate_hessian(const Tensor& loss, int64_t samples = 1,
                        std::optional<Generator> generator = std::nullopt);

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
