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

// Transposes, in each 128-bit block of their own, the elements of as many vectors as a block has.
template <class T, class V>
HWY_INLINE void TransposeInBlocks(V* v) {
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<uint64_t> d64;
  if constexpr (sizeof(T) == 8) {
    const V a = v[0];
    v[0] = hn::InterleaveLower(d, a, v[1]);
    v[1] = hn::InterleaveUpper(d, a, v[1]);
  } else if constexpr (sizeof(T) == 4) {
    const auto ab_lo = hn::BitCast(d64, hn::InterleaveLower(d, v[0], v[1]));
    const auto ab_hi = hn::BitCast(d64, hn::InterleaveUpper(d, v[0], v[1]));
    const auto ce_lo = hn::BitCast(d64, hn::InterleaveLower(d, v[2], v[3]));
    const auto ce_hi = hn::BitCast(d64, hn::InterleaveUpper(d, v[2], v[3]));
    v[0] = hn::BitCast(d, hn::InterleaveLower(d64, ab_lo, ce_lo));
    v[1] = hn::BitCast(d, hn::InterleaveUpper(d64, ab_lo, ce_lo));
    v[2] = hn::BitCast(d, hn::InterleaveLower(d64, ab_hi, ce_hi));
    v[3] = hn::BitCast(d, hn::InterleaveUpper(d64, ab_hi, ce_hi));
  } else {
    const hn::ScalableTag<uint32_t> d32;
    // Pairs of rows, then fours, then all eight; the lower half of the columns and the upper one.
    const auto lower = [&](int r) HWY_ATTR {
      return hn::BitCast(d32, hn::InterleaveLower(d, v[r], v[r + 1]));
    };
    const auto upper = [&](int r) HWY_ATTR {
      return hn::BitCast(d32, hn::InterleaveUpper(d, v[r], v[r + 1]));
    };
    const auto combine = [&](auto p0, auto p1, auto p2, auto p3, V* out) HWY_ATTR {
      const auto lo0 = hn::BitCast(d64, hn::InterleaveLower(d32, p0, p1));
      const auto hi0 = hn::BitCast(d64, hn::InterleaveUpper(d32, p0, p1));
      const auto lo1 = hn::BitCast(d64, hn::InterleaveLower(d32, p2, p3));
      const auto hi1 = hn::BitCast(d64, hn::InterleaveUpper(d32, p2, p3));
      out[0] = hn::BitCast(d, hn::InterleaveLower(d64, lo0, lo1));
      out[1] = hn::BitCast(d, hn::InterleaveUpper(d64, lo0, lo1));
      out[2] = hn::BitCast(d, hn::InterleaveLower(d64, hi0, hi1));
      out[3] = hn::BitCast(d, hn::InterleaveUpper(d64, hi0, hi1));
    };
    const auto u0 = upper(0), u2 = upper(2), u4 = upper(4), u6 = upper(6);
    combine(lower(0), lower(2), lower(4), lower(6), v);
    combine(u0, u2, u4, u6, v + 4);
  }
}

// A square of as many rows as a vector has elements: whole cache lines with AVX-512.
template <class T>
HWY_INLINE void TransposeSquare(const char* src, int64_t src_stride, char* dst,
                                int64_t dst_stride) {
  const hn::ScalableTag<T> d;
  constexpr size_t kRows = hn::MaxLanes(d), kInBlock = 16 / sizeof(T), kBlocks = kRows / kInBlock;
  hn::Vec<decltype(d)> v[kRows];
  // Squares are read along their rows, which are too many for the processor to look ahead in.
  constexpr int64_t kAhead = 128;
  for (size_t r = 0; r < kRows; ++r) {
    const char* const row = src + static_cast<int64_t>(r) * src_stride;
    v[r] = hn::LoadU(d, reinterpret_cast<const T*>(row));
    __builtin_prefetch(row + kAhead);
  }
  for (size_t g = 0; g < kBlocks; ++g) TransposeInBlocks<T>(v + g * kInBlock);
  const auto store = [&](size_t row, auto x) HWY_ATTR {
    hn::StoreU(x, d, reinterpret_cast<T*>(dst + static_cast<int64_t>(row) * dst_stride));
  };
  // Block b of v[g * kInBlock + j] holds the columns b * kInBlock + j of the rows of group g.
  for (size_t j = 0; j < kInBlock; ++j) {
    if constexpr (kBlocks == 1) {
      store(j, v[j]);
    } else if constexpr (kBlocks == 2) {
      const auto a = v[j], b = v[kInBlock + j];
      store(j, hn::ConcatLowerLower(d, b, a));
      store(kInBlock + j, hn::ConcatUpperUpper(d, b, a));
    } else {
      const auto a = v[j], b = v[kInBlock + j], c = v[2 * kInBlock + j], e = v[3 * kInBlock + j];
      const auto ab_even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);
      const auto ab_odd = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));
      const auto ce_even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(e), c);
      const auto ce_odd = hn::OddEvenBlocks(e, hn::SwapAdjacentBlocks(c));
      store(j, hn::ConcatLowerLower(d, ce_even, ab_even));
      store(kInBlock + j, hn::ConcatLowerLower(d, ce_odd, ab_odd));
      store(2 * kInBlock + j, hn::ConcatUpperUpper(d, ce_even, ab_even));
      store(3 * kInBlock + j, hn::ConcatUpperUpper(d, ce_odd, ab_odd));
    }
  }
}

// f(i) for the vectors of n >= Lanes(d) elements; the last one may overlap the one before.
template <class D, class F>
HWY_INLINE void ForEachWholeVector(D d, int64_t n, const F& f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < n; i += lanes) f(std::min(i, n - lanes));
}

// `rows` rows become one, in which their elements take turns.
template <class T>
void Interleave(const char* src, int64_t src_stride, T* dst, int64_t rows, int64_t cols) {
  const hn::ScalableTag<T> d;
  const auto row = [=](int64_t r, int64_t i) HWY_ATTR {
    return hn::LoadU(d, reinterpret_cast<const T*>(src + r * src_stride) + i);
  };
  ForEachWholeVector(d, cols, [&](int64_t i) HWY_ATTR {
    if (rows == 2) {
      hn::StoreInterleaved2(row(0, i), row(1, i), d, dst + 2 * i);
    } else if (rows == 3) {
      hn::StoreInterleaved3(row(0, i), row(1, i), row(2, i), d, dst + 3 * i);
    } else {
      hn::StoreInterleaved4(row(0, i), row(1, i), row(2, i), row(3, i), d, dst + 4 * i);
    }
  });
}

// The other way.
template <class T>
void Deinterleave(const T* src, char* dst, int64_t dst_stride, int64_t rows, int64_t cols) {
  const hn::ScalableTag<T> d;
  const auto store = [=](auto v, int64_t c, int64_t i) HWY_ATTR {
    hn::StoreU(v, d, reinterpret_cast<T*>(dst + c * dst_stride) + i);
  };
  ForEachWholeVector(d, rows, [&](int64_t i) HWY_ATTR {
    hn::Vec<decltype(d)> a, b, c, e;
    if (cols == 2) {
      hn::LoadInterleaved2(d, src + 2 * i, a, b);
    } else if (cols == 3) {
      hn::LoadInterleaved3(d, src + 3 * i, a, b, c);
      store(c, 2, i);
    } else {
      hn::LoadInterleaved4(d, src + 4 * i, a, b, c, e);
      store(c, 2, i);
      store(e, 3, i);
    }
    store(a, 0, i);
    store(b, 1, i);
  });
}

template <class T>
void TransposeSquares(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                      int64_t rows, int64_t cols) {
  constexpr int64_t size = sizeof(T);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  if (rows >= 2 && rows <= 4 && dst_stride == rows * size && cols >= lanes)
    return Interleave(src, src_stride, reinterpret_cast<T*>(dst), rows, cols);
  if (cols >= 2 && cols <= 4 && src_stride == cols * size && rows >= lanes)
    return Deinterleave(reinterpret_cast<const T*>(src), dst, dst_stride, rows, cols);
  if constexpr (size == 1) return TransposePlain<T>(src, src_stride, dst, dst_stride, rows, cols);
  const int64_t side = static_cast<int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
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
      return TransposeSquares<uint8_t>(src, src_stride, dst, dst_stride, rows, cols);
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
