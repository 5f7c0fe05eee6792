#pragma once

#include <cstdint>
#include <string>

#include "optim/lr_scheduler/lr_scheduler.h"
#include "optim/lr_scheduler/setting.h"

namespace gradus::optim {

/// Writes an SVG file of the rates of all groups over the first `steps` steps. The schedule is not
/// stepped.
///
///     optim::plot(schedule, 10000, "schedule.svg");
///
/// @throws ValueError unless steps >= 1, Error if the file cannot be written
GRADUS_API void plot(const LRScheduler& schedule, int64_t steps, const std::string& path,
                     const std::string& title = "Learning rate");
/// The same for another setting.
GRADUS_API void plot(const SettingScheduler& schedule, int64_t steps, const std::string& path,
                     const std::string& title);
/// The same for the batch size.
GRADUS_API void plot(const BatchSizeScheduler& schedule, int64_t steps, const std::string& path,
                     const std::string& title = "Batch size");

}  // namespace gradus::optim
