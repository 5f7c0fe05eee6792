#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of SparseAdam.
struct GRADUS_API SparseAdamOptions : public OptimizerCloneableOptions<SparseAdamOptions> {
  using betas_t = std::tuple<double, double>;

  SparseAdamOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages of the gradient and of its square. Default: 0.9, 0.999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  /// Added to the denominator; above 0. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of SparseAdam: t, m, v.
struct GRADUS_API SparseAdamParamState : public OptimizerCloneableParamState<SparseAdamParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam (Kingma and Ba, arXiv:1412.6980) for row-sparse gradients, as Embedding with sparse gives
/// them: only the rows i that the gradient has, those of one place added up, move and change their
/// averages; the averages of the others do not decay. At step t of the parameter, counted from 1:
///
///     g = -g                                        where maximize
///     m[i] = beta1 * m[i] + (1 - beta1) * g[i]
///     v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
///     p[i] = p[i] - lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m[i] / (sqrt(v[i]) + eps)
///
/// step() throws for a dense gradient. A step costs time in proportion to the rows of the gradient.
class GRADUS_API SparseAdam : public Optimizer {
 public:
  explicit SparseAdam(const std::vector<OptimizerParamGroup>& param_groups,
                      SparseAdamOptions defaults = {});
  explicit SparseAdam(std::vector<Tensor> params, SparseAdamOptions defaults = {});
  explicit SparseAdam(const OrderedDict<std::string, Tensor>& named_params,
                      SparseAdamOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void check_sparse_gradient(const OptimizerOptions& options,
                             const std::string& what) const override;
};

}  // namespace gradus::optim
