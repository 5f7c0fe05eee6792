#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/resample_loops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/resample_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>

#include "core/kernels/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using gradus::HWY_NAMESPACE::FoldLanes;
using gradus::HWY_NAMESPACE::ForEachVector;
using gradus::HWY_NAMESPACE::LoadFirst;
using gradus::HWY_NAMESPACE::StoreFirst;

using F32 = hn::ScalableTag<float>;
using I32 = hn::RebindToSigned<F32>;

int64_t Lanes() {
  return static_cast<int64_t>(hn::Lanes(F32()));
}

// The elements of x [size] at `offsets`; anything beyond its end, and 0 at kNone.
HWY_INLINE hn::Vec<F32> FindFar(const float* x, int64_t size, hn::Vec<I32> offsets) {
  const F32 d;
  const I32 di;
  if (size <= 0) return hn::Zero(d);
  const int64_t end = std::min<int64_t>(size, ResampleTable::kNone);
  const auto inside = hn::Lt(offsets, hn::Set(di, static_cast<int32_t>(end)));
  const auto found = hn::GatherIndex(d, x, hn::IfThenElseZero(inside, offsets));
  return hn::IfThenElseZero(hn::RebindMask(d, inside), found);
}

// The same for offsets that lie in the first `count` vectors of x.
HWY_INLINE hn::Vec<F32> Find(const float* x, int64_t size, int32_t count, hn::Vec<I32> offsets) {
  const F32 d;
  const I32 di;
  const int32_t lanes = static_cast<int32_t>(hn::Lanes(d));
  const auto in_vector = hn::And(offsets, hn::Set(di, lanes - 1));
  const auto start = hn::Sub(offsets, in_vector);
  const auto index = hn::IndicesFromVec(d, in_vector);
  auto found = hn::Zero(d);
  const int64_t end = std::min<int64_t>(count * lanes, size);
  for (int32_t at = 0; at < end; at += lanes) {
    const auto n = static_cast<size_t>(std::min<int64_t>(lanes, size - at));
    const auto here = hn::RebindMask(d, hn::Eq(start, hn::Set(di, at)));
    found = hn::IfThenElse(here, hn::TableLookupLanes(LoadFirst(d, x + at, n), index), found);
  }
  return found;
}

void Table(const ResampleTable& t, int64_t rows, int64_t last_in, int64_t last_out, const float* x,
           float* y) {
  const F32 d;
  const I32 di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t row = 0; row < rows; ++row, x += t.in, y += t.out) {
    const int64_t in = row + 1 < rows ? t.in : last_in, out = row + 1 < rows ? t.out : last_out;
    for (int64_t i = 0; i < out; i += lanes) {
      const auto block = static_cast<size_t>(i / lanes);
      auto sum = hn::Zero(d);
      for (int64_t k = t.first[block]; k < t.first[block + 1]; ++k) {
        const ResampleTable::Lookup& lookup = t.lookups[static_cast<size_t>(k)];
        const auto offsets = hn::LoadU(di, t.offsets.data() + k * lanes);
        const int64_t size = in - lookup.base;
        const auto found = lookup.count <= ResampleTable::kNear
                               ? Find(x + lookup.base, size, lookup.count, offsets)
                               : FindFar(x + lookup.base, size, offsets);
        sum = hn::MulAdd(hn::LoadU(d, t.weights.data() + k * lanes), found, sum);
      }
      StoreFirst(d, sum, y + i, static_cast<size_t>(std::min(lanes, out - i)));
    }
  }
}

// The sum of kVectors vectors of rows from x on.
template <int kVectors>
HWY_INLINE void GatherVectors(int64_t first, int64_t last, const int64_t* places,
                              const float* weights, int64_t inner, const float* x, float* y) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<F32> sums[kVectors];
  GRADUS_UNROLL
  for (int v = 0; v < kVectors; ++v) sums[v] = hn::Zero(d);
  for (int64_t k = first; k < last; ++k) {
    const auto weight = hn::Set(d, weights[k]);
    const float* const row = x + places[k] * inner;
    GRADUS_UNROLL
    for (int v = 0; v < kVectors; ++v)
      sums[v] = hn::MulAdd(weight, hn::LoadU(d, row + v * lanes), sums[v]);
  }
  GRADUS_UNROLL
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, y + v * lanes);
}

void GatherRows(int64_t rows, const int64_t* first, const int64_t* places, const float* weights,
                int64_t inner, const float* x, float* y) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < rows; ++i, y += inner) {
    int64_t j = 0;
    for (; j + 4 * lanes <= inner; j += 4 * lanes)
      GatherVectors<4>(first[i], first[i + 1], places, weights, inner, x + j, y + j);
    for (; j + lanes <= inner; j += lanes)
      GatherVectors<1>(first[i], first[i + 1], places, weights, inner, x + j, y + j);
    if (j == inner) continue;
    const auto rest = static_cast<size_t>(inner - j);
    auto sum = hn::Zero(d);
    for (int64_t k = first[i]; k < first[i + 1]; ++k) {
      const auto part = LoadFirst(d, x + places[k] * inner + j, rest);
      sum = hn::MulAdd(hn::Set(d, weights[k]), part, sum);
    }
    StoreFirst(d, sum, y + j, rest);
  }
}

void ScatterRows(int64_t rows, const int64_t* first, const int64_t* places, const float* weights,
                 int64_t inner, int64_t stride, const float* dy, float* dx) {
  const F32 d;
  for (int64_t i = 0; i < rows; ++i, dy += stride) {
    ForEachVector(d, inner, [&](int64_t j, size_t n) HWY_ATTR {
      const auto gradient = LoadFirst(d, dy + j, n);
      for (int64_t k = first[i]; k < first[i + 1]; ++k) {
        float* const to = dx + places[k] * stride + j;
        StoreFirst(d, hn::MulAdd(hn::Set(d, weights[k]), gradient, LoadFirst(d, to, n)), to, n);
      }
    });
  }
}

void DotRows(int64_t rows, const int64_t* first, const int64_t* places, int64_t inner,
             const float* dy, const float* x, float* dots) {
  const F32 d;
  for (int64_t i = 0; i < rows; ++i, dy += inner) {
    for (int64_t k = first[i]; k < first[i + 1]; ++k) {
      const float* const row = x + places[k] * inner;
      auto sum = hn::Zero(d);
      ForEachVector(d, inner, [&](int64_t j, size_t n) HWY_ATTR {
        sum = hn::MulAdd(LoadFirst(d, dy + j, n), LoadFirst(d, row + j, n), sum);
      });
      *dots++ = FoldLanes<gradus::HWY_NAMESPACE::AddLanes>(d, sum);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Lanes);
HWY_EXPORT(Table);
HWY_EXPORT(GatherRows);
HWY_EXPORT(ScatterRows);
HWY_EXPORT(DotRows);

int64_t resample_lanes() {
  return HWY_DYNAMIC_DISPATCH(Lanes)();
}

void resample_table_vector(const ResampleTable& table, int64_t rows, int64_t last_in,
                           int64_t last_out, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(Table)(table, rows, last_in, last_out, x, y);
}

void gather_rows_vector(int64_t rows, const int64_t* first, const int64_t* places,
                        const float* weights, int64_t inner, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(GatherRows)(rows, first, places, weights, inner, x, y);
}

void scatter_rows_vector(int64_t rows, const int64_t* first, const int64_t* places,
                         const float* weights, int64_t inner, int64_t stride, const float* dy,
                         float* dx) {
  HWY_DYNAMIC_DISPATCH(ScatterRows)(rows, first, places, weights, inner, stride, dy, dx);
}

void dot_rows_vector(int64_t rows, const int64_t* first, const int64_t* places, int64_t inner,
                     const float* dy, const float* x, float* dots) {
  HWY_DYNAMIC_DISPATCH(DotRows)(rows, first, places, inner, dy, x, dots);
}

}  // namespace gradus::kernel
#endif
