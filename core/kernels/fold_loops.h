#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/kernels/fold.h"

namespace gradus::kernel {

/// Which windows along a dim have their k-th element inside of the image: those from begin to end.
struct FoldRange {
  FoldRange(const FoldGeometry& p, size_t dim, int64_t k) {
    const int64_t before = p.padding[dim] - k * p.dilation[dim];  // what the first window lacks
    begin = std::min(reach(before, p.stride[dim]), p.out[dim]);
    end = std::clamp(reach(before + p.in[dim], p.stride[dim]), begin, p.out[dim]);
    first = begin * p.stride[dim] - before;
  }

  int64_t begin, end;
  int64_t first;  // where window `begin` has its element

 private:
  static int64_t reach(int64_t distance, int64_t stride) {
    return distance <= 0 ? 0 : (distance - 1) / stride + 1;
  }
};

/// Goes through the columns of a plane in their order: run(column, place, count) for windows of a
/// row whose elements lie inside, at place, place + stride[1], ... of the image; gap(column, count)
/// for those whose elements lie outside.
template <class Run, class Gap>
void for_each_run(const FoldGeometry& p, const Run& run, const Gap& gap) {
  int64_t column = 0;
  const auto skip = [&](int64_t count) {
    if (count > 0) gap(column, count);
    column += count;
  };
  for (int64_t k0 = 0; k0 < p.kernel[0]; ++k0) {
    const FoldRange rows(p, 0, k0);
    for (int64_t k1 = 0; k1 < p.kernel[1]; ++k1) {
      const FoldRange cols(p, 1, k1);
      const int64_t count = cols.end - cols.begin;
      skip(rows.begin * p.out[1]);
      for (int64_t row = rows.begin; row < rows.end; ++row) {
        skip(cols.begin);
        const int64_t line = rows.first + (row - rows.begin) * p.stride[0];
        if (count > 0) run(column, line * p.in[1] + cols.first, count);
        column += count;
        skip(p.out[1] - cols.end);
      }
      skip((p.out[0] - rows.end) * p.out[1]);
    }
  }
}

// The vector loops for float: a plane of im2col(), and one of col2im(), which adds to its image.

void im2col_plane_vector(const FoldGeometry& geometry, const float* image, float* columns);
void col2im_plane_vector(const FoldGeometry& geometry, const float* columns, float* image);

}  // namespace gradus::kernel
