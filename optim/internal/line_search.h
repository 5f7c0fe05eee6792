#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "core/tensor.h"

namespace gradus::optim {

/// A place along the search direction: how far, the loss, the gradient, its part along d.
struct LinePoint {
  double t = 0;
  double f = 0;
  Tensor g;
  double gtd = 0;
};

/// Where the cubic through (x1, f1) and (x2, f2) with slopes g1 and g2 is least, within the bounds;
/// their middle where it has no minimum.
double cubic_interpolate(double x1, double f1, double g1, double x2, double f2, double g2,
                         double lower, double upper);

/// Finds a step length that satisfies the strong Wolfe conditions (c1 = 1e-4, c2 = 0.9), or the
/// best one after 25 evaluations, from the guess t. Nocedal and Wright, "Numerical
/// optimization", algorithms 3.5 and 3.6, as PyTorch has them.
/// @param evaluate  the loss and gradient at x + t * d
/// @param start     the point t = 0
/// @param d_norm    the largest |d|
/// @param evals     set to how often `evaluate` was called
LinePoint strong_wolfe(FunctionRef<LinePoint(double t)> evaluate, double t, const LinePoint& start,
                       double d_norm, int64_t& evals);

}  // namespace gradus::optim
