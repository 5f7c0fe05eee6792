#pragma once

#include <cstdint>
#include <vector>

#include "core/kernels/pool.h"

namespace gradus::kernel {

/// One image [H, W, C] and its pooled [rows, cols, C]: the view that the loops have. x and dx are
/// those of the image.
struct PoolPlane {
  const PoolWindows& rows;
  const PoolWindows& cols;
  int64_t height, width, channels;
};

/// Where the elements of the windows of a row-major plane [H, W] lie, for a vector of outputs at
/// once. The j-th row of output i's window begins at element rows[j * count + i], its k-th column
/// is cols[k * count + i] further. Windows that are smaller than [height, width] repeat their last
/// row and column, which changes no maximum.
struct PoolTable {
  int64_t count, height, width;
  std::vector<int32_t> rows, cols;
};

// The vector loops over channels [first, last) for float. Each does as many whole vectors as fit
// and returns the first channel that is left for the plain loop.

/// One output row.
int64_t max_pool_row_vector(const PoolPlane& plane, int64_t row, const float* x, float* y,
                            int32_t* places);
/// The maxima of one row-major plane [H, W]; false where it has fewer outputs than a vector.
bool max_pool_plane_vector(const PoolTable& table, const float* x, float* y, int32_t* places);
/// The whole image; dx holds zeros where `accumulate`, anything where windows neither overlap nor
/// leave gaps.
int64_t max_pool_backward_vector(const PoolPlane& plane, int64_t first, int64_t last,
                                 bool accumulate, const float* dy, const int32_t* places,
                                 float* dx);
int64_t avg_pool_row_vector(const PoolPlane& plane, int64_t row, const int64_t* divisors,
                            const float* x, float* y);
int64_t avg_pool_backward_vector(const PoolPlane& plane, int64_t first, int64_t last,
                                 const int64_t* divisors, const float* dy, float* dx);

}  // namespace gradus::kernel
