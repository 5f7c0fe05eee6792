#include "optim/lab/scaling.h"

#include <cmath>

#include "core/error.h"

namespace gradus::optim {

namespace {

void check(const char* rule, double lr, double factor) {
  GRADUS_CHECK_VALUE(lr >= 0, "{}: lr must be at least 0, got {}", rule, lr);
  GRADUS_CHECK_VALUE(factor > 0 && std::isfinite(factor), "{}: factor must be positive, got {}",
                     rule, factor);
}

}  // namespace

double linear_scaled_lr(double lr, double factor) {
  check("linear_scaled_lr", lr, factor);
  return lr * factor;
}

AdamScaling square_root_scaled(const AdamScaling& settings, double factor) {
  check("square_root_scaled", settings.lr, factor);
  const double root = std::sqrt(factor);
  const auto [beta1, beta2] = settings.betas;
  const AdamScaling scaled{settings.lr * root,
                           {1 - factor * (1 - beta1), 1 - factor * (1 - beta2)},
                           settings.eps / root};
  const auto [b1, b2] = scaled.betas;
  GRADUS_CHECK_VALUE(b1 >= 0 && b1 < 1 && b2 >= 0 && b2 < 1,
                     "square_root_scaled: a factor of {} makes betas of {} and {}", factor, b1, b2);
  return scaled;
}

}  // namespace gradus::optim
