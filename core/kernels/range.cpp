#include "core/kernels/range.h"

#include <cmath>

#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;

template <class T>
T cast(double value) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    // Beyond int64 a conversion would be undefined.
    if (!(value > -9.3e18 && value < 9.2e18)) return 0;
    return static_cast<T>(static_cast<int64_t>(value));
  } else {
    return static_cast<T>(value);
  }
}

// dst[i] = f(i), computed as a double.
template <class F>
void fill_by_index(const char* op, const Tensor& dst, const F& f) {
  dispatch_all(op, dst.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const y = dst.data_ptr<T>();
    parallel_for(dst.numel(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = cast<T>(f(i));
    });
  });
}

}  // namespace

void arange(const Tensor& dst, const Scalar& start, const Scalar& step) {
  if (!is_integral(dst.dtype(), /*include_bool=*/false)) {
    const double first = start.toDouble(), by = step.toDouble();
    fill_by_index("arange", dst, [=](int64_t i) { return first + by * static_cast<double>(i); });
    return;
  }
  const auto first = static_cast<uint64_t>(start.toLong());
  const auto by = static_cast<uint64_t>(step.toLong());
  dispatch_integral("arange", dst.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const y = dst.data_ptr<T>();
    parallel_for(dst.numel(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        y[i] = static_cast<T>(first + by * static_cast<uint64_t>(i));
      }
    });
  });
}

void linspace(const Tensor& dst, double start, double end) {
  const int64_t n = dst.numel();
  const double step = n > 1 ? (end - start) / static_cast<double>(n - 1) : 0;
  fill_by_index("linspace", dst, [=](int64_t i) {
    return i < (n + 1) / 2 ? start + step * static_cast<double>(i)
                           : end - step * static_cast<double>(n - 1 - i);
  });
}

void logspace(const Tensor& dst, double start, double end, double base) {
  const int64_t n = dst.numel();
  const double step = n > 1 ? (end - start) / static_cast<double>(n - 1) : 0;
  fill_by_index("logspace", dst, [=](int64_t i) {
    return std::pow(base, i < (n + 1) / 2 ? start + step * static_cast<double>(i)
                                          : end - step * static_cast<double>(n - 1 - i));
  });
}

}  // namespace gradus::kernel
