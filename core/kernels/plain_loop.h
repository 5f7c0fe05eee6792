#pragma once

#include <cstdint>
#include <type_traits>

#include "core/kernels/loop.h"

namespace gradus::kernel {

// Block functions from a lambda on single elements, which may take `const Params&` last: the
// reference for the vectorized ones, and the only ones for other types than float32.
//   case UnaryOp::Sin: return plain_loop<T>([](T x) { return std::sin(x); });

template <class T, class R = T, class F>
BlockFunction plain_loop(F) {
  return [](const Params* params, const void* const* in, void* out, int64_t n) {
    const F f;
    (void)params;
    R* y = static_cast<R*>(out);
    const T* a = static_cast<const T*>(in[0]);
    if constexpr (std::is_invocable_v<F, T>) {
      for (int64_t i = 0; i < n; ++i) y[i] = f(a[i]);
    } else if constexpr (std::is_invocable_v<F, T, const Params&>) {
      for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], *params);
    } else {
      const T* b = static_cast<const T*>(in[1]);
      if constexpr (std::is_invocable_v<F, T, T>) {
        for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
      } else if constexpr (std::is_invocable_v<F, T, T, const Params&>) {
        for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i], *params);
      } else {
        const T* c = static_cast<const T*>(in[2]);
        if constexpr (std::is_invocable_v<F, T, T, T>) {
          for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i], c[i]);
        } else {
          for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i], c[i], *params);
        }
      }
    }
  };
}

/// The dtype that an element-wise kernel computes in: float32 for the 16-bit floats.
constexpr ScalarType computed_type(ScalarType dtype) {
  return dtype == kHalf || dtype == kBFloat16 ? kFloat : dtype;
}

}  // namespace gradus::kernel
