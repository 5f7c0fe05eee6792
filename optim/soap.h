#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of SOAP.
struct GRADUS_API SOAPOptions : public OptimizerCloneableOptions<SOAPOptions> {
  using betas_t = std::tuple<double, double>;

  SOAPOptions(double lr = 3e-3);

  /// The learning rate. Default: 3e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.95, 0.95
  GRADUS_ARG(betas_t, betas) = betas_t(0.95, 0.95);
  /// The decay rate of the matrices. Default: 0.95
  GRADUS_ARG(double, shampoo_beta) = 0.95;
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// After how many steps the matrices are decomposed anew. Default: 10
  GRADUS_ARG(int64_t, precondition_frequency) = 10;
  /// Dims above it get no matrix of their own. Default: 1024
  GRADUS_ARG(int64_t, max_preconditioner_dim) = 1024;
  /// Takes lr * weight_decay off the parameter. Default: 1e-2
  GRADUS_ARG(double, weight_decay) = 1e-2;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of SOAP: t, m, v, L, R and their bases.
struct GRADUS_API SOAPParamState : public OptimizerCloneableParamState<SOAPParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);
  GRADUS_ARG(Tensor, L);
  GRADUS_ARG(Tensor, R);
  GRADUS_ARG(Tensor, Q_L);
  GRADUS_ARG(Tensor, Q_R);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam in the eigenbasis of Shampoo's matrices (Vyas et al., "SOAP: improving and stabilizing
/// Shampoo using Adam", arXiv:2409.11321). A parameter is taken as a matrix [size(0), everything
/// else]; vectors, and dims that are too large, have no basis: there it is Adam. The first step
/// only measures L and R. At the following steps t = 1, 2, ...:
///
///     g = -g                                        where maximize
///     m = beta1 * m + (1 - beta1) * g
///     g' = Q_L^T g Q_R;   m' = Q_L^T m Q_R
///     v = beta2 * v + (1 - beta2) * g' * g'
///     u = Q_L (m' / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)) Q_R^T
///     p = (1 - lr * weight_decay) * p
///     p = p - lr * u
///     L = shampoo_beta * L + (1 - shampoo_beta) * g g^T,   R likewise
///     Q_L = orthogonal factor of L Q_L              every precondition_frequency steps
class GRADUS_API SOAP : public Optimizer {
 public:
  explicit SOAP(const std::vector<OptimizerParamGroup>& param_groups, SOAPOptions defaults = {});
  explicit SOAP(std::vector<Tensor> params, SOAPOptions defaults = {});
  explicit SOAP(const OrderedDict<std::string, Tensor>& named_params, SOAPOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
