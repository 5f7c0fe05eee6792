#include "core/kernels/triangle.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/parallel.h"

namespace gradus::kernel {

namespace {

// Clears columns first(row) .. last(row) of each row.
template <class Bounds>
void clear(const Tensor& x, const Bounds& bounds) {
  assert(x.dim() >= 2 && x.is_contiguous());
  if (x.numel() == 0) return;
  const int64_t columns = x.sizes()[x.sizes().size() - 1];
  const int64_t rows = x.sizes()[x.sizes().size() - 2];
  const auto size = static_cast<int64_t>(x.element_size());
  char* const data = static_cast<char*>(x.data_ptr());
  const int64_t grain = std::max<int64_t>(1, 65536 / (columns * size));
  parallel_for(x.numel() / columns, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto [first, last] = bounds(i % rows, columns);
      if (first >= last) continue;
      std::memset(data + (i * columns + first) * size, 0,
                  static_cast<size_t>((last - first) * size));
    }
  });
}

// row + diagonal within [0, columns], for any diagonal.
int64_t column_of(int64_t row, int64_t diagonal, int64_t columns) {
  if (diagonal >= columns) return columns;
  return diagonal < -row ? 0 : std::min(row + diagonal, columns);
}

}  // namespace

void clear_above(const Tensor& x, int64_t diagonal) {
  const int64_t beyond = diagonal == INT64_MAX ? diagonal : diagonal + 1;
  clear(x, [=](int64_t row, int64_t columns) {
    return std::pair(column_of(row, beyond, columns), columns);
  });
}

void clear_below(const Tensor& x, int64_t diagonal) {
  clear(x, [=](int64_t row, int64_t columns) {
    return std::pair(int64_t{0}, column_of(row, diagonal, columns));
  });
}

}  // namespace gradus::kernel
