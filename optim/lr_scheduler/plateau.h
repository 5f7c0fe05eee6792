#pragma once

#include <cstdint>
#include <vector>

#include "core/state.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Multiplies the rates by `factor` when a metric has not improved for more than `patience` steps.
/// NaN is no improvement. Restore it together with the optimizer, which holds the rates.
///
///     optim::ReduceLROnPlateauScheduler schedule(optimizer);
///     schedule.step(validation_loss);
class GRADUS_API ReduceLROnPlateauScheduler : public Stateful {
 public:
  /// Whether a smaller metric is better, or a larger one.
  enum SchedulerMode { min, max };
  /// Better means by more than threshold * best, or by more than threshold.
  enum ThresholdMode { rel, abs };

  /// @param cooldown  steps after a reduction in which nothing is counted
  /// @param min_lrs   lower bounds, one for each group; none: 0
  /// @param eps       smaller changes of a rate are not made
  /// @param verbose   print each reduction
  /// @throws ValueError unless factor < 1, or for another number of min_lrs
  explicit ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode = min,
                                      double factor = 0.1, int64_t patience = 10,
                                      double threshold = 1e-4, ThresholdMode threshold_mode = rel,
                                      int64_t cooldown = 0, std::vector<double> min_lrs = {},
                                      double eps = 1e-8, bool verbose = false);
  ReduceLROnPlateauScheduler(const ReduceLROnPlateauScheduler&) = delete;
  ReduceLROnPlateauScheduler& operator=(const ReduceLROnPlateauScheduler&) = delete;
  ~ReduceLROnPlateauScheduler() override;

  void step(double metric);

  std::vector<double> get_last_lr() const;
  double best() const { return best_; }
  int64_t num_bad_epochs() const { return num_bad_epochs_; }
  int64_t last_epoch() const { return last_epoch_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  bool is_better(double metric) const;
  void reduce_lr();

  Optimizer& optimizer_;
  SchedulerMode mode_;
  double factor_;
  int64_t patience_;
  double threshold_;
  ThresholdMode threshold_mode_;
  int64_t cooldown_;
  std::vector<double> min_lrs_;
  double eps_;
  bool verbose_;

  double best_;
  int64_t num_bad_epochs_ = 0;
  int64_t cooldown_counter_ = 0;
  int64_t last_epoch_ = 0;
};

/// Python's name.
using ReduceLROnPlateau = ReduceLROnPlateauScheduler;

}  // namespace gradus::optim
