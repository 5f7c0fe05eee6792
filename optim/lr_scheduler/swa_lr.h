#pragma once

#include <cstddef>
#include <cstdint>

#include "optim/lr_scheduler/cyclic.h"

namespace gradus::optim {

/// From the rate that it finds when it is constructed to swa_lr in anneal_epochs steps, then
/// constant: for stochastic weight averaging (see SWA).
///
///     lr = base_lr + (swa_lr - base_lr) * a,  a = t or (1 - cos(pi t)) / 2, t = step /
///     anneal_epochs
class GRADUS_API SWALR : public LRScheduler {
 public:
  enum AnnealStrategy { cos, linear };

  /// @throws ValueError unless anneal_epochs >= 0
  SWALR(Optimizer& optimizer, PerGroup swa_lr, int64_t anneal_epochs = 10,
        AnnealStrategy anneal_strategy = cos, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  PerGroup swa_lr_;
  int64_t anneal_epochs_;
  AnnealStrategy anneal_strategy_;
};

}  // namespace gradus::optim
