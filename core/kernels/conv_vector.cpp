#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/conv_problem.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv_vector.cpp"
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

// kCount rows, whose sum is added.
template <int kCount>
HWY_INLINE void AddSum(const float* a, int64_t channels, float* sum) {
  const hn::ScalableTag<float> d;
  vm::ForEachVector(d, channels, [=](int64_t j, size_t n) HWY_ATTR {
    auto total = vm::LoadFirst(d, a + j, n);
    if constexpr (kCount == 4) {
      const auto first = hn::Add(total, vm::LoadFirst(d, a + j + channels, n));
      const auto second = hn::Add(vm::LoadFirst(d, a + j + 2 * channels, n),
                                  vm::LoadFirst(d, a + j + 3 * channels, n));
      total = hn::Add(first, second);
    }
    vm::StoreFirst(d, hn::Add(vm::LoadFirst(d, sum + j, n), total), sum + j, n);
  });
}

void AddRows(const float* dy, int64_t rows, int64_t channels, float* sum) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) AddSum<4>(dy + row * channels, channels, sum);
  for (; row < rows; ++row) AddSum<1>(dy + row * channels, channels, sum);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(AddRows);

void add_rows(const float* dy, int64_t rows, int64_t channels, float* sum) {
  if (channels >= 16) return HWY_DYNAMIC_DISPATCH(AddRows)(dy, rows, channels, sum);
  // Parts of a vector take longer than single elements.
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const float* const a = dy + row * channels;
    for (int64_t j = 0; j < channels; ++j) {
      sum[j] += (a[j] + a[j + channels]) + (a[j + 2 * channels] + a[j + 3 * channels]);
    }
  }
  for (; row < rows; ++row) {
    for (int64_t j = 0; j < channels; ++j) sum[j] += dy[row * channels + j];
  }
}

}  // namespace gradus::kernel
#endif
