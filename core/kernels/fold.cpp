#include "core/kernels/fold.h"

#include <algorithm>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

// Calls f(place in the columns of a plane, place in its image) for every element of a window that
// lies inside, and g(place in the columns) for the others.
template <class F, class G>
void for_each_element(const FoldGeometry& p, F f, G g) {
  int64_t column = 0;
  for (int64_t k0 = 0; k0 < p.kernel[0]; ++k0) {
    for (int64_t k1 = 0; k1 < p.kernel[1]; ++k1) {
      for (int64_t o0 = 0; o0 < p.out[0]; ++o0) {
        const int64_t row = o0 * p.stride[0] - p.padding[0] + k0 * p.dilation[0];
        const bool inside = row >= 0 && row < p.in[0];
        for (int64_t o1 = 0; o1 < p.out[1]; ++o1, ++column) {
          const int64_t col = o1 * p.stride[1] - p.padding[1] + k1 * p.dilation[1];
          if (inside && col >= 0 && col < p.in[1]) {
            f(column, row * p.in[1] + col);
          } else {
            g(column);
          }
        }
      }
    }
  }
}

int64_t column_size(const FoldGeometry& p) {
  return p.kernel[0] * p.kernel[1] * p.out[0] * p.out[1];
}

}  // namespace

Tensor im2col(const Tensor& x, const FoldGeometry& p) {
  const int64_t planes = x.size(0), size = p.in[0] * p.in[1], columns = column_size(p);
  Tensor y = empty({planes, p.kernel[0] * p.kernel[1], p.out[0] * p.out[1]}, x.dtype());
  dispatch_floating("im2col", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(x.data_ptr());
    T* const to = static_cast<T*>(y.data_ptr());
    parallel_for(planes, std::max<int64_t>(1, 16384 / columns), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const T* const in = from + plane * size;
        T* const out = to + plane * columns;
        for_each_element(
            p, [&](int64_t column, int64_t place) { out[column] = in[place]; },
            [&](int64_t column) { out[column] = T(0); });
      }
    });
  });
  return y;
}

Tensor col2im(const Tensor& columns_tensor, const FoldGeometry& p) {
  const int64_t planes = columns_tensor.size(0), size = p.in[0] * p.in[1], columns = column_size(p);
  Tensor x = zeros({planes, p.in[0], p.in[1]}, columns_tensor.dtype());
  dispatch_floating("col2im", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(columns_tensor.data_ptr());
    T* const to = static_cast<T*>(x.data_ptr());
    parallel_for(planes, std::max<int64_t>(1, 16384 / columns), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const T* const in = from + plane * columns;
        T* const out = to + plane * size;
        for_each_element(
            p,
            [&](int64_t column, int64_t place) {
              out[place] = static_cast<T>(static_cast<Accumulator<T>>(out[place]) +
                                          static_cast<Accumulator<T>>(in[column]));
            },
            [](int64_t) {});
      }
    });
  });
  return x;
}

}  // namespace gradus::kernel
