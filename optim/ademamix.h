#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of AdEMAMix.
struct GRADUS_API AdEMAMixOptions : public OptimizerCloneableOptions<AdEMAMixOptions> {
  using betas_t = std::tuple<double, double, double>;

  AdEMAMixOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// The decay rates of the averages m1, v and m2. Default: 0.9, 0.999, 0.9999
  GRADUS_ARG(betas_t, betas) = betas_t(0.9, 0.999, 0.9999);
  /// The weight of the slow average. Default: 5
  GRADUS_ARG(double, alpha) = 5;
  /// Steps in which alpha and beta3 come up. Default: 0
  GRADUS_ARG(int64_t, warmup) = 0;
  /// Added to the denominator. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
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

/// State of AdEMAMix: t, m1, m2, v.
struct GRADUS_API AdEMAMixParamState : public OptimizerCloneableParamState<AdEMAMixParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_slow);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Adam with a second, much slower momentum (Pagliardini et al., "The AdEMAMix optimizer",
/// arXiv:2409.03137). At step t, counted from 1, with x = min(t / warmup, 1) and x = 1 without a
/// warm-up:
///
///     g = -g                                        where maximize
///     p = (1 - lr * weight_decay) * p
///     m1 = beta1 * m1 + (1 - beta1) * g
///     m2 = b3 * m2 + (1 - b3) * g
///     v = beta2 * v + (1 - beta2) * g * g
///     p = p - lr * (m1 / (1 - beta1^t) + x * alpha * m2) / (sqrt(v) / sqrt(1 - beta2^t) + eps)
///
/// where b3 comes up to beta3 so that the half-life of m2 grows evenly: ln b3 = ln beta1 ln beta3 /
/// ((1 - x) ln beta3 + x ln beta1).
class GRADUS_API AdEMAMix : public Optimizer {
 public:
  explicit AdEMAMix(const std::vector<OptimizerParamGroup>& param_groups,
                    AdEMAMixOptions defaults = {});
  explicit AdEMAMix(std::vector<Tensor> params, AdEMAMixOptions defaults = {});
  explicit AdEMAMix(const OrderedDict<std::string, Tensor>& named_params,
                    AdEMAMixOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
