#include "optim/lr_scheduler/swa_lr.h"

#include <cmath>
#include <numbers>

namespace gradus::optim {

SWALR::SWALR(Optimizer& optimizer, PerGroup swa_lr, int64_t anneal_epochs,
             AnnealStrategy anneal_strategy, int64_t last_epoch)
    : LRScheduler(optimizer, last_epoch),
      swa_lr_(std::move(swa_lr)),
      anneal_epochs_(anneal_epochs),
      anneal_strategy_(anneal_strategy) {
  swa_lr_.check("SWALR: swa_lr", optimizer);
  GRADUS_CHECK_VALUE(anneal_epochs >= 0, "SWALR: anneal_epochs must be at least 0, got {}",
                     anneal_epochs);
  start_from_current_lrs();
  start();
}

double SWALR::lr_of(int64_t step, double base_lr, size_t group) const {
  if (step >= anneal_epochs_) return swa_lr_[group];
  const double t = static_cast<double>(step) / static_cast<double>(anneal_epochs_);
  const double a = anneal_strategy_ == linear ? t : (1 - std::cos(std::numbers::pi * t)) / 2;
  return swa_lr_[group] * a + base_lr * (1 - a);
}

}  // namespace gradus::optim
