#include "core/kernels/copy.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/kernels/copy_rows.h"
#include "core/kernels/loop.h"
#include "core/shape.h"

namespace gradus::kernel {

namespace {

// Bytes that take 10 us or more to copy.
constexpr int64_t kGrainBytes = 4 * kGrainMemory;

void copy_bytes(const char* src, char* dst, int64_t nbytes) {
  parallel_for(nbytes, kGrainBytes, [&](int64_t begin, int64_t end) {
    std::memcpy(dst + begin, src + begin, static_cast<size_t>(end - begin));
  });
}

// Whether two to four rows of src become one of dst in which their elements take turns, or the
// other way: dims 0 and 1 of the plan are neighbours in memory in dst and in src.
bool is_interleaved(int64_t size, int64_t n, int64_t stride, int64_t other) {
  return n >= 2 && n <= 4 && stride == n * size && other >= 8;
}
bool is_interleaving(const LoopPlan& plan, int64_t size) {
  return is_interleaved(size, plan.sizes[0], plan.strides[0][1], plan.sizes[1]) ||
         is_interleaved(size, plan.sizes[1], plan.strides[1][0], plan.sizes[0]);
}

// Operand 0 is dst. Where src's neighbours in memory are neighbours along another dim than dst's,
// brings that dim to place 1.
bool find_transposition(LoopPlan& plan, int64_t size) {
  if (plan.sizes.size() < 2 || plan.strides[0][0] != size || plan.strides[1][0] == size)
    return false;
  if (plan.strides[1][0] == 0) return false;
  for (size_t d = 1; d < plan.sizes.size(); ++d) {
    if (plan.strides[1][d] != size) continue;
    const bool wide = plan.sizes[0] >= 4 && plan.sizes[d] >= 4;
    if (!wide && !is_interleaved(size, plan.sizes[0], plan.strides[0][d], plan.sizes[d]) &&
        !is_interleaved(size, plan.sizes[d], plan.strides[1][0], plan.sizes[0]))
      continue;
    std::swap(plan.sizes[1], plan.sizes[d]);
    for (size_t k = 0; k < 2; ++k) std::swap(plan.strides[k][1], plan.strides[k][d]);
    return true;
  }
  return false;
}

// Tile by tile: a tile is read along the cache lines of src, put together in a buffer, and written
// in long pieces of dst's rows. Written directly, lines a power of two apart would push each other
// out of the cache. What is interleaved goes from src to dst, which need no tiles.
void copy_transposed(const LoopPlan& plan, size_t size) {
  constexpr int64_t kTileBytes = 8192, kLongest = 8192;
  const int64_t packed = static_cast<int64_t>(size);
  const bool interleaving = is_interleaving(plan, packed);
  const int64_t rows = std::min(plan.sizes[1], interleaving ? kLongest : 64 / packed);
  const int64_t cols =
      std::min(plan.sizes[0], interleaving ? kLongest : kTileBytes / (rows * packed));
  LoopPlan tiles = plan;
  tiles.sizes[0] = (plan.sizes[1] - 1) / rows + 1;
  tiles.sizes[1] = (plan.sizes[0] - 1) / cols + 1;
  tiles.numel = 1;
  for (int64_t n : tiles.sizes) tiles.numel *= n;
  for (size_t k = 0; k < 2; ++k) {
    tiles.strides[k][0] = plan.strides[k][1] * rows;
    tiles.strides[k][1] = plan.strides[k][0] * cols;
  }
  const int64_t grain = std::max<int64_t>(kGrainBytes / (rows * cols * packed), 1);
  parallel_for(tiles.numel, grain, [&](int64_t begin, int64_t end) {
    alignas(64) char buffer[kTileBytes];
    int64_t tile = begin;
    for_each_run(tiles, begin, end, [&](char* const* data, const int64_t* strides, int64_t n) {
      for (int64_t i = 0; i < n; ++i, ++tile) {
        const int64_t row = tile % tiles.sizes[0] * rows;
        const int64_t col = tile / tiles.sizes[0] % tiles.sizes[1] * cols;
        const int64_t height = std::min(rows, plan.sizes[1] - row);
        const int64_t width = std::min(cols, plan.sizes[0] - col);
        if (interleaving) {
          transpose_block(data[1] + i * strides[1], plan.strides[1][0], data[0] + i * strides[0],
                          plan.strides[0][1], width, height, size);
          continue;
        }
        transpose_block(data[1] + i * strides[1], plan.strides[1][0], buffer, width * packed, width,
                        height, size);
        for (int64_t r = 0; r < height; ++r) {
          std::memcpy(data[0] + i * strides[0] + r * plan.strides[0][1],
                      buffer + r * width * packed, static_cast<size_t>(width * packed));
        }
      }
    });
  });
}

template <class T>
void copy_run(char* dst, int64_t dst_stride, const char* src, int64_t src_stride, int64_t n) {
  if (dst_stride == sizeof(T) && src_stride == 0) return fill_elements(dst, src, sizeof(T), n);
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(dst + i * dst_stride, src + i * src_stride, sizeof(T));
}

void copy_runs(const LoopPlan& plan, size_t size) {
  const int64_t packed = static_cast<int64_t>(size);
  parallel_for_each_run(plan, kGrainBytes / packed,
                        [&](char* const* data, const int64_t* strides, int64_t n) {
                          if (strides[0] == packed && strides[1] == packed) {
                            std::memcpy(data[0], data[1], static_cast<size_t>(n * packed));
                          } else if (size == 1) {
                            copy_run<uint8_t>(data[0], strides[0], data[1], strides[1], n);
                          } else if (size == 2) {
                            copy_run<uint16_t>(data[0], strides[0], data[1], strides[1], n);
                          } else if (size == 4) {
                            copy_run<uint32_t>(data[0], strides[0], data[1], strides[1], n);
                          } else {
                            copy_run<uint64_t>(data[0], strides[0], data[1], strides[1], n);
                          }
                        });
}

// Rows of this many bytes are copied one by one.
constexpr int64_t kLongRow = 1024;

// Runs that are short and without gaps, along dim 1.
void copy_short_rows(LoopPlan rows, int64_t size) {
  const int64_t row = rows.sizes[0] * size;
  rows.numel /= rows.sizes[0];
  rows.sizes.erase(0);
  for (size_t k = 0; k < 2; ++k) rows.strides[k].erase(0);
  parallel_for_each_run(rows, std::max<int64_t>(kGrainBytes / row, 1),
                        [&](char* const* data, const int64_t* strides, int64_t n) {
                          copy_rows(data[0], strides[0], data[1], strides[1], n, row);
                        });
}

}  // namespace

namespace {

// src, which can be expanded, in these sizes.
Tensor expanded(const Tensor& src, IntArrayRef sizes) {
  const size_t leading = sizes.size() - src.sizes().size();
  DimVector strides(sizes.size());
  for (size_t d = leading; d < sizes.size(); ++d) {
    strides[d] = src.sizes()[d - leading] == 1 ? 0 : src.strides()[d - leading];
  }
  return make_view(src, to_dims(sizes), std::move(strides), src.storage_offset());
}

}  // namespace

void copy(const Tensor& src, const Tensor& dst) {
  const TensorImpl& from = *src.impl();
  const TensorImpl& to = *dst.impl();
  if (&from == &to || to.numel == 0) return;
  const bool same_sizes = from.sizes == to.sizes;
  GRADUS_CHECK(same_sizes || is_expandable_to(from.sizes, to.sizes),
               "copy_: shape {} does not broadcast to {}", IntArrayRef(from.sizes),
               IntArrayRef(to.sizes));
  if (overlaps(dst, src)) {
    copy(run_blocks("copy_",
                    {cast_function(from.dtype, from.dtype),
                     nullptr,
                     {from.dtype},
                     from.dtype,
                     kGrainMemory},
                    from.dtype, {src}),
         dst);
    return;
  }
  if (from.dtype != to.dtype) {
    run_blocks("copy_",
               {cast_function(from.dtype, to.dtype), nullptr, {from.dtype}, to.dtype, kGrainMemory},
               to.dtype, {same_sizes ? src : expanded(src, to.sizes)}, &dst);
    return;
  }
  char* const src_data = data_of(src);
  char* const dst_data = data_of(dst);
  if (src_data == dst_data && same_sizes && from.strides == to.strides) return;
  const size_t size = element_size(to.dtype);
  if (same_sizes && is_row_major(from) && is_row_major(to)) {
    copy_bytes(src_data, dst_data, to.numel * static_cast<int64_t>(size));
    return;
  }
  LoopPlan plan(to.sizes, {&dst, &src});
  const auto packed = static_cast<int64_t>(size);
  const bool rows =
      !plan.sizes.empty() && plan.strides[0][0] == packed && plan.strides[1][0] == packed;
  if (find_transposition(plan, packed)) {
    copy_transposed(plan, size);
  } else if (rows && plan.sizes.size() == 1) {
    copy_bytes(src_data, dst_data, to.numel * packed);
  } else if (rows && plan.sizes[0] * packed <= kLongRow) {
    copy_short_rows(plan, packed);
  } else {
    copy_runs(plan, size);
  }
}

bool join_rows(TensorList parts, int64_t dim, const Tensor& y) {
  constexpr int64_t kLeastBytes = 64;
  const TensorImpl& to = *y.impl();
  if (to.numel == 0 || !is_row_major(to)) return false;
  const int64_t size = static_cast<int64_t>(element_size(to.dtype));
  int64_t rows = 1;
  for (int64_t d = 0; d < dim; ++d) rows *= to.sizes[static_cast<size_t>(d)];
  const int64_t row_bytes = to.numel / rows * size;
  if (rows == 1 || row_bytes > kGrainBytes) return false;
  struct Part {
    const char* data;
    int64_t bytes;
  };
  std::vector<Part> from;
  for (const Tensor& part : parts) {
    const TensorImpl& x = *part.impl();
    const int64_t bytes = x.numel / rows * size;
    if (bytes == 0) continue;
    if (x.dtype != to.dtype || !is_row_major(x) || bytes < kLeastBytes) return false;
    from.push_back({data_of(part), bytes});
  }
  char* const out = data_of(y);
  parallel_for(rows, std::max<int64_t>(kGrainBytes / row_bytes, 1),
               [&](int64_t begin, int64_t end) {
                 char* at = out + begin * row_bytes;
                 for (int64_t row = begin; row < end; ++row) {
                   for (const Part& part : from) {
                     std::memcpy(at, part.data + row * part.bytes, static_cast<size_t>(part.bytes));
                     at += part.bytes;
                   }
                 }
               });
  return true;
}

}  // namespace gradus::kernel
