#pragma once

#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"

namespace gradus::kernel {

/// Copies n elements that lie `stride` apart to `out`, converted to A.
template <class A>
using Gather = void (*)(const void* x, int64_t stride, int64_t n, A* out);

template <class T, class A>
void gather(const void* x, int64_t stride, int64_t n, A* out) {
  const T* from = static_cast<const T*>(x);
  if (stride == 1) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<A>(from[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<A>(from[i * stride]);
  }
}

/// The same for the 16-bit floats, which the element-wise casts convert in vectors.
template <class T>
void gather_small(const void* x, int64_t stride, int64_t n, float* out) {
  if (stride != 1) {
    gather<T, float>(x, stride, n, out);
    return;
  }
  static const BlockFunction cast = cast_function(scalar_type_of<T>(), kFloat);
  cast(nullptr, &x, out, n);
}

/// How to read elements of type T as A; null where they need not be touched.
template <class T, class A>
constexpr Gather<A> gather_of() {
  if constexpr (std::is_same_v<T, A>) {
    return nullptr;
  } else if constexpr (std::is_same_v<A, float> &&
                       (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)) {
    return &gather_small<T>;
  } else {
    return &gather<T, A>;
  }
}

/// Writes 1 for elements that are not 0 (NaN is not), else 0.
template <class T>
void gather_nonzero(const void* x, int64_t stride, int64_t n, int64_t* out) {
  const T* from = static_cast<const T*>(x);
  for (int64_t i = 0; i < n; ++i) {
    using A = Accumulator<T>;
    out[i] = static_cast<A>(from[i * stride]) != A(0);
  }
}

}  // namespace gradus::kernel
