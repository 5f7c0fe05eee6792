#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/loop.h"
#include "core/kernels/panels.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/panels_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/rows-inl.h"
// clang-format on

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace vm = gradus::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

int64_t LaneCount() {
  return static_cast<int64_t>(hn::Lanes(D()));
}

// Rows of a product that are summed at once, two vectors each: as many as the registers hold.
constexpr int kBlockRows = hn::MaxLanes(D()) >= 16 ? static_cast<int>(kPanelRows) : 4;

// Where a block of a product goes.
struct Target {
  float* data;
  int64_t stride;
  int64_t cols;  // that are left
};

template <int kRows, int kVectors>
HWY_INLINE void MultiplyBlock(int64_t k, const LeftOperand& left, int64_t row,
                              const float* HWY_RESTRICT b, const Target& target,
                              const Addend& addend) {
  const D d;
  const int64_t lanes = LaneCount();
  V sums[kRows][kVectors];
  GRADUS_UNROLL
  for (int r = 0; r < kRows; ++r) {
    GRADUS_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  if (left.ahead != 0) {
    // The lines of the result arrive while the sums are made.
    GRADUS_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const float* const to = target.data + (row + r) * target.stride;
      GRADUS_UNROLL
      for (int v = 0; v < kVectors; ++v) __builtin_prefetch(to + v * lanes, /*rw=*/1);
    }
  }
  // Addresses of every fourth row: those of all rows do not fit the registers.
  constexpr int kStep = 4, kSteps = (kRows + kStep - 1) / kStep;
  const int64_t row_stride = left.row_stride, col_stride = left.col_stride, ahead = left.ahead;
  for (int64_t tap = 0; tap < left.taps; ++tap) {
    const float* a[kSteps];
    GRADUS_UNROLL
    for (int i = 0; i < kSteps; ++i) {
      a[i] = left.data + (row + i * kStep) * row_stride + tap * left.tap_stride;
    }
    for (int64_t p = 0; p < k; ++p) {
      if (ahead != 0 && row_stride == 1) {
        __builtin_prefetch(a[0] + ahead, /*rw=*/0, /*locality=*/2);
      } else if (ahead != 0 && p % 16 == 0) {
        GRADUS_UNROLL
        for (int r = 0; r < kRows; ++r) {
          __builtin_prefetch(a[r / kStep] + r % kStep * row_stride + ahead);
        }
      }
      V right[kVectors];
      GRADUS_UNROLL
      for (int v = 0; v < kVectors; ++v) right[v] = hn::LoadU(d, b + v * lanes);
      GRADUS_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const V factor = hn::Set(d, a[r / kStep][r % kStep * row_stride]);
        GRADUS_UNROLL
        for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(factor, right[v], sums[r][v]);
      }
      GRADUS_UNROLL
      for (int i = 0; i < kSteps; ++i) a[i] += col_stride;
      b += kVectors * lanes;
    }
  }
  GRADUS_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const int64_t count = std::min(lanes, target.cols - v * lanes);
    if (count <= 0) break;
    const auto n = static_cast<size_t>(count);
    float* to = target.data + row * target.stride + v * lanes;
    if (addend.data == nullptr) {
      GRADUS_UNROLL
      for (int r = 0; r < kRows; ++r, to += target.stride) vm::StoreFirst(d, sums[r][v], to, n);
      continue;
    }
    const float* more = addend.data + row * addend.row_stride + v * lanes;
    GRADUS_UNROLL
    for (int r = 0; r < kRows; ++r, to += target.stride, more += addend.row_stride) {
      vm::StoreFirst(d, hn::Add(vm::LoadFirst(d, more, n), sums[r][v]), to, n);
    }
  }
}

template <int kVectors>
void MultiplyPanel(int64_t m, int64_t k, const LeftOperand& a, const float* b, const Target& target,
                   const Addend& addend) {
  int64_t row = 0;
  for (; row + kBlockRows <= m; row += kBlockRows) {
    MultiplyBlock<kBlockRows, kVectors>(k, a, row, b, target, addend);
  }
  if (row + 8 <= m) {
    MultiplyBlock<8, kVectors>(k, a, row, b, target, addend);
    row += 8;
  }
  for (; row + 4 <= m; row += 4) MultiplyBlock<4, kVectors>(k, a, row, b, target, addend);
  if (row + 2 <= m) {
    MultiplyBlock<2, kVectors>(k, a, row, b, target, addend);
    row += 2;
  }
  if (row < m) MultiplyBlock<1, kVectors>(k, a, row, b, target, addend);
}

// The most products that are summed up one after the other.
constexpr int64_t kChain = 256;

void Multiply(int64_t m, int64_t k, const LeftOperand& a, const Panels& b, float* out,
              int64_t stride, int64_t cols, const Addend& addend) {
  // The taps of a longer sum go one by one, in even parts.
  const bool whole = a.taps * k <= kChain;
  const int64_t taps = whole ? 1 : a.taps, parts = (k + kChain - 1) / kChain;
  const int64_t size = whole ? k : (k + parts - 1) / parts;
  for (int64_t col = 0; col < cols; col += 2 * LaneCount()) {
    const bool wide = b.cols - col >= 2 * LaneCount();
    const Target target{out + col, stride, cols - col};
    const float* right = b.data + col * b.depth;
    Addend more{addend.data == nullptr ? nullptr : addend.data + col, addend.row_stride};
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t first = 0; first < k; first += size) {
        LeftOperand left = a;
        left.data += tap * a.tap_stride + first * a.col_stride;
        if (!whole) left.taps = 1;
        const int64_t depth = std::min(size, k - first);
        (wide ? MultiplyPanel<2> : MultiplyPanel<1>)(m, depth, left, right, target, more);
        right += depth * (wide ? 2 : 1) * LaneCount();
        more = {target.data, stride};
      }
    }
  }
}

void PackRows(const float* src, int64_t row_stride, int64_t rows, int64_t cols,
              const Panels& panels, int64_t row) {
  const D d;
  const int64_t lanes = LaneCount();
  for (int64_t col = 0; col < panels.cols; col += lanes) {
    const int64_t width = panels.width(col, lanes);
    const auto n = static_cast<size_t>(std::clamp<int64_t>(cols - col, 0, lanes));
    float* to = panels.at(row, col, lanes);
    const float* from = src + col;
    for (int64_t i = 0; i < rows; ++i, from += row_stride, to += width) {
      // Highway's scalar target reads an element even if it is to load none.
      hn::StoreU(n > 0 ? vm::LoadFirst(d, from, n) : hn::Zero(d), d, to);
    }
  }
}

void PackColumns(const float* src, int64_t col_stride, int64_t rows, int64_t cols,
                 const Panels& panels, int64_t row) {
  const D d;
  const int64_t lanes = LaneCount();
  for (int64_t col = 0; col < panels.cols; col += lanes) {
    const int64_t width = panels.width(col, lanes);
    const int64_t n = std::clamp<int64_t>(cols - col, 0, lanes);
    float* const to = panels.at(row, col, lanes);
    if (n < lanes) {
      for (int64_t i = 0; i < rows; ++i) hn::StoreU(hn::Zero(d), d, to + i * width);
    }
    if (n == 0) continue;
    constexpr auto kFloat = static_cast<int64_t>(sizeof(float));
    transpose_block(reinterpret_cast<const char*>(src + col * col_stride), col_stride * kFloat,
                    reinterpret_cast<char*>(to), width * kFloat, n, rows, sizeof(float));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Multiply);
HWY_EXPORT(PackRows);
HWY_EXPORT(PackColumns);

void multiply_panels(int64_t m, int64_t k, const LeftOperand& a, const Panels& b, float* out,
                     int64_t stride, int64_t cols, const Addend& addend) {
  HWY_DYNAMIC_DISPATCH(Multiply)(m, k, a, b, out, stride, cols, addend);
}

void pack_panels(const float* src, int64_t row_stride, int64_t col_stride, int64_t rows,
                 int64_t cols, const Panels& panels, int64_t row) {
  if (col_stride == 1) {
    HWY_DYNAMIC_DISPATCH(PackRows)(src, row_stride, rows, cols, panels, row);
  } else {
    HWY_DYNAMIC_DISPATCH(PackColumns)(src, col_stride, rows, cols, panels, row);
  }
}

}  // namespace gradus::kernel
#endif
