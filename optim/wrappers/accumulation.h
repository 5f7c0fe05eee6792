#pragma once

#include <cstdint>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Simulates a large batch by several small ones: steps the optimizer after every `every` of them,
/// with the gradient of the large batch, whatever sizes the small ones have.
///
///     optim::GradientAccumulation accumulation(optimizer, /*every=*/4);
///     for (auto& batch : *loader) {
///       accumulation.scale(cross_entropy(net(batch.data), batch.target), batch.size()).backward();
///       accumulation.step();
///     }
///     accumulation.flush();  // the rest, with its own gradient
///
/// What has been accumulated is part of the state, so a run may stop between two steps.
class GRADUS_API GradientAccumulation : public Stateful {
 public:
  /// How the loss of a batch is made of those of its examples.
  enum Reduction { mean, sum };

  /// @throws ValueError unless every >= 1
  GradientAccumulation(Optimizer& optimizer, int64_t every, Reduction reduction = mean);
  ~GradientAccumulation() override;

  /// What to call backward() on. @param examples  how many the loss is of
  /// @throws ValueError unless examples >= 1
  Tensor scale(const Tensor& loss, int64_t examples);
  /// To be called after each backward(); returns whether the optimizer was stepped. Then the
  /// gradients are forgotten.
  bool step();
  /// Steps with what there is, if there is something.
  bool flush();
  /// How many batches have been accumulated since the last step.
  int64_t pending() const { return pending_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  Optimizer* optimizer_;
  int64_t every_;
  Reduction reduction_;
  int64_t pending_ = 0;
  int64_t examples_ = 0;
};

}  // namespace gradus::optim
