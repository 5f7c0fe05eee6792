#pragma once

#include <cmath>
#include <string>

#include "core/error.h"

namespace gradus::optim {

// Checks of settings, which OptimizerOptions::check() is made of. They let no NaN through.

inline void check_number(const std::string& optimizer, const char* setting, double value) {
  GRADUS_CHECK_VALUE(!std::isnan(value), "{}: {} must be a number, got nan", optimizer, setting);
}

inline void check_not_negative(const std::string& optimizer, const char* setting, double value) {
  GRADUS_CHECK_VALUE(value >= 0, "{}: {} must be at least 0, got {}", optimizer, setting, value);
}

/// For decay rates of averages: in [0, 1).
inline void check_decay_rate(const std::string& optimizer, const char* setting, double value) {
  GRADUS_CHECK_VALUE(value >= 0 && value < 1, "{}: {} must be at least 0 and below 1, got {}",
                     optimizer, setting, value);
}

}  // namespace gradus::optim
