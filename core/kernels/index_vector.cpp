#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/index.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/index_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/rows-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace vm = gradus::HWY_NAMESPACE;

void AddScaled(const float* x, float factor, int64_t n, float* y) {
  const hn::ScalableTag<float> d;
  const auto f = hn::Set(d, factor);
  vm::ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    const auto sum = hn::MulAdd(f, vm::LoadFirst(d, x + i, count), vm::LoadFirst(d, y + i, count));
    vm::StoreFirst(d, sum, y + i, count);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(AddScaled);

void add_scaled_vector(const float* x, float factor, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(AddScaled)(x, factor, n, y);
}

}  // namespace gradus::kernel
#endif
