#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <algorithm>
#include <cstring>

#include "core/kernels/loop.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void TransposePlain(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                    int64_t rows, int64_t cols) {
  for (int64_t c = 0; c < cols; ++c) {
    for (int64_t r = 0; r < rows; ++r) {
      std::memcpy(dst + c * dst_stride + r * static_cast<int64_t>(sizeof(T)),
                  src + r * src_stride + c * static_cast<int64_t>(sizeof(T)), sizeof(T));
    }
  }
}

#if HWY_TARGET != HWY_SCALAR

// A square of as many rows as fit into 128 bits.
template <class T>
HWY_INLINE void TransposeSquare(const char* src, int64_t src_stride, char* dst,
                                int64_t dst_stride) {
  const auto load = [&](int64_t r) HWY_ATTR {
    return hn::LoadU(hn::Full128<T>(), reinterpret_cast<const T*>(src + r * src_stride));
  };
  const auto store = [&](int64_t r, auto v) HWY_ATTR {
    const hn::Full128<T> d;
    hn::StoreU(hn::BitCast(d, v), d, reinterpret_cast<T*>(dst + r * dst_stride));
  };
  const hn::Full128<uint64_t> d64;
  if constexpr (sizeof(T) == 8) {
    const auto a = load(0), b = load(1);
    store(0, hn::InterleaveLower(d64, a, b));
    store(1, hn::InterleaveUpper(d64, a, b));
  } else if constexpr (sizeof(T) == 4) {
    const hn::Full128<uint32_t> d;
    const auto a = load(0), b = load(1), c = load(2), e = load(3);
    const auto ab_lo = hn::BitCast(d64, hn::InterleaveLower(d, a, b));
    const auto ab_hi = hn::BitCast(d64, hn::InterleaveUpper(d, a, b));
    const auto ce_lo = hn::BitCast(d64, hn::InterleaveLower(d, c, e));
    const auto ce_hi = hn::BitCast(d64, hn::InterleaveUpper(d, c, e));
    store(0, hn::InterleaveLower(d64, ab_lo, ce_lo));
    store(1, hn::InterleaveUpper(d64, ab_lo, ce_lo));
    store(2, hn::InterleaveLower(d64, ab_hi, ce_hi));
    store(3, hn::InterleaveUpper(d64, ab_hi, ce_hi));
  } else {
    const hn::Full128<uint16_t> d16;
    const hn::Full128<uint32_t> d32;
    for (int64_t half = 0; half < 2; ++half) {
      // Four columns at a time: pairs of rows, then fours, then all eight.
      const auto pair = [&](int64_t r) HWY_ATTR {
        const auto a = load(r), b = load(r + 1);
        return hn::BitCast(
            d32, half == 0 ? hn::InterleaveLower(d16, a, b) : hn::InterleaveUpper(d16, a, b));
      };
      const auto p0 = pair(0), p1 = pair(2), p2 = pair(4), p3 = pair(6);
      const auto lo0 = hn::BitCast(d64, hn::InterleaveLower(d32, p0, p1));
      const auto hi0 = hn::BitCast(d64, hn::InterleaveUpper(d32, p0, p1));
      const auto lo1 = hn::BitCast(d64, hn::InterleaveLower(d32, p2, p3));
      const auto hi1 = hn::BitCast(d64, hn::InterleaveUpper(d32, p2, p3));
      store(4 * half + 0, hn::InterleaveLower(d64, lo0, lo1));
      store(4 * half + 1, hn::InterleaveUpper(d64, lo0, lo1));
      store(4 * half + 2, hn::InterleaveLower(d64, hi0, hi1));
      store(4 * half + 3, hn::InterleaveUpper(d64, hi0, hi1));
    }
  }
}

template <class T>
void TransposeSquares(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                      int64_t rows, int64_t cols) {
  constexpr int64_t size = sizeof(T), side = 16 / size;
  const int64_t whole_rows = rows - rows % side, whole_cols = cols - cols % side;
  for (int64_t r = 0; r < whole_rows; r += side) {
    for (int64_t c = 0; c < whole_cols; c += side) {
      TransposeSquare<T>(src + r * src_stride + c * size, src_stride,
                         dst + c * dst_stride + r * size, dst_stride);
    }
  }
  TransposePlain<T>(src + whole_cols * size, src_stride, dst + whole_cols * dst_stride, dst_stride,
                    whole_rows, cols - whole_cols);
  TransposePlain<T>(src + whole_rows * src_stride, src_stride, dst + whole_rows * size, dst_stride,
                    rows - whole_rows, cols);
}

#else

template <class T>
void TransposeSquares(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                      int64_t rows, int64_t cols) {
  TransposePlain<T>(src, src_stride, dst, dst_stride, rows, cols);
}

#endif

void Transpose(const char* src, int64_t src_stride, char* dst, int64_t dst_stride, int64_t rows,
               int64_t cols, size_t size) {
  switch (size) {
    case 1:
      return TransposePlain<uint8_t>(src, src_stride, dst, dst_stride, rows, cols);
    case 2:
      return TransposeSquares<uint16_t>(src, src_stride, dst, dst_stride, rows, cols);
    case 4:
      return TransposeSquares<uint32_t>(src, src_stride, dst, dst_stride, rows, cols);
    default:
      return TransposeSquares<uint64_t>(src, src_stride, dst, dst_stride, rows, cols);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Transpose);

void transpose_block(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                     int64_t rows, int64_t cols, size_t size) {
  HWY_DYNAMIC_DISPATCH(Transpose)(src, src_stride, dst, dst_stride, rows, cols, size);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
