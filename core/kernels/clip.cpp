#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "core/kernels/clip.h"

#include <cmath>
#include <limits>

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/clip.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/batch_rule-inl.h"
// clang-format on

#ifndef GRADUS_CORE_KERNELS_CLIP_ONCE
#define GRADUS_CORE_KERNELS_CLIP_ONCE
namespace gradus::kernel {

// Element i of an array is added to sum i % kSums, whatever the width of a vector, so that the
// result is the same on every machine.
constexpr int64_t kSums = 16;

struct ClampNumbers {
  double min;
  double max;
};

}  // namespace gradus::kernel
#endif

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

// sums[i % kSums] += x[i]^2
template <class T>
HWY_INLINE void AddSquares(const T* x, int64_t n, double* sums) {
  const hn::CappedTag<double, kSums> d;
  const hn::Rebind<T, decltype(d)> dt;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  constexpr int64_t kVectors = kSums / kLanes;
  int64_t i = 0;
  if (n >= kSums) {
    hn::Vec<decltype(d)> sum[kVectors];
    for (int64_t k = 0; k < kVectors; ++k) sum[k] = hn::LoadU(d, sums + k * kLanes);
    for (; n - i >= kSums; i += kSums) {
      for (int64_t k = 0; k < kVectors; ++k) {
        const auto values = hn::LoadU(dt, x + i + k * kLanes);
        if constexpr (std::is_same_v<T, float>) {
          const auto wide = hn::PromoteTo(d, values);
          sum[k] = sum[k] + wide * wide;
        } else {
          sum[k] = sum[k] + values * values;
        }
      }
    }
    for (int64_t k = 0; k < kVectors; ++k) hn::StoreU(sum[k], d, sums + k * kLanes);
  }
  for (; i < n; ++i) sums[i % kSums] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
}
void AddSquaresF32(const float* x, int64_t n, double* sums) {
  AddSquares(x, n, sums);
}
void AddSquaresF64(const double* x, int64_t n, double* sums) {
  AddSquares(x, n, sums);
}

template <class V>
struct ScaleRule {
  template <class Constant>
  HWY_INLINE ScaleRule(double number, Constant constant) : factor(constant(number)) {}
  HWY_INLINE void operator()(V& x) const { x = x * factor; }
  V factor;
};
void ScaleF32(const void* factor, void* const* data, int64_t n) {
  ApplyRule<ScaleRule, 1, 1, float>(true, *static_cast<const double*>(factor), data, n);
}
void ScaleF64(const void* factor, void* const* data, int64_t n) {
  ApplyRule<ScaleRule, 1, 1, double>(true, *static_cast<const double*>(factor), data, n);
}

template <class V>
struct ClampRule {
  template <class Constant>
  HWY_INLINE ClampRule(const ClampNumbers& numbers, Constant constant)
      : min(constant(numbers.min)), max(constant(numbers.max)) {}
  HWY_INLINE void operator()(V& x) const { x = Min(max, Max(min, x)); }
  V min, max;
};
void ClampF32(const void* numbers, void* const* data, int64_t n) {
  ApplyRule<ClampRule, 1, 1, float>(true, *static_cast<const ClampNumbers*>(numbers), data, n);
}
void ClampF64(const void* numbers, void* const* data, int64_t n) {
  ApplyRule<ClampRule, 1, 1, double>(true, *static_cast<const ClampNumbers*>(numbers), data, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(AddSquaresF32);
HWY_EXPORT(AddSquaresF64);
HWY_EXPORT(ScaleF32);
HWY_EXPORT(ScaleF64);
HWY_EXPORT(ClampF32);
HWY_EXPORT(ClampF64);

namespace {

double sum_of_squares(const TensorBatch& batch, int64_t begin, int64_t end) {
  double sums[kSums] = {};
  batch.read(begin, end, [&](bool f64, void* const* data, int64_t n) {
    if (f64) {
      HWY_DYNAMIC_DISPATCH(AddSquaresF64)(static_cast<const double*>(data[0]), n, sums);
    } else {
      HWY_DYNAMIC_DISPATCH(AddSquaresF32)(static_cast<const float*>(data[0]), n, sums);
    }
  });
  for (int64_t half = kSums / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

// The larger one; NaN where one of them is NaN.
double maximum(double a, double b) {
  return b > a || std::isnan(b) ? b : a;
}

// add(sum, x) for all elements of a chunk.
template <class Add>
double accumulate(const TensorBatch& batch, int64_t begin, int64_t end, Add add) {
  double sum = 0;
  batch.read(begin, end, [&](bool f64, void* const* data, int64_t n) {
    const auto all = [&](const auto* x) {
      for (int64_t i = 0; i < n; ++i) sum = add(sum, static_cast<double>(x[i]));
    };
    if (f64) {
      all(static_cast<const double*>(data[0]));
    } else {
      all(static_cast<const float*>(data[0]));
    }
  });
  return sum;
}

}  // namespace

double total_norm(TensorBatch& batch, double p) {
  const auto reduce = [&](auto&& chunk, auto&& combine) {
    return parallel_reduce(batch.length(), TensorBatch::kGrain, 0.0, chunk, combine);
  };
  const auto plus = [](double a, double b) { return a + b; };
  if (p == 2) {
    return std::sqrt(reduce(
        [&](int64_t begin, int64_t end) { return sum_of_squares(batch, begin, end); }, plus));
  }
  if (std::isinf(p)) {
    return reduce(
        [&](int64_t begin, int64_t end) {
          return accumulate(batch, begin, end,
                            [](double sum, double x) { return maximum(sum, std::fabs(x)); });
        },
        maximum);
  }
  const double sum = reduce(
      [&](int64_t begin, int64_t end) {
        return accumulate(batch, begin, end,
                          [p](double sum, double x) { return sum + std::pow(std::fabs(x), p); });
      },
      plus);
  return std::pow(sum, 1 / p);
}

void scale(TensorBatch& batch, double factor) {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(ScaleF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(ScaleF64)(numbers, data, n);
                                      },
                                      sizeof(double), /*written=*/1};
  batch.run(kernel, &factor);
}

void clamp(TensorBatch& batch, double min, double max) {
  static constexpr BatchKernel kernel{[](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(ClampF32)(numbers, data, n);
                                      },
                                      [](const void* numbers, void* const* data, int64_t n) {
                                        HWY_DYNAMIC_DISPATCH(ClampF64)(numbers, data, n);
                                      },
                                      sizeof(ClampNumbers), /*written=*/1};
  const ClampNumbers numbers{min, max};
  batch.run(kernel, &numbers);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
