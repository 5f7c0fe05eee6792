#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cmath>

#include "core/kernels/attention.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/attention_vector.cpp"
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

using vm::ForEachVector;
using vm::KeepFirst;
using vm::LoadFirst;
using vm::NonPositiveExp;
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

std::pair<float, float> Row(float* s, const float* mask, int64_t n, float scale) {
  const D d;
  const V factor = hn::Set(d, scale);
  // With the mask applied once; without one the scale waits for the second pass.
  float max;
  if (mask != nullptr) {
    ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
      const V x = hn::MulAdd(LoadFirst(d, s + i, count), factor, LoadFirst(d, mask + i, count));
      StoreFirst(d, x, s + i, count);
    });
    max = vm::RowMax(d, s, n);
  } else {
    if (scale < 0) {
      ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
        StoreFirst(d, hn::Mul(LoadFirst(d, s + i, count), factor), s + i, count);
      });
    }
    max = vm::RowMax(d, s, n) * (scale < 0 ? 1 : scale);
  }
  const V rest = mask != nullptr || scale < 0 ? hn::Set(d, 1.0f) : factor;
  if (max == -HUGE_VALF) {
    ForEachVector(
        d, n, [=](int64_t i, size_t count) HWY_ATTR { StoreFirst(d, hn::Zero(d), s + i, count); });
    return {max, 0.0f};
  }
  const V shift = hn::Set(d, max);
  double sum;
  vm::RowSums<1, 4>(d, n, &sum, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V e = NonPositiveExp(d, hn::MulSub(LoadFirst(d, s + i, count), rest, shift));
    StoreFirst(d, e, s + i, count);
    acc[0] = hn::Add(acc[0], KeepFirst(d, e, count));
  });
  return {max, static_cast<float>(sum)};
}

void BackwardRow(float* s, float* dp, const float* mask, int64_t n, float scale, float log_sum,
                 float delta) {
  const D d;
  const V factor = hn::Set(d, scale), shift = hn::Set(d, log_sum), less = hn::Set(d, delta);
  ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    V x = hn::MulSub(LoadFirst(d, s + i, count), factor, shift);
    if (mask != nullptr) x = hn::Add(x, LoadFirst(d, mask + i, count));
    const V p = NonPositiveExp(d, x);
    StoreFirst(d, p, s + i, count);
    const V ds = hn::Mul(hn::Mul(p, factor), hn::Sub(LoadFirst(d, dp + i, count), less));
    StoreFirst(d, ds, dp + i, count);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Row);
HWY_EXPORT(BackwardRow);

std::pair<float, float> attention_row_vector(float* s, const float* mask, int64_t n, float scale) {
  return HWY_DYNAMIC_DISPATCH(Row)(s, mask, n, scale);
}

void attention_backward_row_vector(float* s, float* dp, const float* mask, int64_t n, float scale,
                                   float log_sum, float delta) {
  HWY_DYNAMIC_DISPATCH(BackwardRow)(s, dp, mask, n, scale, log_sum, delta);
}

}  // namespace gradus::kernel
#endif
