#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "core/kernels/dispatch.h"
#include "core/kernels/pool.h"

namespace gradus::kernel {

/// One image [H, W, C] and its pooled [rows, cols, C]: the view that the loops have. x and dx are
/// those of the image.
struct PoolPlane {
  const PoolWindows& rows;
  const PoolWindows& cols;
  int64_t height, width, channels;
};

/// Whether every element of [0, in) is in exactly one window.
bool tiles(const PoolWindows& windows, int64_t in);

// Row-major planes of float, [H, W] each, in parallel; false where the vector loops do not fit.

bool max_pool_planes(const PoolPlane& plane, int64_t planes, const float* x, float* y,
                     int32_t* places);
/// Its backward; dx of all planes.
void max_pool_planes_backward(int64_t planes, int64_t in_size, int64_t out_size, const float* dy,
                              const int32_t* places, float* dx);
bool avg_pool_planes(const PoolPlane& plane, int64_t planes, const std::vector<int64_t>& divisors,
                     const float* x, float* y);
bool avg_pool_planes_backward(const PoolPlane& plane, int64_t planes,
                              const std::vector<int64_t>& divisors, const float* dy, float* dx);

/// The sum of a window, of which integers wrap around, and its mean, rounded towards 0.
template <class T>
class WindowSum {
 public:
  void add(T x) { sum_ += static_cast<Sum>(x); }
  T over(int64_t count) const {
    if constexpr (std::is_integral_v<T>) {
      // The least number has no opposite to divide to.
      return count == -1 ? static_cast<T>(-sum_)
                         : static_cast<T>(static_cast<int64_t>(sum_) / count);
    } else {
      return static_cast<T>(sum_ / static_cast<Sum>(count));
    }
  }

 private:
  using Sum = std::conditional_t<std::is_integral_v<T>, uint64_t, Accumulator<T>>;
  Sum sum_ = 0;
};

/// As many outputs as the longest vector holds.
inline constexpr int64_t kPoolBlock = 16;

/// Where the elements of the windows of a row-major plane [H, W] lie, for a vector of outputs at
/// once. The j-th row of output i's window begins at element rows[j * count + i], its k-th column
/// is cols[k * count + i] further. Windows smaller than [height, width] repeat their last row and
/// column, which changes no maximum, or have kNoElement there. Several planes that lie together may
/// make one; then origins[i] is where that of output i begins.
///
/// Of neighbouring outputs the elements are often neighbours too, as with a stride of 1. bases[(j *
/// width + k) * blocks + i / kPoolBlock] is where those of the block of outputs around i begin, so
/// that one load brings what there is, or -1; there are none where all would be -1.
struct PoolTable {
  int64_t count, height, width;
  std::vector<int32_t> rows, cols, origins, bases;

  int64_t blocks() const { return count / kPoolBlock; }
};

/// A row or column that a window lacks: negative, also as the sum of two and with any offset.
inline constexpr int32_t kNoElement = INT32_MIN / 2;

// The vector loops over channels [first, last) for float. Each does as many whole vectors as fit
// and returns the first channel that is left for the plain loop.

/// One output row.
int64_t max_pool_row_vector(const PoolPlane& plane, int64_t row, const float* x, float* y,
                            int32_t* places);
/// The maxima of one row-major plane [H, W]; the table has at least a vector of outputs.
void max_pool_plane_vector(const PoolTable& table, const float* x, float* y, int32_t* places);
/// The sums of one row-major plane, for a table with kNoElement; it has at least a vector of
/// outputs.
void sum_plane_vector(const PoolTable& table, const float* x, float* y);
/// y[i] = x[i] / divisors[i]; x may be y.
void divide_vector(const float* x, const float* divisors, int64_t n, float* y);
/// The sums of the windows of one row-major plane, each as it lies.
void sum_blocks_vector(const PoolPlane& plane, const float* x, float* y);
/// dx = dy, or += where `accumulate`, at all elements of each window of one row-major plane.
void spread_blocks_vector(const PoolPlane& plane, const float* dy, bool accumulate, float* dx);
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
