#pragma once

// What the tests of kernels share.

#include <cstdint>
#include <cstring>

#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gradus/core/philox.h>
#include <gradus/core/shape.h>
#include <gradus/core/tensor.h>
#include <gtest/gtest.h>

#include "core/kernels/dispatch.h"

namespace gradus::kernel {

/// Calls f(element, i) for every element, where i counts in row-major order whatever the strides
/// are.
template <class T, class F>
void for_each_element(const Tensor& x, F&& f) {
  DimVector index(x.sizes().size(), 0);
  for (int64_t i = 0; i < x.numel(); ++i) {
    int64_t offset = 0;
    for (size_t d = 0; d < index.size(); ++d) offset += index[d] * x.strides()[d];
    f(static_cast<T*>(x.data_ptr())[offset], i);
    for (size_t d = index.size(); d-- > 0;) {
      if (++index[d] < x.sizes()[d]) break;
      index[d] = 0;
    }
  }
}

/// Multiples of 1/8 in [-1, 1] (integers: in [-8, 8]): sums of not too many products are exact, so
/// a fast path has to agree with the plain loop to the bit.
inline Tensor fill_exact(const Tensor& x, uint64_t seed) {
  dispatch_all("fill_exact", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_element<T>(x, [&](T& element, int64_t i) {
      const int value =
          static_cast<int>(philox4x32({seed, 0}, static_cast<uint64_t>(i)).v[0] % 17) - 8;
      if constexpr (std::is_integral_v<T>) {
        element = static_cast<T>(value);
      } else {
        element = static_cast<float>(value) / 8;
      }
    });
  });
  return x;
}

inline Tensor exact(IntArrayRef sizes, ScalarType dtype, uint64_t seed) {
  return fill_exact(empty(sizes, dtype), seed);
}

/// Uniform in [-1, 1).
inline Tensor uniform(IntArrayRef sizes, ScalarType dtype, uint64_t seed) {
  Tensor x = empty(sizes, dtype);
  dispatch_floating("uniform", dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_element<T>(x, [&](T& element, int64_t i) {
      element = 2 * uniform_float(philox4x32({seed, 0}, static_cast<uint64_t>(i)).v[0]) - 1;
    });
  });
  return x;
}

/// The same elements with dims a and b swapped.
inline Tensor swapped(const Tensor& x, size_t a, size_t b) {
  DimVector sizes = to_dims(x.sizes());
  DimVector strides = to_dims(x.strides());
  std::swap(sizes[a], sizes[b]);
  std::swap(strides[a], strides[b]);
  return make_view(x, sizes, strides, x.storage_offset());
}

/// Sizes, dtype and every element, with NaN equal to NaN.
inline testing::AssertionResult same(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) {
    return testing::AssertionFailure()
           << to_string(a.sizes()) << " against " << to_string(b.sizes());
  }
  testing::AssertionResult result = testing::AssertionSuccess();
  dispatch_all("same", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::vector<T> expected(static_cast<size_t>(b.numel()));
    for_each_element<T>(b, [&](T& x, int64_t i) { expected[static_cast<size_t>(i)] = x; });
    for_each_element<T>(a, [&](T& x, int64_t i) {
      const T y = expected[static_cast<size_t>(i)];
      const bool equal = x == y || (x != x && y != y);
      if (!equal && result) {
        result = testing::AssertionFailure()
                 << "element " << i << ": " << double(x) << " against " << double(y);
      }
    });
  });
  return result;
}

/// Calls make() with 1, 2, 3 and 8 threads and expects the same bits each time.
template <class Make>
void expect_equal_for_all_threads(Make&& make) {
  const int before = get_num_threads();
  set_num_threads(1);
  const Tensor expected = make();
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const Tensor got = make();
    ASSERT_EQ(got.strides(), expected.strides());
    EXPECT_TRUE(same(got, expected)) << threads << " threads";
  }
  set_num_threads(before);
}

}  // namespace gradus::kernel
