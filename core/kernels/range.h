#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// dst[i] = start + i * step; dst is contiguous. Integers are computed in int64 and wrap, the
/// others in double.
void arange(const Tensor& dst, const Scalar& start, const Scalar& step);

/// dst[i] = start + i * (end - start) / (n - 1), from both ends towards the middle, so that the
/// last one is end.
void linspace(const Tensor& dst, double start, double end);

/// dst[i] = base ^ (what linspace puts there).
void logspace(const Tensor& dst, double start, double end, double base);

}  // namespace gradus::kernel
