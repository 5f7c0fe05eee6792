#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "optim/lr_scheduler/lr_scheduler.h"

namespace gradus::optim {

/// One schedule after the other: schedulers[0] until the first milestone, then schedulers[1], whose
/// step 0 is that milestone, and so on. Parts may be composed themselves. They are only asked for
/// their rates: their own step counts do not matter and are not saved.
///
///     optim::SequentialLR schedule(
///         optimizer, {std::make_shared<optim::LinearLR>(optimizer, 0.1, 1.0, 10),
///                     std::make_shared<optim::CosineAnnealingLR>(optimizer, 90)}, {10});
class GRADUS_API SequentialLR : public LRScheduler {
 public:
  /// @throws ValueError for no schedulers, one of another optimizer, or milestones that do not
  ///         rise or are not one fewer than the schedulers
  SequentialLR(Optimizer& optimizer, std::vector<std::shared_ptr<LRScheduler>> schedulers,
               std::vector<int64_t> milestones, int64_t last_epoch = -1);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;
  void set_other_settings(int64_t step) const override;

 private:
  // The part that is at work, and when it began.
  std::pair<const LRScheduler*, int64_t> part_at(int64_t step) const;

  std::vector<std::shared_ptr<LRScheduler>> schedulers_;
  std::vector<int64_t> milestones_;
};

/// Several schedules at once: each works on the rate that the one before it gives, so that their
/// factors multiply.
class GRADUS_API ChainedScheduler : public LRScheduler {
 public:
  /// @param optimizer  the one of all schedulers, where it is given
  /// @throws ValueError for no schedulers, or one of another optimizer
  explicit ChainedScheduler(std::vector<std::shared_ptr<LRScheduler>> schedulers,
                            Optimizer* optimizer = nullptr);

 protected:
  double lr_of(int64_t step, double base_lr, size_t group) const override;
  void set_other_settings(int64_t step) const override;

 private:
  std::vector<std::shared_ptr<LRScheduler>> schedulers_;
};

}  // namespace gradus::optim
