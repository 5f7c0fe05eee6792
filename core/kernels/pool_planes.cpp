// Pooling of row-major planes. Neighbours in a row belong to different windows, so a vector holds
// neighbouring outputs and gathers an element of each one's window at a time, from places that a
// table lists once for all planes. Windows of whole rows are runs instead, summed as they lie.

#include <algorithm>

#include "core/allocator.h"
#include "core/kernels/pool_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;
// Entries of a table, and outputs that make the longest vector.
constexpr int64_t kMaxTable = 1 << 20;
constexpr int64_t kLanes = 16;

int64_t length_of(const PoolWindows& windows, size_t i) {
  const int64_t span = std::max<int64_t>(windows.end[i] - windows.begin[i], 0);
  return (span + windows.step - 1) / windows.step;
}

// The elements of the shortest and the longest window.
struct Lengths {
  int64_t least, most;

  explicit Lengths(const PoolWindows& windows)
      : least(windows.begin.empty() ? 0 : length_of(windows, 0)), most(least) {
    for (size_t i = 1; i < windows.begin.size(); ++i) {
      least = std::min(least, length_of(windows, i));
      most = std::max(most, length_of(windows, i));
    }
  }
};

enum class Absent { kRepeatsLast, kIsNone };

// The j-th element of window i, times `scale`.
int32_t element_of(const PoolWindows& windows, int64_t i, int64_t j, int64_t scale, Absent absent) {
  const size_t at = static_cast<size_t>(i);
  const int64_t last = length_of(windows, at) - 1;
  if (j > last && absent == Absent::kIsNone) return kNoElement;
  return static_cast<int32_t>((windows.begin[at] + std::min(j, last) * windows.step) * scale);
}

bool fits_table(const PoolPlane& p, int64_t height, int64_t width) {
  const int64_t count = p.rows.size() * p.cols.size();
  return p.channels == 1 && count >= kLanes && height + width <= kMaxTable / count &&
         p.height <= -kNoElement / p.width;
}

PoolTable window_table(const PoolPlane& p, int64_t height, int64_t width, Absent absent) {
  const int64_t count = p.rows.size() * p.cols.size();
  PoolTable table{count, height, width, {}, {}};
  table.rows.reserve(static_cast<size_t>(height * count));
  table.cols.reserve(static_cast<size_t>(width * count));
  for (int64_t j = 0; j < height; ++j) {
    for (int64_t row = 0; row < p.rows.size(); ++row) {
      const int32_t place = element_of(p.rows, row, j, p.width, absent);
      table.rows.insert(table.rows.end(), static_cast<size_t>(p.cols.size()), place);
    }
  }
  for (int64_t k = 0; k < width; ++k) {
    for (int64_t row = 0; row < p.rows.size(); ++row) {
      for (int64_t col = 0; col < p.cols.size(); ++col) {
        table.cols.push_back(element_of(p.cols, col, k, 1, absent));
      }
    }
  }
  return table;
}

template <class F>
void for_each_plane(int64_t planes, int64_t elements, F f) {
  parallel_for(planes, std::max<int64_t>(1, kGrain / std::max<int64_t>(elements, 1)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) f(i);
               });
}

// Which windows element i of [0, in) is in. Windows ascend, so these are neighbours.
PoolWindows windows_around(const PoolWindows& windows, int64_t in) {
  PoolWindows around;
  int64_t first = 0, last = 0;
  for (int64_t i = 0; i < in; ++i) {
    while (first < windows.size() && windows.end[static_cast<size_t>(first)] <= i) ++first;
    while (last < windows.size() && windows.begin[static_cast<size_t>(last)] <= i) ++last;
    around.begin.push_back(first);
    around.end.push_back(last);
  }
  return around;
}

// Whether each window is a run of whole rows.
bool are_runs(const PoolPlane& p) {
  return p.channels == 1 && p.rows.step == 1 && p.cols.size() == 1 && p.cols.begin[0] == 0 &&
         p.cols.end[0] == p.width && p.cols.step == 1;
}

struct Run {
  int64_t first, size;
};

Run run_of(const PoolPlane& p, int64_t row) {
  const size_t r = static_cast<size_t>(row);
  return {p.rows.begin[r] * p.width, (p.rows.end[r] - p.rows.begin[r]) * p.width};
}

std::vector<float> as_floats(const std::vector<int64_t>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

bool max_pool_planes(const PoolPlane& plane, int64_t planes, const float* x, float* y,
                     int32_t* places) {
  const Lengths rows(plane.rows), cols(plane.cols);
  // An empty window, as a dilated one can be that steps over the input, has no maximum.
  if (rows.least == 0 || cols.least == 0 || !fits_table(plane, rows.most, cols.most)) return false;
  const PoolTable table = window_table(plane, rows.most, cols.most, Absent::kRepeatsLast);
  const int64_t in_size = plane.height * plane.width;
  for_each_plane(planes, in_size, [&](int64_t i) {
    max_pool_plane_vector(table, x + i * in_size, y + i * table.count, places + i * table.count);
  });
  return true;
}

bool avg_pool_planes(const PoolPlane& plane, int64_t planes, const std::vector<int64_t>& divisors,
                     const float* x, float* y) {
  const int64_t in_size = plane.height * plane.width;
  const std::vector<float> divisor = as_floats(divisors);
  if (are_runs(plane)) {
    const int64_t rows = plane.rows.size();
    for_each_plane(planes, in_size, [&](int64_t i) {
      for (int64_t row = 0; row < rows; ++row) {
        const Run run = run_of(plane, row);
        y[i * rows + row] = sum_run_vector(x + i * in_size + run.first, run.size) /
                            divisor[static_cast<size_t>(row)];
      }
    });
    return true;
  }
  const Lengths rows(plane.rows), cols(plane.cols);
  if (!fits_table(plane, rows.most, cols.most)) return false;
  const PoolTable table = window_table(plane, rows.most, cols.most, Absent::kIsNone);
  for_each_plane(planes, in_size, [&](int64_t i) {
    float* const to = y + i * table.count;
    sum_plane_vector(table, x + i * in_size, to);
    divide_vector(to, divisor.data(), table.count, to);
  });
  return true;
}

// Each dx is the sum of dy / divisor over the windows around it.
bool avg_pool_planes_backward(const PoolPlane& plane, int64_t planes,
                              const std::vector<int64_t>& divisors, const float* dy, float* dx) {
  const int64_t in_size = plane.height * plane.width;
  const int64_t out_size = plane.rows.size() * plane.cols.size();
  const std::vector<float> divisor = as_floats(divisors);
  if (are_runs(plane)) {
    const bool accumulate = !tiles(plane.rows, plane.height);
    for_each_plane(planes, in_size, [&](int64_t i) {
      float* const to = dx + i * in_size;
      if (accumulate) spread_vector(0, /*accumulate=*/false, in_size, to);
      for (int64_t row = 0; row < out_size; ++row) {
        const Run run = run_of(plane, row);
        const float part = dy[i * out_size + row] / divisor[static_cast<size_t>(row)];
        spread_vector(part, accumulate, run.size, to + run.first);
      }
    });
    return true;
  }
  if (plane.channels != 1 || plane.rows.step != 1 || plane.cols.step != 1) return false;
  if (out_size == 0) return false;
  const PoolWindows rows = windows_around(plane.rows, plane.height);
  const PoolWindows cols = windows_around(plane.cols, plane.width);
  const PoolPlane around{rows, cols, plane.rows.size(), plane.cols.size(), plane.channels};
  const int64_t height = Lengths(rows).most, width = Lengths(cols).most;
  if (!fits_table(around, height, width)) return false;
  const PoolTable table = window_table(around, height, width, Absent::kIsNone);
  const Buffer parts(sizeof(float) * static_cast<size_t>(planes * out_size));
  for_each_plane(planes, in_size, [&](int64_t i) {
    float* const part = parts.as<float>() + i * out_size;
    divide_vector(dy + i * out_size, divisor.data(), out_size, part);
    sum_plane_vector(table, part, dx + i * in_size);
  });
  return true;
}

}  // namespace gradus::kernel
