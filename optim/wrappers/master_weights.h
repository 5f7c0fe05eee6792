#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/ordered_dict.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Float copies of 16-bit parameters, which an optimizer works on: steps that are smaller than a
/// 16-bit number's last bit add up in them. Other parameters stand for themselves.
///
///     net->to(kBFloat16);
///     optim::MasterWeights masters(net->named_parameters());
///     optim::AdamW optimizer(masters.named_parameters(), 1e-3);
///     loss_of(net).backward();
///     masters.collect_gradients();
///     optimizer.step();
///     masters.write_back();
///
/// or, in place of the last three lines, masters.step(optimizer). The copies are part of the state.
class GRADUS_API MasterWeights : public Stateful {
 public:
  using NamedTensors = OrderedDict<std::string, Tensor>;

  /// @throws ValueError for no parameters, TypeError for one that is not floating-point
  explicit MasterWeights(const NamedTensors& params);
  ~MasterWeights() override;

  /// What the optimizer is to be given.
  const NamedTensors& named_parameters() const { return masters_; }
  std::vector<Tensor> parameters() const { return masters_.values(); }

  /// Moves the gradients of the 16-bit parameters to their copies, as float; the parameters have
  /// none afterwards.
  void collect_gradients();
  /// Rounds the copies into their parameters.
  void write_back();
  /// All three: gradients, step, rounding; returns the loss of the closure.
  Tensor step(Optimizer& optimizer, Optimizer::LossClosure closure = nullptr);

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  NamedTensors masters_;
  std::vector<std::pair<Tensor, Tensor>> copied_;  // parameter, master
};

}  // namespace gradus::optim
