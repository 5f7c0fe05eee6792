#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/fold_loops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/fold_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "core/kernels/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using gradus::HWY_NAMESPACE::ForEachVector;
using gradus::HWY_NAMESPACE::LoadFirst;
using gradus::HWY_NAMESPACE::StoreFirst;

void Im2col(const FoldGeometry& p, const float* image, float* columns) {
  const hn::ScalableTag<float> d;
  const int64_t stride = p.stride[1];
  for_each_run(
      p,
      [=](int64_t column, int64_t place, int64_t count) HWY_ATTR {
        const float* const from = image + place;
        float* const to = columns + column;
        if (stride == 1) {
          ForEachVector(d, count, [&](int64_t i, size_t n) HWY_ATTR {
            StoreFirst(d, LoadFirst(d, from + i, n), to + i, n);
          });
        } else {
          for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
        }
      },
      [=](int64_t column, int64_t count) HWY_ATTR {
        ForEachVector(d, count, [&](int64_t i, size_t n) HWY_ATTR {
          StoreFirst(d, hn::Zero(d), columns + column + i, n);
        });
      });
}

void Col2im(const FoldGeometry& p, const float* columns, float* image) {
  const hn::ScalableTag<float> d;
  const int64_t stride = p.stride[1];
  for_each_run(
      p,
      [=](int64_t column, int64_t place, int64_t count) HWY_ATTR {
        const float* const from = columns + column;
        float* const to = image + place;
        if (stride == 1) {
          ForEachVector(d, count, [&](int64_t i, size_t n) HWY_ATTR {
            StoreFirst(d, hn::Add(LoadFirst(d, to + i, n), LoadFirst(d, from + i, n)), to + i, n);
          });
        } else {
          for (int64_t i = 0; i < count; ++i) to[i * stride] += from[i];
        }
      },
      [](int64_t, int64_t) {});
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Im2col);
HWY_EXPORT(Col2im);

void im2col_plane_vector(const FoldGeometry& geometry, const float* image, float* columns) {
  HWY_DYNAMIC_DISPATCH(Im2col)(geometry, image, columns);
}

void col2im_plane_vector(const FoldGeometry& geometry, const float* columns, float* image) {
  HWY_DYNAMIC_DISPATCH(Col2im)(geometry, columns, image);
}

}  // namespace gradus::kernel
#endif
