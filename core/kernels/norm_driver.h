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

}  // namespace gradus::kernel
