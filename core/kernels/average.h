#pragma once

#include "core/kernels/tensor_batch.h"

namespace gradus::kernel {

/// average, p: average = average + weight * (p - average), from the nearer end, rounded as lerp_()
/// does.
struct AverageNumbers {
  double weight = 0;  // from 0 to 1
};
const BatchKernel& average_kernel();
const BatchKernel& plain_average_kernel();

}  // namespace gradus::kernel
