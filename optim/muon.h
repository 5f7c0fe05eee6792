#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of Muon.
struct GRADUS_API MuonOptions : public OptimizerCloneableOptions<MuonOptions> {
  using coefficients_t = std::tuple<double, double, double>;
  /// lr times: original, sqrt(max(1, rows / columns)); match_rms_adamw, 0.2 sqrt(max(rows,
  /// columns)), so that a rate and a decay that suit AdamW suit Muon; spectral_unclamped, sqrt(rows
  /// / columns).
  enum adjust_lr_t { original, match_rms_adamw, spectral_unclamped };

  using betas_t = std::tuple<double, double>;

  MuonOptions(double lr = 1e-3);

  /// The learning rate. Default: 1e-3
  GRADUS_ARG(double, lr);
  /// Takes lr * weight_decay off the parameter. Default: 0.1
  GRADUS_ARG(double, weight_decay) = 0.1;
  /// The decay rate of the average of the gradient. Default: 0.95
  GRADUS_ARG(double, momentum) = 0.95;
  /// Looks one step of the momentum ahead. Default: true
  GRADUS_ARG(bool, nesterov) = true;
  /// a, b and c of the Newton-Schulz iteration. Default: 3.4445, -4.775, 2.0315
  GRADUS_ARG(coefficients_t, ns_coefficients) = coefficients_t(3.4445, -4.775, 2.0315);
  /// The least norm that a matrix is divided by. Default: 1e-7
  GRADUS_ARG(double, eps) = 1e-7;
  /// How many iterations. Default: 5
  GRADUS_ARG(int64_t, ns_steps) = 5;
  /// How lr depends on the shape, see there. Default: original
  GRADUS_ARG(adjust_lr_t, adjust_lr_fn) = original;
  /// Gives what is no matrix (vectors, numbers) to AdamW, with the same lr and weight_decay;
  /// otherwise it is an error. Default: false
  GRADUS_ARG(bool, adamw) = false;
  /// Whether matrices of this group go the way of Muon; else they go to AdamW: for embeddings and
  /// the last layer. Default: true
  GRADUS_ARG(bool, muon) = true;
  /// AdamW's rate is lr * adamw_lr_factor. Default: 1
  GRADUS_ARG(double, adamw_lr_factor) = 1;
  /// AdamW's betas. Default: 0.9, 0.95
  GRADUS_ARG(betas_t, adamw_betas) = betas_t(0.9, 0.95);
  /// AdamW's eps. Default: 1e-8
  GRADUS_ARG(double, adamw_eps) = 1e-8;
  /// Ascends instead of descending. Default: false
  GRADUS_ARG(bool, maximize) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(const double lr) override { lr_ = lr; }
  void check(const std::string& optimizer) const override;
  void visit(FieldVisitor& visitor) override;
};

/// State of Muon: b of a matrix; t, m and v of what goes to AdamW.
struct GRADUS_API MuonParamState : public OptimizerCloneableParamState<MuonParamState> {
  GRADUS_ARG(int64_t, step) = 0;
  GRADUS_ARG(Tensor, momentum_buffer);
  GRADUS_ARG(Tensor, exp_avg);
  GRADUS_ARG(Tensor, exp_avg_sq);

 public:
  void visit(FieldVisitor& visitor) override;
};

/// Momentum whose update is made orthogonal: all singular values about 1 (Jordan et al., "Muon: an
/// optimizer for hidden layers in neural networks", 2024; adjust_lr_fn: Liu et al., "Muon is
/// scalable for LLM training", arXiv:2502.16982). For matrices; a parameter with more dims (the
/// weight of a convolution) is taken as [size(0), everything else].
///
///     g = -g                                        where maximize
///     b = momentum * b + (1 - momentum) * g
///     x = momentum * b + (1 - momentum) * g         where nesterov, else b
///     x = x / max(|x|, eps)                         then ns_steps times:
///     A = x x^T;   x = a x + (b A + c A A) x        with the coefficients a, b, c
///     p = (1 - lr * weight_decay) * p
///     p = p - lr * adjusted(shape) * x
///
/// PyTorch iterates in bfloat16, this in the dtype of the state, float or double. With
/// MuonOptions::adamw the rest goes to AdamW.
///
///     optim::Muon optimizer(net->parameters(), optim::MuonOptions(2e-3).adamw(true)
///                               .adjust_lr_fn(optim::MuonOptions::match_rms_adamw));
///
/// @throws ValueError in step() for a parameter with fewer than two dims, unless it goes to AdamW
class GRADUS_API Muon : public Optimizer {
 public:
  explicit Muon(const std::vector<OptimizerParamGroup>& param_groups, MuonOptions defaults = {});
  explicit Muon(std::vector<Tensor> params, MuonOptions defaults = {});
  explicit Muon(const OrderedDict<std::string, Tensor>& named_params, MuonOptions defaults = {});

 protected:
  void update() override;
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace gradus::optim
