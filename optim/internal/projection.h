#pragma once

#include "core/tensor.h"

namespace gradus::optim {

/// What SGDP and AdamP do to a step u: takes off its part along p where g is orthogonal to p, over
/// each row or else over the whole parameter. Returns what weight decay is to be multiplied by.
double project(Tensor& u, const Tensor& p, const Tensor& g, double delta, double wd_ratio,
               double eps);

}  // namespace gradus::optim
