#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/kernels/dispatch.h"

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
