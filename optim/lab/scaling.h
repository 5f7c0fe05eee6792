#pragma once

#include <tuple>

#include "core/export.h"

namespace gradus::optim {

/// The rate for a batch `factor` times as large with SGD: lr * factor; warm up to it over the first
/// epochs (Goyal et al., "Accurate, large minibatch SGD", arXiv:1706.02677). It holds up to about
/// the noise scale. @throws ValueError unless lr >= 0 and factor > 0
GRADUS_API double linear_scaled_lr(double lr, double factor);

/// The settings of Adam.
struct AdamScaling {
  double lr;
  std::tuple<double, double> betas;
  double eps;
};

/// The square-root rule for a batch `factor` times as large with Adam or RMSprop (Malladi et al.,
/// "On the SDEs and scaling rules for adaptive gradient algorithms", arXiv:2205.10287): lr *
/// sqrt(factor), 1 - factor * (1 - beta), eps / sqrt(factor).
/// @throws ValueError where the rule leaves the range of a setting
GRADUS_API AdamScaling square_root_scaled(const AdamScaling& settings, double factor);

}  // namespace gradus::optim
