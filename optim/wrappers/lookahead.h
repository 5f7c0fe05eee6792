#pragma once

#include <cstdint>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// k steps forward, one step back (Zhang et al., "Lookahead optimizer", arXiv:1907.08610): after
/// every k steps of the optimizer
///
///     slow = slow + alpha * (p - slow)
///     p = slow
///
///     optim::Lookahead lookahead(optimizer);
///     lookahead.step();
///
/// Save it beside the optimizer.
class GRADUS_API Lookahead : public Stateful {
 public:
  /// @throws ValueError unless k >= 1 and 0 <= alpha <= 1
  explicit Lookahead(Optimizer& optimizer, int64_t k = 5, double alpha = 0.5);
  ~Lookahead() override;

  /// A step of the optimizer, and every k-th time one of the slow weights.
  Tensor step(Optimizer::LossClosure closure = nullptr);
  void zero_grad(bool set_to_none = true) { optimizer_->zero_grad(set_to_none); }
  Optimizer& optimizer() const { return *optimizer_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  // Slow weights of parameters that came later.
  void add_slow();

  Optimizer* optimizer_;
  int64_t k_;
  double alpha_;
  int64_t count_ = 0;
  std::vector<Tensor> slow_;
};

}  // namespace gradus::optim
