#pragma once

#include <optional>
#include <string>

#include "optim/options.h"

namespace gradus::optim {

/// The real-valued setting of that name; `momentum` is also the first of `betas`. None where the
/// options have no such setting.
std::optional<double> get_setting(OptimizerOptions& options, const std::string& name);

/// Changes it; returns whether there is such a setting.
bool set_setting(OptimizerOptions& options, const std::string& name, double value);

}  // namespace gradus::optim
