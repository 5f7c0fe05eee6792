#pragma once

#include <cstddef>
#include <cstdint>

#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// eta_min + (base_lr - eta_min) * (1 + cos(pi * step / T_max)) / 2: down to eta_min at step T_max;
/// beyond, the rate rises again (Loshchilov and Hutter, "SGDR", arXiv:1608.03983, without
/// restarts).
class GRADUS_API CosineAnnealingLR : public LRScheduler {
 public:
  /// @throws ValueError unless T_max >= 1
  CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min = 0,
                    int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t T_max_;
  double eta_min_;
};

/// CosineAnnealingLR that starts again: the first period lasts T_0 steps, each one T_mult times as
/// long as the one before. Within a period of T steps, after `t` of them,
/// eta_min + (base_lr - eta_min) * (1 + cos(pi * t / T)) / 2 (Loshchilov and Hutter, "SGDR",
/// arXiv:1608.03983).
class GRADUS_API CosineAnnealingWarmRestarts : public LRScheduler {
 public:
  /// @throws ValueError unless T_0 >= 1 and T_mult >= 1
  CosineAnnealingWarmRestarts(Optimizer& optimizer, int64_t T_0, int64_t T_mult = 1,
                              double eta_min = 0, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t T_0_;
  int64_t T_mult_;
  double eta_min_;
};

}  // namespace gradus::optim
