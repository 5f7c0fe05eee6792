#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of SGD.
struct GRADUS_API SGDOptions : public OptimizerCloneableOptions<SGDOptions> {
  SGDOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// How much of the last step's direction is kept. Default: 0
  GRADUS_ARG(double, momentum) = 0;
  /// How much of the gradient does not enter the momentum. Default: 0
  GRADUS_ARG(double, dampening) = 0;
  /// The factor of the L2 penalty's gradient. Default: 0
  GRADUS_ARG(double, weight_decay) = 0;
  /// Steps by the gradient at the place where momentum leads. Default: false
  GRADUS_ARG(bool, nesterov) = false;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of SGD: there with momentum only.
struct GRADUS_API SGDParamState : public OptimizerCloneableParamState<SGDParamState> {
  GRADUS_ARG(Tensor, momentum_buffer);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Stochastic gradient descent with momentum (Polyak 1964; Nesterov momentum as in Sutskever et
/// al., "On the importance of initialization and momentum in deep learning", ICML 2013):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p
///     b = momentum * b + (1 - dampening) * g        b = g at the first step
///     g = g + momentum * b  where nesterov, else  g = b
///     p = p - lr * g
///
/// Unlike in the paper the rate stands outside the buffer, as in PyTorch.
///
/// A row-sparse gradient (Embedding with sparse) changes its rows only, p[i] = p[i] - lr * g[i];
/// with momentum, where all rows move, it is taken as a dense one. weight_decay is then an error.
class GRADUS_API SGD : public Optimizer {
 public:
  explicit SGD(const std::vector<OptimizerParamGroup>& param_groups, SGDOptions defaults = {});
  explicit SGD(std::vector<Tensor> params, SGDOptions defaults = {});
  explicit SGD(const OrderedDict<std::string, Tensor>& named_params, SGDOptions defaults = {});

  bool takes_gradient_factor() const override { return true; }

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
  void check_sparse_gradient(const OptimizerOptions& options,
                             const std::string& what) const override;
};

}  // namespace gradus::optim
