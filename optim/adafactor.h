#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Adafactor.
struct GRADUS_API AdafactorOptions : public OptimizerCloneableOptions<AdafactorOptions> {
  AdafactorOptions(double lr = 1e-2);

  /// The largest relative step: lr is a bound of rho below. Default: 1e-2
  GRADUS_ARG(double, lr);
  /// The exponent of the decay rate of the averages: 1 - beta2 = t^beta2_decay. Default: -0.8
  GRADUS_ARG(double, beta2_decay) = -0.8;
  /// Keeps the denominator from 0; its square is the least mean square of the gradient. Default:
  /// the distance from 1 to the next number of the dtype that is computed in (float or double)
  GRADUS_ARG(std::optional<double>, eps1) = std::nullopt;
  /// The least scale of a parameter. Default: 1e-3
  GRADUS_ARG(double, eps2) = 1e-3;
  /// The root mean square from which on updates are clipped. Default: 1
  GRADUS_ARG(double, d) = 1;
  /// Takes lr * weight_decay off the parameter. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of Adafactor: t, r and c of a parameter with two dims or more, else v.
struct GRADUS_API AdafactorParamState : public OptimizerCloneableParamState<AdafactorParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, row_var);
  GRADUS_ARG(Tensor, col_var);
  GRADUS_ARG(Tensor, variance);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam without momentum, whose second moment of a matrix is kept as the averages of its rows and
/// columns only (Shazeer and Stern, "Adafactor", arXiv:1804.04235). At step t, counted from 1, over
/// the last two dims:
///
///     g = -g                                        where maximize
///     rho = min(lr, 1 / sqrt(t))
///     alpha = max(eps2, RMS(p)) * rho
///     p = (1 - lr * weight_decay) * p
///     r = r + t^beta2_decay * (mean of g * g over each row - r)        likewise c, over columns
///     v = r * c / max(mean of r, eps1)
///     u = g / sqrt(max(v, eps1^2))
///     p = p - alpha * u / max(1, RMS(u) / d)
///
/// As PyTorch has it, which differs from the paper: there rho is at most 1e-2 and eps1 (1e-30) is
/// added to g * g; here lr takes the place of 1e-2 and eps1 bounds the denominator. Rates of
/// warm-up and relative steps off are not offered.
class GRADUS_API Adafactor : public Optimizer {
 public:
  explicit Adafactor(const std::vector<OptimizerParamGroup>& param_groups,
                     AdafactorOptions defaults = {});
  explicit Adafactor(std::vector<Tensor> params, AdafactorOptions defaults = {});
  explicit Adafactor(const OrderedDict<std::string, Tensor>& named_params,
                     AdafactorOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;

 private:
  void step_of(const AdafactorOptions& options, AdafactorParamState& state, Tensor& p,
               const Tensor& g);
};

}  // namespace gradus::optim
