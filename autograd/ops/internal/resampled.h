#pragma once

#include <cstdint>
#include <memory>

#include "core/kernels/resample.h"
#include "core/tensor.h"

namespace gradus {

/// x with other elements along dim, sums of those it has: an op that is recorded as `op`, of any
/// floating-point dtype.
Tensor resampled(const char* op, const Tensor& x, int64_t dim,
                 const std::shared_ptr<const kernel::ResampleTaps>& taps);

}  // namespace gradus
