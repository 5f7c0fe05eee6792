#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of AggMo.
struct GRADUS_API AggMoOptions : public OptimizerCloneableOptions<AggMoOptions> {
  AggMoOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The betas are 1 - a^i, i = 0, 1, ...: 0, 0.9, 0.99. Default: 0.1
  GRADUS_ARG(double, a) = 0.1;
  /// How many velocities, 1 to 4. Default: 3
  GRADUS_ARG(int64_t, k) = 3;
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

/// State of AggMo: b_1 ... b_k.
struct GRADUS_API AggMoParamState : public OptimizerCloneableParamState<AggMoParamState> {
  GRADUS_ARG(Tensor, momentum_buffer_1);
  GRADUS_ARG(Tensor, momentum_buffer_2);
  GRADUS_ARG(Tensor, momentum_buffer_3);
  GRADUS_ARG(Tensor, momentum_buffer_4);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Aggregated momentum: the mean of k velocities with different decay rates beta_i = 1 - a^(i - 1),
/// so that a large one does not oscillate (Lucas et al., arXiv:1804.00325):
///
///     g = -g                                        where maximize
///     g = g + weight_decay * p                      or  p = (1 - lr * weight_decay) * p
///     b_i = beta_i * b_i + g                        for i = 1 ... k
///     p = p - lr / k * (b_1 + ... + b_k)
class GRADUS_API AggMo : public Optimizer {
 public:
  explicit AggMo(const std::vector<OptimizerParamGroup>& param_groups, AggMoOptions defaults = {});
  explicit AggMo(std::vector<Tensor> params, AggMoOptions defaults = {});
  explicit AggMo(const OrderedDict<std::string, Tensor>& named_params, AggMoOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
