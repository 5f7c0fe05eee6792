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

/// Settings of Sophia.
struct GRADUS_API SophiaOptions : public OptimizerCloneableOptions<SophiaOptions> {
  using betas_t = std::tuple<double, double>;

  SophiaOptions(double lr = 1e-4);

  /// The learning rate. Default: 1e-4
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of the Hessian. Default: 0.965, 0.99
  GRADUS_ARG(betas_t, betas) = betas_t(0.965, 0.99);
  /// Steps are clipped where |m| > rho * h. Default: 0.04
  GRADUS_ARG(double, rho) = 0.04;
  /// The least denominator. Default: 1e-12
  GRADUS_ARG(double, eps) = 1e-12;
  /// Takes lr * weight_decay off the parameter. Default: 0.1
  GRADUS_ARG(double, weight_decay) = 0.1;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of Sophia: m, h.
struct GRADUS_API SophiaParamState : public OptimizerCloneableParamState<SophiaParamState> {
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, hessian);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Clipped steps by a diagonal of the Hessian, estimated every 10 steps or so (Liu et al., "Sophia:
/// a scalable stochastic second-order optimizer for language model pre-training",
/// arXiv:2305.14342):
///
///     g = -g                                        where maximize
///     m = beta1 * m + (1 - beta1) * g
///     h = beta2 * h + (1 - beta2) * estimate        where there is a new one
///     p = (1 - lr * weight_decay) * p
///     p = p - lr * clamp(m / max(rho * h, eps), -1, 1)
///
///     if (step % 10 == 0) optimizer.estimate_hessian(loss_of(net));               // Sophia-H
///     if (step % 10 == 0) optimizer.set_hessian(p, batch_size * g_hat * g_hat);   // Sophia-G
///
/// where g_hat is the gradient of the loss on labels that the model drew itself. Without an
/// estimate every step has the length lr.
class GRADUS_API Sophia : public Optimizer {
 public:
  explicit Sophia(const std::vector<OptimizerParamGroup>& param_groups,
                  SophiaOptions defaults = {});
  explicit Sophia(std::vector<Tensor> params, SophiaOptions defaults = {});
  explicit Sophia(const OrderedDict<std::string, Tensor>& named_params,
                  SophiaOptions defaults = {});

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
