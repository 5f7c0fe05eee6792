#pragma once

#include <cstddef>
#include <cstdint>

#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

// Schedules that begin with a warm-up, as transformers are trained. They are stepped after every
// update. While step < warmup_steps the rate is base_lr times
// start_factor + (1 - start_factor) * step / warmup_steps.

/// After the warm-up along half a cosine down to base_lr * min_factor at total_steps, then
/// constant.
class GRADUS_API WarmupCosine : public LRScheduler {
 public:
  /// @throws ValueError unless 0 <= warmup_steps <= total_steps and the factors are in [0, 1]
  WarmupCosine(Optimizer& optimizer, int64_t warmup_steps, int64_t total_steps,
               double min_factor = 0, double start_factor = 0, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t warmup_steps_, total_steps_;
  double min_factor_, start_factor_;
};

/// After the warm-up along a straight line down to base_lr * min_factor at total_steps, then
/// constant.
class GRADUS_API WarmupLinear : public LRScheduler {
 public:
  /// @throws ValueError unless 0 <= warmup_steps <= total_steps and the factors are in [0, 1]
  WarmupLinear(Optimizer& optimizer, int64_t warmup_steps, int64_t total_steps,
               double min_factor = 0, double start_factor = 0, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t warmup_steps_, total_steps_;
  double min_factor_, start_factor_;
};

/// Warm-up, stable, decay (Hu et al., "MiniCPM", arXiv:2404.06395; the shapes of the cooldown:
/// Haegele et al., arXiv:2405.18392): constant for stable_steps, then down to base_lr * min_factor
/// in decay_steps. After the part x of the cooldown the way that is left is
///
///     linear  1 - x        cosine  (1 + cos(pi x)) / 2        one_minus_sqrt  1 - sqrt(x)
class GRADUS_API WSD : public LRScheduler {
 public:
  enum Cooldown { linear, cosine, one_minus_sqrt };

  /// @throws ValueError for negative numbers of steps, or factors outside [0, 1]
  WSD(Optimizer& optimizer, int64_t warmup_steps, int64_t stable_steps, int64_t decay_steps,
      Cooldown cooldown = one_minus_sqrt, double min_factor = 0, double start_factor = 0,
      int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t warmup_steps_, stable_steps_, decay_steps_;
  Cooldown cooldown_;
  double min_factor_, start_factor_;
};

/// After the warm-up base_lr * sqrt(warmup_steps / step).
class GRADUS_API InverseSqrt : public LRScheduler {
 public:
  /// @throws ValueError unless warmup_steps >= 1 and start_factor is in [0, 1]
  InverseSqrt(Optimizer& optimizer, int64_t warmup_steps, double start_factor = 0,
              int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t warmup_steps_;
  double start_factor_;
};

/// base_lr / sqrt(d_model) * min(1 / sqrt(s), s / warmup_steps^1.5) with s = step + 1 (Vaswani et
/// al., "Attention is all you need", arXiv:1706.03762, equation 3); the base rate is mostly 1.
class GRADUS_API Noam : public LRScheduler {
 public:
  /// @throws ValueError unless d_model >= 1 and warmup_steps >= 1
  Noam(Optimizer& optimizer, int64_t d_model, int64_t warmup_steps, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;

 private:
  int64_t d_model_, warmup_steps_;
};

}  // namespace gradus::optim
