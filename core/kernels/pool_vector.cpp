#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/pool_loops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/pool_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/rows-inl.h"
// clang-format on

#include <algorithm>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace vm = gradus::HWY_NAMESPACE;

int64_t MaxRow(const PoolPlane& p, int64_t row, const float* x, float* y, int32_t* places) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = p.channels / lanes * lanes;
  const size_t r = static_cast<size_t>(row);
  for (int64_t col = 0; col < p.cols.size(); ++col) {
    const size_t k = static_cast<size_t>(col);
    for (int64_t c = 0; c < whole; c += lanes) {
      auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
      const int64_t first = std::min(p.rows.begin[r], p.height - 1) * p.width +
                            std::min(p.cols.begin[k], p.width - 1);
      auto place = hn::Set(di, static_cast<int32_t>(first));
      for (int64_t h = p.rows.begin[r]; h < p.rows.end[r]; h += p.rows.step) {
        for (int64_t w = p.cols.begin[k]; w < p.cols.end[k]; w += p.cols.step) {
          const int64_t at = h * p.width + w;
          const auto value = hn::LoadU(d, x + at * p.channels + c);
          const auto better = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
          best = hn::IfThenElse(better, value, best);
          place = hn::IfThenElse(hn::RebindMask(di, better), hn::Set(di, static_cast<int32_t>(at)),
                                 place);
        }
      }
      hn::StoreU(best, d, y + col * p.channels + c);
      hn::StoreU(place, di, places + col * p.channels + c);
    }
  }
  return whole;
}

// The j, k-th elements of outputs i, i + 1, ..., which lie at `here`. `in_block`: the outputs are
// within one block that has a base.
template <class D, class VI>
HWY_INLINE hn::Vec<D> Elements(D d, const PoolTable& t, const float* x, int64_t jk, int64_t i,
                               bool in_block, VI here) {
  if (in_block) {
    const int32_t base = t.bases[static_cast<size_t>(jk * t.blocks() + i / kPoolBlock)];
    if (base >= 0) return hn::LoadU(d, x + base + i % kPoolBlock);
  }
  return hn::GatherIndex(d, x, here);
}

template <bool kBases>
void MaxPlaneOf(const PoolTable& t, const float* x, float* y, int32_t* places) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole_blocks = t.blocks() * kPoolBlock;
  for (int64_t next = 0; next < t.count; next += lanes) {
    // The last vector overlaps the one before.
    const int64_t i = std::min(next, t.count - lanes);
    const bool in_block = kBases && i == next && i < whole_blocks;
    auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
    auto place = hn::Add(hn::LoadU(di, t.rows.data() + i), hn::LoadU(di, t.cols.data() + i));
    for (int64_t h = 0; h < t.height; ++h) {
      const auto row = hn::LoadU(di, t.rows.data() + h * t.count + i);
      for (int64_t w = 0; w < t.width; ++w) {
        const auto here = hn::Add(row, hn::LoadU(di, t.cols.data() + w * t.count + i));
        const auto value = Elements(d, t, x, h * t.width + w, i, in_block, here);
        const auto better = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
        best = hn::IfThenElse(better, value, best);
        place = hn::IfThenElse(hn::RebindMask(di, better), here, place);
      }
    }
    hn::StoreU(best, d, y + i);
    hn::StoreU(hn::Sub(place, hn::LoadU(di, t.origins.data() + i)), di, places + i);
  }
}

void MaxPlane(const PoolTable& t, const float* x, float* y, int32_t* places) {
  (t.bases.empty() ? MaxPlaneOf<false> : MaxPlaneOf<true>)(t, x, y, places);
}

template <bool kBases>
void SumPlaneOf(const PoolTable& t, const float* x, float* y) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole_blocks = t.blocks() * kPoolBlock;
  for (int64_t next = 0; next < t.count; next += lanes) {
    // The last vector overlaps the one before.
    const int64_t i = std::min(next, t.count - lanes);
    const bool in_block = kBases && i == next && i < whole_blocks;
    auto sum = hn::Zero(d);
    for (int64_t h = 0; h < t.height; ++h) {
      const auto row = hn::LoadU(di, t.rows.data() + h * t.count + i);
      for (int64_t w = 0; w < t.width; ++w) {
        const auto here = hn::Add(row, hn::LoadU(di, t.cols.data() + w * t.count + i));
        const auto value =
            Elements(d, t, x, h * t.width + w, i, in_block, hn::Max(here, hn::Zero(di)));
        const auto exists = hn::RebindMask(d, hn::Gt(here, hn::Set(di, -1)));
        sum = hn::Add(sum, hn::IfThenElseZero(exists, value));
      }
    }
    hn::StoreU(sum, d, y + i);
  }
}

void Divide(const float* x, const float* divisors, int64_t n, float* y) {
  const hn::ScalableTag<float> d;
  vm::ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    const auto divisor = vm::LoadFirst(d, divisors + i, count);
    vm::StoreFirst(d, hn::Div(vm::LoadFirst(d, x + i, count), divisor), y + i, count);
  });
}

void SumPlane(const PoolTable& t, const float* x, float* y) {
  (t.bases.empty() ? SumPlaneOf<false> : SumPlaneOf<true>)(t, x, y);
}

// Calls f(first element, rows, width) for the window of each output; windows have step 1.
template <class F>
HWY_INLINE void ForEachBlock(const PoolPlane& p, const F& f) {
  for (int64_t i = 0; i < p.rows.size(); ++i) {
    const int64_t top = p.rows.begin[static_cast<size_t>(i)];
    const int64_t rows = p.rows.end[static_cast<size_t>(i)] - top;
    for (int64_t j = 0; j < p.cols.size(); ++j) {
      const int64_t left = p.cols.begin[static_cast<size_t>(j)];
      f(top * p.width + left, rows, p.cols.end[static_cast<size_t>(j)] - left);
    }
  }
}

void SumBlocks(const PoolPlane& p, const float* x, float* y) {
  // Elements whose sum is taken in float before it joins the others in double.
  constexpr int64_t kPiece = 2048;
  const hn::ScalableTag<float> d;
  ForEachBlock(p, [&](int64_t first, int64_t rows, int64_t width) HWY_ATTR {
    double total = 0;
    int64_t pending = 0;
    auto sum = hn::Zero(d);
    for (int64_t row = 0; row < rows; ++row) {
      const float* const from = x + first + row * p.width;
      for (int64_t begin = 0; begin < width; begin += kPiece) {
        const int64_t n = std::min(width - begin, kPiece);
        vm::ForEachVector(d, n, [&](int64_t i, size_t count) HWY_ATTR {
          sum = hn::Add(sum, vm::LoadFirst(d, from + begin + i, count));
        });
        pending += n;
        if (pending < kPiece) continue;
        total += static_cast<double>(vm::FoldLanes<vm::AddLanes>(d, sum));
        sum = hn::Zero(d);
        pending = 0;
      }
    }
    *y++ = static_cast<float>(total + static_cast<double>(vm::FoldLanes<vm::AddLanes>(d, sum)));
  });
}

void SpreadBlocks(const PoolPlane& p, const float* dy, bool accumulate, float* dx) {
  const hn::ScalableTag<float> d;
  ForEachBlock(p, [&](int64_t first, int64_t rows, int64_t width) HWY_ATTR {
    const auto value = hn::Set(d, *dy++);
    for (int64_t row = 0; row < rows; ++row) {
      float* const to = dx + first + row * p.width;
      vm::ForEachVector(d, width, [&](int64_t i, size_t count) HWY_ATTR {
        const auto sum = accumulate ? hn::Add(vm::LoadFirst(d, to + i, count), value) : value;
        vm::StoreFirst(d, sum, to + i, count);
      });
    }
  });
}

int64_t MaxBackward(const PoolPlane& p, int64_t first, int64_t last, bool accumulate,
                    const float* dy, const int32_t* places, float* dx) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = first + (last - first) / lanes * lanes;
  if (whole == first) return first;
  for (int64_t row = 0; row < p.rows.size(); ++row) {
    const size_t r = static_cast<size_t>(row);
    for (int64_t col = 0; col < p.cols.size(); ++col) {
      const size_t k = static_cast<size_t>(col);
      const int64_t out = (row * p.cols.size() + col) * p.channels;
      for (int64_t c = first; c < whole; c += lanes) {
        const auto gradient = hn::LoadU(d, dy + out + c);
        const auto place = hn::LoadU(di, places + out + c);
        for (int64_t h = p.rows.begin[r]; h < p.rows.end[r]; h += p.rows.step) {
          for (int64_t w = p.cols.begin[k]; w < p.cols.end[k]; w += p.cols.step) {
            const int64_t at = h * p.width + w;
            const auto here =
                hn::RebindMask(d, hn::Eq(place, hn::Set(di, static_cast<int32_t>(at))));
            const auto part = hn::IfThenElseZero(here, gradient);
            float* to = dx + at * p.channels + c;
            hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, to), part) : part, d, to);
          }
        }
      }
    }
  }
  return whole;
}

int64_t AvgRow(const PoolPlane& p, int64_t row, const int64_t* divisors, const float* x, float* y) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = p.channels / lanes * lanes;
  const size_t r = static_cast<size_t>(row);
  for (int64_t col = 0; col < p.cols.size(); ++col) {
    const size_t k = static_cast<size_t>(col);
    const auto divisor = hn::Set(d, static_cast<float>(divisors[row * p.cols.size() + col]));
    for (int64_t c = 0; c < whole; c += lanes) {
      auto sum = hn::Zero(d);
      for (int64_t h = p.rows.begin[r]; h < p.rows.end[r]; h += p.rows.step) {
        for (int64_t w = p.cols.begin[k]; w < p.cols.end[k]; w += p.cols.step) {
          sum = hn::Add(sum, hn::LoadU(d, x + (h * p.width + w) * p.channels + c));
        }
      }
      hn::StoreU(hn::Div(sum, divisor), d, y + col * p.channels + c);
    }
  }
  return whole;
}

int64_t AvgBackward(const PoolPlane& p, int64_t first, int64_t last, const int64_t* divisors,
                    const float* dy, float* dx) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = first + (last - first) / lanes * lanes;
  for (int64_t row = 0; row < p.rows.size(); ++row) {
    const size_t r = static_cast<size_t>(row);
    for (int64_t col = 0; col < p.cols.size(); ++col) {
      const size_t k = static_cast<size_t>(col);
      const int64_t out = row * p.cols.size() + col;
      const auto divisor = hn::Set(d, static_cast<float>(divisors[out]));
      for (int64_t c = first; c < whole; c += lanes) {
        const auto part = hn::Div(hn::LoadU(d, dy + out * p.channels + c), divisor);
        for (int64_t h = p.rows.begin[r]; h < p.rows.end[r]; h += p.rows.step) {
          for (int64_t w = p.cols.begin[k]; w < p.cols.end[k]; w += p.cols.step) {
            float* to = dx + (h * p.width + w) * p.channels + c;
            hn::StoreU(hn::Add(hn::LoadU(d, to), part), d, to);
          }
        }
      }
    }
  }
  return whole;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(MaxRow);
HWY_EXPORT(MaxPlane);
HWY_EXPORT(SumPlane);
HWY_EXPORT(Divide);
HWY_EXPORT(SumBlocks);
HWY_EXPORT(SpreadBlocks);
HWY_EXPORT(MaxBackward);
HWY_EXPORT(AvgRow);
HWY_EXPORT(AvgBackward);

int64_t max_pool_row_vector(const PoolPlane& plane, int64_t row, const float* x, float* y,
                            int32_t* places) {
  return HWY_DYNAMIC_DISPATCH(MaxRow)(plane, row, x, y, places);
}

void max_pool_plane_vector(const PoolTable& table, const float* x, float* y, int32_t* places) {
  HWY_DYNAMIC_DISPATCH(MaxPlane)(table, x, y, places);
}

void sum_plane_vector(const PoolTable& table, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(SumPlane)(table, x, y);
}

void divide_vector(const float* x, const float* divisors, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Divide)(x, divisors, n, y);
}

void sum_blocks_vector(const PoolPlane& plane, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(SumBlocks)(plane, x, y);
}

void spread_blocks_vector(const PoolPlane& plane, const float* dy, bool accumulate, float* dx) {
  HWY_DYNAMIC_DISPATCH(SpreadBlocks)(plane, dy, accumulate, dx);
}

int64_t max_pool_backward_vector(const PoolPlane& plane, int64_t first, int64_t last,
                                 bool accumulate, const float* dy, const int32_t* places,
                                 float* dx) {
  return HWY_DYNAMIC_DISPATCH(MaxBackward)(plane, first, last, accumulate, dy, places, dx);
}

int64_t avg_pool_row_vector(const PoolPlane& plane, int64_t row, const int64_t* divisors,
                            const float* x, float* y) {
  return HWY_DYNAMIC_DISPATCH(AvgRow)(plane, row, divisors, x, y);
}

int64_t avg_pool_backward_vector(const PoolPlane& plane, int64_t first, int64_t last,
                                 const int64_t* divisors, const float* dy, float* dx) {
  return HWY_DYNAMIC_DISPATCH(AvgBackward)(plane, first, last, divisors, dy, dx);
}

}  // namespace gradus::kernel
#endif
