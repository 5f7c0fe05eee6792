#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Scales losses so that gradients of float16 do not underflow, skips steps whose gradients
/// overflowed, and adapts the scale (Micikevicius et al., "Mixed precision training",
/// arXiv:1710.03740). bfloat16 needs none.
///
///     optim::GradScaler scaler;
///     scaler.scale(loss).backward();
///     scaler.unscale_(optimizer);                    // where gradients are clipped
///     nn::utils::clip_grad_norm_(net->parameters(), 1.0);
///     scaler.step(optimizer);
///     scaler.update();
class GRADUS_API GradScaler : public Stateful {
 public:
  /// @param init_scale       the first scale
  /// @param growth_factor    of the scale after growth_interval steps without overflow
  /// @param backoff_factor   of the scale after an overflow
  /// @param enabled          false: everything passes through
  /// @throws ValueError unless init_scale > 0, growth_factor > 1, 0 < backoff_factor < 1 and
  ///         growth_interval >= 1
  explicit GradScaler(double init_scale = 65536.0, double growth_factor = 2.0,
                      double backoff_factor = 0.5, int64_t growth_interval = 2000,
                      bool enabled = true);
  ~GradScaler() override;

  Tensor scale(const Tensor& loss) const;
  /// Divides the gradients of the optimizer by the scale, and notes whether all are finite.
  /// @throws Error where that has been done since the last update()
  void unscale_(Optimizer& optimizer);
  /// Unscales unless that was done, and steps where all gradients are finite. Returns what the step
  /// returned; undefined where it was skipped. Where the optimizer can (takes_gradient_factor()),
  /// it unscales in the pass of the step, and grad() stays scaled: call unscale_() before to look
  /// at it.
  /// @throws Error for a second step since the last update()
  Tensor step(Optimizer& optimizer);
  /// Adapts the scale, or sets it. @throws Error where no step came before it
  void update(std::optional<double> new_scale = std::nullopt);

  double get_scale() const { return enabled_ ? scale_ : 1.0; }
  double get_growth_factor() const { return growth_factor_; }
  double get_backoff_factor() const { return backoff_factor_; }
  int64_t get_growth_interval() const { return growth_interval_; }
  /// @throws ValueError as the constructor
  void set_growth_factor(double growth_factor);
  void set_backoff_factor(double backoff_factor);
  void set_growth_interval(int64_t growth_interval);
  bool is_enabled() const { return enabled_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  // Whether the step may unscale by itself: all gradients are finite, too.
  bool unscales_in_step(Optimizer& optimizer) const;

  struct Stage {
    bool unscaled = false;
    bool stepped = false;
    bool found_inf = false;
  };

  double scale_, growth_factor_ = 2, backoff_factor_ = 0.5;
  int64_t growth_interval_ = 2000;
  bool enabled_;
  int64_t growth_tracker_ = 0;
  std::map<const Optimizer*, Stage> stages_;
};

}  // namespace gradus::optim
