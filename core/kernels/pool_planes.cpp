// Pooling of row-major planes. Neighbours in a row belong to different windows, so a vector holds
// neighbouring outputs and gathers an element of each one's window at a time, from places that a
// table lists once for all planes. Large windows are summed as they lie instead.

#include <algorithm>
#include <cstring>

#include "core/allocator.h"
#include "core/kernels/pool_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;
// Entries of a table.
constexpr int64_t kMaxTable = 1 << 20;

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
  return p.channels == 1 && count >= kPoolBlock && height + width <= kMaxTable / count &&
         p.height <= -kNoElement / p.width;
}

// Where kPoolBlock elements lie together, of which some may be none, in a plane of `size`; else -1.
int32_t base_of(const int32_t* rows, const int32_t* cols, int64_t size) {
  int64_t base = -1;
  for (int64_t i = 0; i < kPoolBlock; ++i) {
    const int64_t here = int64_t{rows[i]} + cols[i];
    if (here < 0) continue;
    if (base >= 0 && here - i != base) return -1;
    base = here - i;
    if (base < 0 || base + kPoolBlock > size) return -1;
  }
  return static_cast<int32_t>(base);
}

PoolTable window_table(const PoolPlane& p, int64_t height, int64_t width, Absent absent) {
  const int64_t count = p.rows.size() * p.cols.size();
  PoolTable table{count, height, width, {}, {}, {}, {}};
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
  const bool many = height * width > kMaxTable / std::max<int64_t>(table.blocks(), 1);
  for (int64_t j = 0; j < height && !many; ++j) {
    for (int64_t k = 0; k < width; ++k) {
      for (int64_t block = 0; block < table.blocks(); ++block) {
        const int64_t i = block * kPoolBlock;
        table.bases.push_back(base_of(table.rows.data() + j * count + i,
                                      table.cols.data() + k * count + i, p.height * p.width));
      }
    }
  }
  const bool none =
      std::all_of(table.bases.begin(), table.bases.end(), [](int32_t b) { return b < 0; });
  if (none) table.bases.clear();
  return table;
}

// Planes that lie together are a plane of more rows: as many as make some vectors of outputs, where
// one has few, and divide their number.
struct Stack {
  int64_t copies = 1, planes;
  PoolWindows rows;

  Stack(const PoolPlane& p, int64_t planes) : planes(planes), rows(p.rows) {
    constexpr int64_t kEnough = 4 * kPoolBlock;
    const int64_t count = p.rows.size() * p.cols.size();
    if (planes == 0 || count == 0 || count >= kEnough) return;
    for (int64_t n = 2; n <= std::min(planes, kEnough) && copies * count < kEnough; ++n) {
      if (planes % n == 0) copies = n;
    }
    this->planes /= copies;
    for (int64_t i = 1; i < copies; ++i) {
      for (int64_t row = 0; row < p.rows.size(); ++row) {
        rows.begin.push_back(p.rows.begin[static_cast<size_t>(row)] + i * p.height);
        rows.end.push_back(p.rows.end[static_cast<size_t>(row)] + i * p.height);
      }
    }
  }
  PoolPlane plane(const PoolPlane& p) const {
    return {rows, p.cols, p.height * copies, p.width, p.channels};
  }
};

// Whether windows are so large that to walk along each beats a gather for each element.
bool are_blocks(const PoolPlane& p) {
  const int64_t width = Lengths(p.cols).least;
  return p.rows.step == 1 && p.cols.step == 1 && width >= 7 && Lengths(p.rows).least * width >= 16;
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

// Planes as one row, where windows are of whole rows and so lie together.
struct Flat {
  PoolWindows rows, cols;

  explicit Flat(const PoolPlane& p) : cols(p.rows) {
    rows.begin = {0};
    rows.end = {1};
    for (int64_t& begin : cols.begin) begin *= p.width;
    for (int64_t& end : cols.end) end *= p.width;
  }
  static bool fits(const PoolPlane& p) {
    return p.channels == 1 && p.height > 1 && p.rows.step == 1 && p.cols.step == 1 &&
           p.cols.size() == 1 && p.cols.begin[0] == 0 && p.cols.end[0] == p.width;
  }
  PoolPlane plane(const PoolPlane& p) const { return {rows, cols, 1, p.height * p.width, 1}; }
};

std::vector<float> as_floats(const std::vector<int64_t>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

bool max_pool_planes(const PoolPlane& single, int64_t planes, const float* x, float* y,
                     int32_t* places) {
  if (single.channels != 1) return false;
  const Stack stack(single, planes);
  const PoolPlane plane = stack.plane(single);
  const Lengths rows(plane.rows), cols(plane.cols);
  // An empty window, as a dilated one can be that steps over the input, has no maximum.
  if (rows.least == 0 || cols.least == 0 || !fits_table(plane, rows.most, cols.most)) return false;
  PoolTable table = window_table(plane, rows.most, cols.most, Absent::kRepeatsLast);
  const int64_t outputs = table.count / stack.copies;
  for (int64_t i = 0; i < table.count; ++i) {
    const int64_t origin = i / outputs * single.height * single.width;
    table.origins.push_back(static_cast<int32_t>(origin));
  }
  const int64_t in_size = plane.height * plane.width;
  for_each_plane(stack.planes, in_size, [&](int64_t i) {
    max_pool_plane_vector(table, x + i * in_size, y + i * table.count, places + i * table.count);
  });
  return true;
}

void max_pool_planes_backward(int64_t planes, int64_t in_size, int64_t out_size, const float* dy,
                              const int32_t* places, float* dx) {
  parallel_for(planes, std::max<int64_t>(1, kGrain / std::max<int64_t>(in_size, 1)),
               [&](int64_t begin, int64_t end) {
                 std::memset(dx + begin * in_size, 0,
                             static_cast<size_t>((end - begin) * in_size) * sizeof(float));
                 for (int64_t i = begin; i < end; ++i) {
                   float* const to = dx + i * in_size;
                   for (int64_t at = i * out_size; at < (i + 1) * out_size; ++at) {
                     to[places[at]] += dy[at];
                   }
                 }
               });
}

bool avg_pool_planes(const PoolPlane& single, int64_t planes, const std::vector<int64_t>& divisors,
                     const float* x, float* y) {
  if (single.channels != 1) return false;
  if (Flat::fits(single)) {
    return avg_pool_planes(Flat(single).plane(single), planes, divisors, x, y);
  }
  const int64_t in_size = single.height * single.width;
  const int64_t out_size = single.rows.size() * single.cols.size();
  const std::vector<float> divisor = as_floats(divisors);
  const auto divide = [&](int64_t i) {
    divide_vector(y + i * out_size, divisor.data(), out_size, y + i * out_size);
  };
  if (are_blocks(single)) {
    for_each_plane(planes, in_size, [&](int64_t i) {
      sum_blocks_vector(single, x + i * in_size, y + i * out_size);
      divide(i);
    });
    return true;
  }
  const Stack stack(single, planes);
  const PoolPlane plane = stack.plane(single);
  const int64_t height = Lengths(single.rows).most, width = Lengths(single.cols).most;
  if (!fits_table(plane, height, width)) return false;
  const PoolTable table = window_table(plane, height, width, Absent::kIsNone);
  for_each_plane(stack.planes, in_size * stack.copies, [&](int64_t i) {
    const int64_t first = i * stack.copies;
    sum_plane_vector(table, x + first * in_size, y + first * out_size);
    for (int64_t k = 0; k < stack.copies; ++k) divide(first + k);
  });
  return true;
}

// Each dx is the sum of dy / divisor over the windows around it.
bool avg_pool_planes_backward(const PoolPlane& plane, int64_t planes,
                              const std::vector<int64_t>& divisors, const float* dy, float* dx) {
  if (plane.channels != 1 || plane.rows.step != 1 || plane.cols.step != 1) return false;
  if (Flat::fits(plane)) {
    return avg_pool_planes_backward(Flat(plane).plane(plane), planes, divisors, dy, dx);
  }
  const int64_t in_size = plane.height * plane.width;
  const int64_t out_size = plane.rows.size() * plane.cols.size();
  if (out_size == 0) return false;
  const std::vector<float> divisor = as_floats(divisors);
  const Buffer space(sizeof(float) * static_cast<size_t>(planes * out_size));
  float* const parts = space.as<float>();
  const auto divide = [&](int64_t i) {
    divide_vector(dy + i * out_size, divisor.data(), out_size, parts + i * out_size);
  };
  if (are_blocks(plane)) {
    const bool accumulate = !tiles(plane.rows, plane.height) || !tiles(plane.cols, plane.width);
    for_each_plane(planes, in_size, [&](int64_t i) {
      float* const to = dx + i * in_size;
      divide(i);
      if (accumulate) std::memset(to, 0, static_cast<size_t>(in_size) * sizeof(float));
      spread_blocks_vector(plane, parts + i * out_size, accumulate, to);
    });
    return true;
  }
  const PoolWindows rows = windows_around(plane.rows, plane.height);
  const PoolWindows cols = windows_around(plane.cols, plane.width);
  const PoolPlane around{rows, cols, plane.rows.size(), plane.cols.size(), plane.channels};
  const Stack stack(around, planes);
  const PoolPlane tall = stack.plane(around);
  const int64_t height = Lengths(rows).most, width = Lengths(cols).most;
  if (!fits_table(tall, height, width)) return false;
  const PoolTable table = window_table(tall, height, width, Absent::kIsNone);
  for_each_plane(stack.planes, table.count, [&](int64_t i) {
    const int64_t first = i * stack.copies;
    for (int64_t k = 0; k < stack.copies; ++k) divide(first + k);
    sum_plane_vector(table, parts + first * out_size, dx + first * in_size);
  });
  return true;
}

}  // namespace gradus::kernel
