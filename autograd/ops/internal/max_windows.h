#pragma once

#include <tuple>

#include "core/kernels/pool.h"
#include "core/tensor.h"

namespace gradus {

/// (maxima, places h * W + w as int32) of the windows of each plane of x [N, C, H, W], with the
/// history of `op`. Planes have at most 2^31 elements.
std::tuple<Tensor, Tensor> max_of_windows(const char* op, const Tensor& x, kernel::PoolWindows rows,
                                          kernel::PoolWindows cols);

}  // namespace gradus
