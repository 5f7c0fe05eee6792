#include "core/kernels/fill.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"

namespace gradus::kernel {

void check_fits(const char* op, const Scalar& value, ScalarType dtype) {
  if (dtype == kBool) return;
  if (is_floating_point(dtype)) {
    const double v = value.toDouble();
    dispatch_floating(op, dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      const auto highest = static_cast<double>(std::numeric_limits<T>::max());
      GRADUS_CHECK_VALUE(!std::isfinite(v) || std::abs(v) <= highest,
                         "{}: value {} does not fit into {}", op, v, dtype);
    });
    return;
  }
  dispatch_integral(op, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    constexpr int64_t highest = std::numeric_limits<T>::max();
    // As in PyTorch a negative number wraps around in an unsigned type.
    constexpr int64_t lowest =
        std::is_signed_v<T> ? int64_t{std::numeric_limits<T>::min()} : -highest;
    if (value.is_floating_point()) {
      // 2^63 is no int64, and no double lies between it and the largest one.
      const double v = std::trunc(value.toDouble());
      const bool fits = v >= static_cast<double>(lowest) &&
                        (sizeof(T) == 8 ? v < 0x1p63 : v <= static_cast<double>(highest));
      GRADUS_CHECK_VALUE(fits, "{}: value {} does not fit into {}", op, value.toDouble(), dtype);
    } else {
      const int64_t v = value.toLong();
      GRADUS_CHECK_VALUE(v >= lowest && v <= highest, "{}: value {} does not fit into {}", op, v,
                         dtype);
    }
  });
}

void fill(const Tensor& dst, const Scalar& value) {
  const TensorImpl& impl = *dst.impl();
  check_fits("fill_", value, impl.dtype);
  if (impl.numel == 0) return;
  dispatch_all("fill_", impl.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T v = value.cast<T>();
    const auto fill_run = [&](char* data, int64_t stride, int64_t n) {
      if (stride == static_cast<int64_t>(sizeof(T))) {
        fill_elements(data, &v, sizeof v, n);
      } else {
        for (int64_t i = 0; i < n; ++i) std::memcpy(data + i * stride, &v, sizeof v);
      }
    };
    constexpr int64_t size = sizeof(T);
    if (is_row_major(impl)) {
      char* const data = data_of(dst);
      parallel_for(impl.numel, 4 * kGrainMemory / size, [&](int64_t begin, int64_t end) {
        fill_run(data + begin * size, size, end - begin);
      });
    } else {
      parallel_for_each_run(LoopPlan(impl.sizes, {&dst}), 4 * kGrainMemory / size,
                            [&](char* const* data, const int64_t* strides, int64_t n) {
                              fill_run(data[0], strides[0], n);
                            });
    }
  });
}

}  // namespace gradus::kernel
