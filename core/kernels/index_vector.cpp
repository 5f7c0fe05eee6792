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

float Dot(const float* x, const float* y, int64_t n) {
  const hn::ScalableTag<float> d;
  double sum;
  vm::RowSums<1, 2>(d, n, &sum, [=](int64_t i, size_t count, hn::Vec<decltype(d)>* acc) HWY_ATTR {
    acc[0] = hn::MulAdd(vm::LoadFirst(d, x + i, count), vm::LoadFirst(d, y + i, count), acc[0]);
  });
  return static_cast<float>(sum);
}

bool AllInside(const int64_t* index, int64_t n, int64_t size) {
  const hn::ScalableTag<int64_t> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto last = hn::Set(d, size - 1);
  // The sign of index | (size - 1 - index) says that it is outside.
  auto signs0 = hn::Zero(d), signs1 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto a = hn::LoadU(d, index + i), b = hn::LoadU(d, index + i + lanes);
    signs0 = hn::Or(signs0, hn::Or(a, hn::Sub(last, a)));
    signs1 = hn::Or(signs1, hn::Or(b, hn::Sub(last, b)));
  }
  bool inside = hn::AllFalse(d, hn::Lt(hn::Or(signs0, signs1), hn::Zero(d)));
  for (; i < n; ++i) inside = inside && index[i] >= 0 && index[i] < size;
  return inside;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(AddScaled);
HWY_EXPORT(Dot);
HWY_EXPORT(AllInside);

bool all_inside_vector(const int64_t* index, int64_t n, int64_t size) {
  return HWY_DYNAMIC_DISPATCH(AllInside)(index, n, size);
}

void add_scaled_vector(const float* x, float factor, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(AddScaled)(x, factor, n, y);
}

float dot_vector(const float* x, const float* y, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(Dot)(x, y, n);
}

}  // namespace gradus::kernel
#endif
