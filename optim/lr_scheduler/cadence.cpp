#include "optim/lr_scheduler/cadence.h"

namespace gradus::optim {

PerStep::PerStep(std::shared_ptr<LRScheduler> schedule) : schedule_(std::move(schedule)) {
  GRADUS_CHECK_VALUE(schedule_ != nullptr, "PerStep: schedule is null");
  hook_ = schedule_->optimizer().register_step_post_hook(
      [schedule = schedule_](Optimizer&) { schedule->step(); });
}

PerStep::~PerStep() {
  try {
    schedule_->optimizer().remove_step_hook(hook_);
  } catch (const Error&) {  // somebody else has removed it
  }
}

StateDict PerStep::state_dict() const {
  return schedule_->state_dict();
}

void PerStep::load_state_dict(const StateDict& state) {
  schedule_->load_state_dict(state);
}

PerEpoch::PerEpoch(std::shared_ptr<LRScheduler> schedule) : schedule_(std::move(schedule)) {
  GRADUS_CHECK_VALUE(schedule_ != nullptr, "PerEpoch: schedule is null");
}

PerEpoch::~PerEpoch() = default;

StateDict PerEpoch::state_dict() const {
  return schedule_->state_dict();
}

void PerEpoch::load_state_dict(const StateDict& state) {
  schedule_->load_state_dict(state);
}

}  // namespace gradus::optim
