#pragma once

#include <type_traits>

#include "core/kernels/norm.h"

namespace gradus::kernel {

/// The fast loops for float, the plain ones for double.
template <class T>
NormLoops<T> norm_loops() {
  if constexpr (std::is_same_v<T, float>) {
    return vector_norm_loops();
  } else {
    return plain_norm_loops<T>();
  }
}

template <class T>
const T* data_or_null(const Tensor& x) {
  return x.defined() ? x.data_ptr<T>() : nullptr;
}

/// Mean and squared deviations of a number of elements; of two disjoint sets of elements follow
/// those of both (Chan, Golub, LeVeque 1979).
template <class T>
void merge_moments(T count_a, T* mean_a, T* squares_a, T count_b, const T* mean_b,
                   const T* squares_b, int64_t n) {
  const T part = count_b / (count_a + count_b), weight = part * count_a;
  for (int64_t i = 0; i < n; ++i) {
    const T delta = mean_b[i] - mean_a[i];
    mean_a[i] += delta * part;
    squares_a[i] += squares_b[i] + delta * delta * weight;
  }
}

}  // namespace gradus::kernel
