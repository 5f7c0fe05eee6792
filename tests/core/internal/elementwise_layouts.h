#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <gradus/core/factory.h>
#include <gradus/core/shape.h>
#include <gradus/core/tensor.h>

#include "core/kernels/copy.h"

namespace gradus::test {

/// The same elements, laid out in another way.
struct Layout {
  std::string name;
  std::function<Tensor(const Tensor&)> apply;
};

// x in a larger tensor: dims laid out in the given order, the fastest first, `step` elements apart,
// with room after each.
inline Tensor padded(const Tensor& x, const std::vector<int64_t>& order, int64_t step,
                     int64_t offset) {
  DimVector strides(x.sizes().size());
  int64_t stride = step;
  for (int64_t d : order) {
    strides[static_cast<size_t>(d)] = stride;
    stride *= x.size(d) + 1;
  }
  Tensor room = zeros({stride + offset + 1}, x.dtype());
  Tensor y = make_view(room, to_dims(x.sizes()), strides, offset);
  kernel::copy(x, y);
  return y;
}

inline std::vector<int64_t> last_dim_first(const Tensor& x) {
  std::vector<int64_t> order;
  for (int64_t d = x.dim(); d-- > 0;) order.push_back(d);
  return order;
}

/// Layouts that keep the elements: contiguous, reversed order of dims, rotated order, with gaps
/// after each row, every second element of a larger tensor, at an odd offset.
inline std::vector<Layout> layouts() {
  return {
      {"contiguous", [](const Tensor& x) { return x; }},
      {"reversed",
       [](const Tensor& x) {
         std::vector<int64_t> order;
         for (int64_t d = 0; d < x.dim(); ++d) order.push_back(d);
         return padded(x, order, 1, 0);
       }},
      {"rotated",
       [](const Tensor& x) {
         std::vector<int64_t> order = last_dim_first(x);
         if (order.size() > 1) std::rotate(order.begin(), order.begin() + 1, order.end());
         return padded(x, order, 1, 3);
       }},
      {"gaps", [](const Tensor& x) { return padded(x, last_dim_first(x), 1, 0); }},
      {"every second", [](const Tensor& x) { return padded(x, last_dim_first(x), 2, 0); }},
      {"odd offset", [](const Tensor& x) { return padded(x, last_dim_first(x), 1, 7); }},
  };
}

/// Shapes that reach every path of the loops: scalars, empty, short and long rows, tiles, several
/// chunks.
inline std::vector<std::vector<int64_t>> shapes() {
  return {{},           {0},       {3, 0, 2},     {1},      {7},
          {1000},       {5, 3},    {64, 3},       {70, 90}, {3, 700, 2},
          {2, 3, 4, 5}, {130, 67}, {1, 300, 200}, {40000},  {9, 1, 11, 13, 2}};
}

/// Element at a row-major position, whatever the strides.
template <class T>
T at(const Tensor& x, int64_t position) {
  const T* p = x.data_ptr<T>();
  for (int64_t d = x.dim(); d-- > 0;) {
    p += position % x.size(d) * x.stride(d);
    position /= x.size(d);
  }
  return *p;
}

/// Whether all elements are equal, bit for bit (NaN to NaN).
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) return false;
  const Tensor x = empty(a.sizes(), a.dtype()), y = empty(a.sizes(), a.dtype());
  kernel::copy(a, x);
  kernel::copy(b, y);
  return a.numel() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), a.nbytes()) == 0;
}

}  // namespace gradus::test
