#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Shampoo.
struct GRADUS_API ShampooOptions : public OptimizerCloneableOptions<ShampooOptions> {
  ShampooOptions(double lr = 0.1);

  /// The learning rate. Default: 0.1
  GRADUS_ARG(double, lr);
  /// The weight of the velocity. Default: 0
  GRADUS_ARG(double, momentum) = 0;
  /// Added to the eigenvalues. Default: 1e-4
  GRADUS_ARG(double, eps) = 1e-4;
  /// After how many steps the matrices are decomposed anew. Default: 1
  GRADUS_ARG(int64_t, precondition_frequency) = 1;
  /// Dims above it get no matrix of their own. Default: 1024
  GRADUS_ARG(int64_t, max_preconditioner_dim) = 1024;
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

/// State of Shampoo: t; L, R and their roots; the sum of squares where there are none; b.
struct GRADUS_API ShampooParamState : public OptimizerCloneableParamState<ShampooParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, L);
  GRADUS_ARG(Tensor, R);
  GRADUS_ARG(Tensor, L_root);
  GRADUS_ARG(Tensor, R_root);
  GRADUS_ARG(Tensor, sum);
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adagrad with a matrix for each dim (Gupta, Koren and Singer, "Shampoo: preconditioned stochastic
/// tensor optimization", arXiv:1802.09568). A parameter is taken as a matrix [size(0), everything
/// else]; of a vector only R is there:
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     L = L + g g^T;   R = R + g^T g
///     u = (L + eps)^(-1 / 2k) g (R + eps)^(-1 / 2k)    k: how many of the two there are
///     b = momentum * b + u                          where momentum is not 0
///     p = p - lr * b                                or  u
///
/// The roots are computed every precondition_frequency steps, from an eigendecomposition in double.
/// Where no dim is small enough for a matrix, u = g / sqrt(sum of g * g + eps).
class GRADUS_API Shampoo : public Optimizer {
 public:
  explicit Shampoo(const std::vector<OptimizerParamGroup>& param_groups,
                   ShampooOptions defaults = {});
  explicit Shampoo(std::vector<Tensor> params, ShampooOptions defaults = {});
  explicit Shampoo(const OrderedDict<std::string, Tensor>& named_params,
                   ShampooOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
