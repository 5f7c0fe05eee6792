#include "optim/lr_scheduler/compose.h"

#include <algorithm>

namespace gradus::optim {

namespace {

using Schedulers = std::vector<std::shared_ptr<LRScheduler>>;

void check_parts(const char* name, const Schedulers& schedulers, const Optimizer* optimizer) {
  for (size_t i = 0; i < schedulers.size(); ++i) {
    GRADUS_CHECK_VALUE(schedulers[i] != nullptr, "{}: scheduler {} is null", name, i);
    GRADUS_CHECK_VALUE(&schedulers[i]->optimizer() == optimizer,
                       "{}: scheduler {} belongs to another optimizer", name, i);
  }
}

Optimizer& optimizer_of(const Schedulers& schedulers, Optimizer* optimizer) {
  GRADUS_CHECK_VALUE(!schedulers.empty() && schedulers[0] != nullptr,
                     "ChainedScheduler: expected at least one scheduler");
  return optimizer != nullptr ? *optimizer : schedulers[0]->optimizer();
}

}  // namespace

SequentialLR::SequentialLR(Optimizer& optimizer, Schedulers schedulers,
                           std::vector<int64_t> milestones, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      schedulers_(std::move(schedulers)),
      milestones_(std::move(milestones)) {
  GRADUS_CHECK_VALUE(!schedulers_.empty(), "SequentialLR: expected at least one scheduler");
  check_parts("SequentialLR", schedulers_, &optimizer);
  GRADUS_CHECK_VALUE(milestones_.size() == schedulers_.size() - 1,
                     "SequentialLR: expected one milestone fewer than schedulers, got {} and {}",
                     milestones_.size(), schedulers_.size());
  GRADUS_CHECK_VALUE(std::is_sorted(milestones_.begin(), milestones_.end()) &&
                         (milestones_.empty() || milestones_[0] >= 0),
                     "SequentialLR: milestones must rise, from 0");
  start();
}

std::pair<const LRScheduler*, int64_t> SequentialLR::part_at(int64_t step) const {
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), step);
  const auto part = static_cast<size_t>(passed - milestones_.begin());
  return {schedulers_[part].get(), part == 0 ? 0 : milestones_[part - 1]};
}

double SequentialLR::lr_of(int64_t step, double base_lr, size_t group) const {
  const auto [part, begin] = part_at(step);
  return LRScheduler::lr_of(*part, step - begin, base_lr, group);
}

void SequentialLR::set_other_settings(int64_t step) const {
  const auto [part, begin] = part_at(step);
  LRScheduler::set_other_settings(*part, step - begin);
}

ChainedScheduler::ChainedScheduler(Schedulers schedulers, Optimizer* optimizer)
    : LRScheduler(optimizer_of(schedulers, optimizer)), schedulers_(std::move(schedulers)) {
  check_parts("ChainedScheduler", schedulers_, &this->optimizer());
  start();
}

double ChainedScheduler::lr_of(int64_t step, double base_lr, size_t group) const {
  double lr = base_lr;
  for (const auto& scheduler : schedulers_) lr = LRScheduler::lr_of(*scheduler, step, lr, group);
  return lr;
}

void ChainedScheduler::set_other_settings(int64_t step) const {
  for (const auto& scheduler : schedulers_) LRScheduler::set_other_settings(*scheduler, step);
}

}  // namespace gradus::optim
