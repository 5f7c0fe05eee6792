#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/grid_loops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/grid_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <limits>

#include "core/kernels/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using gradus::HWY_NAMESPACE::StoreFirst;

using F32 = hn::ScalableTag<float>;
using I32 = hn::RebindToSigned<F32>;
using V = hn::Vec<F32>;
using VI = hn::Vec<I32>;

// As the plain loops in grid.cpp, which say what is computed, operation by operation.

struct Place {
  V at, slope;
};

HWY_INLINE Place Unnormalized(F32 d, V u, float n, bool align_corners) {
  const V half = hn::Set(d, 0.5f), one = hn::Set(d, 1.0f), up = hn::Add(u, one);
  if (align_corners)
    return {hn::Mul(hn::Mul(up, half), hn::Set(d, n - 1)), hn::Set(d, (n - 1) / 2)};
  return {hn::Mul(hn::Sub(hn::Mul(up, hn::Set(d, n)), one), half), hn::Set(d, n / 2)};
}

HWY_INLINE Place Reflected(F32 d, Place x, float low, float high) {
  if (low == high) return {hn::Zero(d), hn::Zero(d)};
  const V min = hn::Set(d, low / 2), span = hn::Set(d, (high - low) / 2);
  const V distance = hn::Abs(hn::Sub(x.at, min)), flips = hn::Floor(hn::Div(distance, span));
  const V rest = hn::Sub(distance, hn::Mul(flips, span));
  const V slope = hn::IfThenElse(hn::Lt(x.at, min), hn::Neg(x.slope), x.slope);
  const V half = hn::Floor(hn::Mul(flips, hn::Set(d, 0.5f)));
  const auto even = hn::Eq(flips, hn::Add(half, half));
  return {hn::Add(hn::IfThenElse(even, rest, hn::Sub(span, rest)), min),
          hn::IfThenElse(even, slope, hn::Neg(slope))};
}

HWY_INLINE Place Padded(F32 d, Place x, float n, const GridSampling& how) {
  if (how.padding == GridPadding::Zeros) return x;
  if (how.padding == GridPadding::Reflection) {
    x = how.align_corners ? Reflected(d, x, 0, 2 * (n - 1)) : Reflected(d, x, -1, 2 * n - 1);
  }
  const V zero = hn::Zero(d), last = hn::Set(d, n - 1);
  const auto before = hn::Le(x.at, zero), behind = hn::Ge(x.at, last);
  return {hn::IfThenElse(before, zero, hn::IfThenElse(behind, last, x.at)),
          hn::IfThenElseZero(hn::Not(hn::Or(before, behind)), x.slope)};
}

struct DimTaps {
  int count = 0;
  VI index[4], outside[4];  // outside: -1 or 0
  V weight[4], slope[4];

  HWY_INLINE void Add(F32 d, V at, float n, V w, V s) {
    const I32 di;
    const auto inside = hn::And(hn::Ge(at, hn::Zero(d)), hn::Le(at, hn::Set(d, n - 1)));
    index[count] = hn::ConvertTo(di, hn::IfThenElseZero(inside, at));
    outside[count] = hn::VecFromMask(di, hn::RebindMask(di, hn::Not(inside)));
    weight[count] = hn::IfThenElseZero(inside, w);
    slope[count] = hn::IfThenElseZero(inside, s);
    ++count;
  }
};

// ((a x + b) x + c) x + e
HWY_INLINE V Cubic(F32 d, V x, float a, float b, float c, float e) {
  const V p = hn::MulAdd(hn::MulAdd(hn::Set(d, a), x, hn::Set(d, b)), x, hn::Set(d, c));
  return hn::MulAdd(p, x, hn::Set(d, e));
}

HWY_INLINE void FindTaps(F32 d, V u, int64_t size, const GridSampling& how, DimTaps& taps) {
  const float n = static_cast<float>(size);
  const V one = hn::Set(d, 1.0f);
  Place x = Unnormalized(d, u, n, how.align_corners);
  if (how.mode != GridMode::Bicubic) x = Padded(d, x, n, how);
  if (how.mode == GridMode::Nearest) return taps.Add(d, hn::Round(x.at), n, one, hn::Zero(d));
  const V first = hn::Floor(x.at), t = hn::Sub(x.at, first);
  if (how.mode == GridMode::Bilinear) {
    taps.Add(d, first, n, hn::Sub(one, t), hn::Neg(x.slope));
    taps.Add(d, hn::Add(first, one), n, t, x.slope);
    return;
  }
  constexpr float kA = -0.75f;
  for (int k = 0; k < 4; ++k) {
    // How far the element is away, and which way.
    const V at = hn::Add(first, hn::Set(d, static_cast<float>(k - 1)));
    const V far = hn::Abs(hn::Sub(hn::Set(d, static_cast<float>(k - 1)), t));
    const bool outer = k == 0 || k == 3;
    const V w = outer ? Cubic(d, far, kA, -5 * kA, 8 * kA, -4 * kA)
                      : Cubic(d, far, kA + 2, -(kA + 3), 0, 1);
    V s = outer ? Cubic(d, far, 0, 3 * kA, -10 * kA, 8 * kA)
                : Cubic(d, far, 0, 3 * (kA + 2), -2 * (kA + 3), 0);
    if (k >= 2) s = hn::Neg(s);
    taps.Add(d, Padded(d, {at, hn::Zero(d)}, n, how).at, n, w, hn::Mul(s, x.slope));
  }
}

void Taps(const GridGeometry& g, const float* grid, int64_t count, GridBlock<float>& block) {
  constexpr int64_t kPlaces = GridBlock<float>::kPlaces;
  const F32 d;
  const I32 di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  // The numbers of each dim of the image; what follows the last place is no number.
  float numbers[3][kPlaces];
  for (int64_t e = 3 - g.dims; e < 3; ++e) {
    for (int64_t i = 0; i < count; ++i) numbers[e][i] = grid[i * g.dims + 2 - e];
    std::fill(numbers[e] + count, numbers[e] + kPlaces, std::numeric_limits<float>::quiet_NaN());
  }
  for (int64_t i = 0; i < count; i += lanes) {
    DimTaps dims[3];
    for (int64_t e = 0; e < 3; ++e) {
      if (e >= 3 - g.dims) {
        FindTaps(d, hn::LoadU(d, numbers[e] + i), g.sizes[e], g.how, dims[e]);
      } else {
        dims[e].Add(d, hn::Zero(d), 1, hn::Set(d, 1.0f), hn::Zero(d));
      }
    }
    int64_t tap = 0;
    for (int a = 0; a < dims[0].count; ++a) {
      for (int b = 0; b < dims[1].count; ++b) {
        const VI row = hn::Mul(
            hn::Add(hn::Mul(dims[0].index[a], hn::Set(di, static_cast<int32_t>(g.sizes[1]))),
                    dims[1].index[b]),
            hn::Set(di, static_cast<int32_t>(g.sizes[2])));
        const VI outside = hn::Or(dims[0].outside[a], dims[1].outside[b]);
        const V weight = hn::Mul(dims[0].weight[a], dims[1].weight[b]);
        const V slope0 = hn::Mul(dims[0].slope[a], dims[1].weight[b]);
        const V slope1 = hn::Mul(dims[0].weight[a], dims[1].slope[b]);
        for (int c = 0; c < dims[2].count; ++c, ++tap) {
          const VI pixel = hn::Add(row, dims[2].index[c]);
          const V w = dims[2].weight[c];
          hn::StoreU(hn::Or(pixel, hn::Or(outside, dims[2].outside[c])), di, block.pixels[tap] + i);
          hn::StoreU(hn::Mul(weight, w), d, block.weights[tap] + i);
          hn::StoreU(hn::Mul(slope0, w), d, block.slopes[0][tap] + i);
          hn::StoreU(hn::Mul(slope1, w), d, block.slopes[1][tap] + i);
          hn::StoreU(hn::Mul(weight, dims[2].slope[c]), d, block.slopes[2][tap] + i);
        }
      }
    }
    block.taps = tap;
  }
}

// The pixels of a plane, 0 for those outside.
HWY_INLINE V Gather(F32 d, const float* plane, VI pixels) {
  const I32 di;
  const auto inside = hn::RebindMask(d, hn::Gt(pixels, hn::Set(di, -1)));
  return hn::IfThenElseZero(inside, hn::GatherIndex(d, plane, hn::Max(pixels, hn::Zero(di))));
}

void Planes(const GridGeometry& g, const GridBlock<float>& block, int64_t count, const float* x,
            float* y) {
  const F32 d;
  const I32 di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) {
    for (int64_t c = 0; c < g.channels; ++c) {
      V sum = hn::Zero(d);
      for (int64_t k = 0; k < block.taps; ++k) {
        const V pixel = Gather(d, x + c * g.pixels, hn::LoadU(di, block.pixels[k] + i));
        sum = hn::MulAdd(hn::LoadU(d, block.weights[k] + i), pixel, sum);
      }
      StoreFirst(d, sum, y + c * g.places + i, static_cast<size_t>(std::min(lanes, count - i)));
    }
  }
}

void PlanesSlopes(const GridGeometry& g, const GridBlock<float>& block, int64_t count,
                  const float* dy, const float* x, float* dgrid) {
  const F32 d;
  const I32 di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) {
    const int64_t n = std::min(lanes, count - i);
    V sums[3] = {hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (int64_t k = 0; k < block.taps; ++k) {
      const VI pixels = hn::LoadU(di, block.pixels[k] + i);
      V dot = hn::Zero(d);
      for (int64_t c = 0; c < g.channels; ++c) {
        const V gradient =
            gradus::HWY_NAMESPACE::LoadFirst(d, dy + c * g.places + i, static_cast<size_t>(n));
        dot = hn::MulAdd(gradient, Gather(d, x + c * g.pixels, pixels), dot);
      }
      for (int e = 0; e < 3; ++e)
        sums[e] = hn::MulAdd(hn::LoadU(d, block.slopes[e][k] + i), dot, sums[e]);
    }
    for (int64_t e = 3 - g.dims; e < 3; ++e) {
      HWY_ALIGN float sum[hn::MaxLanes(F32())];
      hn::Store(sums[e], d, sum);
      for (int64_t j = 0; j < n; ++j) dgrid[(i + j) * g.dims + 2 - e] = sum[j];
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Taps);
HWY_EXPORT(Planes);
HWY_EXPORT(PlanesSlopes);

void grid_taps_vector(const GridGeometry& geometry, const float* grid, int64_t count,
                      GridBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(Taps)(geometry, grid, count, block);
}

void grid_planes_vector(const GridGeometry& geometry, const GridBlock<float>& block, int64_t count,
                        const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(Planes)(geometry, block, count, x, y);
}

void grid_planes_slopes_vector(const GridGeometry& geometry, const GridBlock<float>& block,
                               int64_t count, const float* dy, const float* x, float* dgrid) {
  HWY_DYNAMIC_DISPATCH(PlanesSlopes)(geometry, block, count, dy, x, dgrid);
}

}  // namespace gradus::kernel
#endif
