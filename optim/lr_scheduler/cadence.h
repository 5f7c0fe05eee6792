#pragma once

#include <memory>

#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// A schedule that counts updates: it is stepped after every step of its optimizer, by itself.
///
///     optim::PerStep schedule(std::make_shared<optim::WarmupCosine>(optimizer, 100, 5000));
///
/// The optimizer must outlive it.
class GRADUS_API PerStep : public Stateful {
 public:
  /// @throws ValueError for null
  explicit PerStep(std::shared_ptr<LRScheduler> schedule);
  PerStep(const PerStep&) = delete;
  PerStep& operator=(const PerStep&) = delete;
  ~PerStep() override;

  LRScheduler& schedule() const { return *schedule_; }
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  std::shared_ptr<LRScheduler> schedule_;
  unsigned hook_;
};

/// A schedule that counts epochs: it has no step(), only end_epoch().
class GRADUS_API PerEpoch : public Stateful {
 public:
  /// @throws ValueError for null
  explicit PerEpoch(std::shared_ptr<LRScheduler> schedule);
  ~PerEpoch() override;

  void end_epoch() { schedule_->step(); }
  LRScheduler& schedule() const { return *schedule_; }
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  std::shared_ptr<LRScheduler> schedule_;
};

}  // namespace gradus::optim
