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

bool MaxPlane(const PoolTable& t, const float* x, float* y, int32_t* places) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  if (t.count < lanes) return false;
  for (int64_t next = 0; next < t.count; next += lanes) {
    // The last vector overlaps the one before.
    const int64_t i = std::min(next, t.count - lanes);
    auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
    auto place = hn::Add(hn::LoadU(di, t.rows.data() + i), hn::LoadU(di, t.cols.data() + i));
    for (int64_t h = 0; h < t.height; ++h) {
      const auto row = hn::LoadU(di, t.rows.data() + h * t.count + i);
      for (int64_t w = 0; w < t.width; ++w) {
        const auto here = hn::Add(row, hn::LoadU(di, t.cols.data() + w * t.count + i));
        const auto value = hn::GatherIndex(d, x, here);
        const auto better = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
        best = hn::IfThenElse(better, value, best);
        place = hn::IfThenElse(hn::RebindMask(di, better), here, place);
      }
    }
    hn::StoreU(best, d, y + i);
    hn::StoreU(place, di, places + i);
  }
  return true;
}

void SumPlane(const PoolTable& t, const float* x, float* y) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto zero = hn::Zero(di);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t next = 0; next < t.count; next += lanes) {
    // The last vector overlaps the one before.
    const int64_t i = std::min(next, t.count - lanes);
    auto sum = hn::Zero(d);
    for (int64_t h = 0; h < t.height; ++h) {
      const auto row = hn::LoadU(di, t.rows.data() + h * t.count + i);
      for (int64_t w = 0; w < t.width; ++w) {
        const auto here = hn::Add(row, hn::LoadU(di, t.cols.data() + w * t.count + i));
        const auto value = hn::GatherIndex(d, x, hn::Max(here, zero));
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

float SumRun(const float* x, int64_t n) {
  const hn::ScalableTag<float> d;
  double sum;
  vm::RowSums<1, 4>(d, n, &sum, [=](int64_t i, size_t count, hn::Vec<decltype(d)>* acc) HWY_ATTR {
    acc[0] = hn::Add(acc[0], vm::LoadFirst(d, x + i, count));
  });
  return static_cast<float>(sum);
}

void Spread(float value, bool accumulate, int64_t n, float* y) {
  const hn::ScalableTag<float> d;
  const auto v = hn::Set(d, value);
  vm::ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    vm::StoreFirst(d, accumulate ? hn::Add(vm::LoadFirst(d, y + i, count), v) : v, y + i, count);
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
HWY_EXPORT(SumRun);
HWY_EXPORT(Spread);
HWY_EXPORT(MaxBackward);
HWY_EXPORT(AvgRow);
HWY_EXPORT(AvgBackward);

int64_t max_pool_row_vector(const PoolPlane& plane, int64_t row, const float* x, float* y,
                            int32_t* places) {
  return HWY_DYNAMIC_DISPATCH(MaxRow)(plane, row, x, y, places);
}

bool max_pool_plane_vector(const PoolTable& table, const float* x, float* y, int32_t* places) {
  return HWY_DYNAMIC_DISPATCH(MaxPlane)(table, x, y, places);
}

void sum_plane_vector(const PoolTable& table, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(SumPlane)(table, x, y);
}

void divide_vector(const float* x, const float* divisors, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Divide)(x, divisors, n, y);
}

float sum_run_vector(const float* x, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(SumRun)(x, n);
}

void spread_vector(float value, bool accumulate, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Spread)(value, accumulate, n, y);
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
