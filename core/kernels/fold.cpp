#include "core/kernels/fold.h"

#include <algorithm>
#include <type_traits>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/fold_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

template <class T>
void im2col_plane(const FoldGeometry& p, const T* image, T* columns) {
  if constexpr (std::is_same_v<T, float>) return im2col_plane_vector(p, image, columns);
  for_each_run(
      p,
      [&](int64_t column, int64_t place, int64_t count) {
        for (int64_t i = 0; i < count; ++i) columns[column + i] = image[place + i * p.stride[1]];
      },
      [&](int64_t column, int64_t count) { std::fill_n(columns + column, count, T(0)); });
}

template <class T>
void col2im_plane(const FoldGeometry& p, const T* columns, T* image) {
  if constexpr (std::is_same_v<T, float>) return col2im_plane_vector(p, columns, image);
  for_each_run(
      p,
      [&](int64_t column, int64_t place, int64_t count) {
        for (int64_t i = 0; i < count; ++i) {
          T& sum = image[place + i * p.stride[1]];
          sum = static_cast<T>(static_cast<Accumulator<T>>(sum) +
                               static_cast<Accumulator<T>>(columns[column + i]));
        }
      },
      [](int64_t, int64_t) {});
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
      for (int64_t plane = begin; plane < end; ++plane)
        im2col_plane(p, from + plane * size, to + plane * columns);
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
      for (int64_t plane = begin; plane < end; ++plane)
        col2im_plane(p, from + plane * columns, to + plane * size);
    });
  });
  return x;
}

}  // namespace gradus::kernel
