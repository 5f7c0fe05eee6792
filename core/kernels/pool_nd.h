#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/kernels/pool.h"
#include "core/tensor.h"

namespace gradus::kernel {

// Pooling over the last one to three dims: by plain loops, or for a plane by the kernels of two
// dims. x is row-major, [planes, a, b, c], where dims that it does not have are 1.

/// The windows of each dim.
using WindowsNd = std::array<PoolWindows, 3>;

/// [planes, windows of a, of b, of c], int64: the place (i b + j) c + k of each window's maximum, a
/// NaN or the first of equal values. `windows` has one element, or one for each plane with equal
/// numbers of windows.
Tensor max_places_nd(const Tensor& x, const std::vector<WindowsNd>& windows);

/// The sums over windows divided by divisors[(i b' + j) c' + k].
Tensor avg_pool_nd(const Tensor& x, const WindowsNd& windows, const std::vector<int64_t>& divisors);
/// dx of [planes, sizes]: the adjoint.
Tensor avg_pool_nd_backward(const Tensor& dy, const WindowsNd& windows,
                            const std::vector<int64_t>& divisors,
                            const std::array<int64_t, 3>& sizes);

}  // namespace gradus::kernel
