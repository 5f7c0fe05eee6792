#include "core/kernels/pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/pool_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

// Elements that make a chunk worth a thread, and channels that a thread takes of an image.
constexpr int64_t kGrain = 16384;
constexpr int64_t kChannelBlock = 64;

MemoryFormat order_of(const Tensor& x) {
  return x.is_contiguous(MemoryFormat::ChannelsLast) ? MemoryFormat::ChannelsLast
                                                     : MemoryFormat::Contiguous;
}

Tensor in_order(const Tensor& x, MemoryFormat order) {
  if (x.is_contiguous(order)) return x;
  Tensor y = empty(x.sizes(), x.options(), order);
  copy(x, y);
  return y;
}

// 16-bit tensors go through float32: the loops are made for it, and sums are rounded once.
bool is_small(const Tensor& x) {
  return x.dtype() == kHalf || x.dtype() == kBFloat16;
}

Tensor cast(const Tensor& x, ScalarType dtype) {
  Tensor y = empty_like(x, dtype);
  copy(x, y);
  return y;
}

// A batch as the loops see it: `images` of [H, W, C]. Row-major, each channel is an image of its
// own.
struct Batch {
  int64_t images, channels;

  Batch(const Tensor& x, MemoryFormat order) {
    const bool channels_last = order == MemoryFormat::ChannelsLast;
    images = channels_last ? x.size(0) : x.size(0) * x.size(1);
    channels = channels_last ? x.size(1) : 1;
  }
};

// Calls f(image, row) for every row of every pooled image.
template <class F>
void for_each_row(int64_t images, int64_t rows, int64_t elements_per_row, F f) {
  parallel_for(images * rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(elements_per_row, 1)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) f(i / rows, i % rows);
               });
}

// Calls f(image, first_channel, last_channel) for blocks of channels of every image.
template <class F>
void for_each_block(int64_t images, int64_t channels, int64_t elements_per_plane, F f) {
  const int64_t blocks = (channels + kChannelBlock - 1) / kChannelBlock;
  const int64_t elements = elements_per_plane * std::min(channels, kChannelBlock);
  parallel_for(images * blocks, std::max<int64_t>(1, kGrain / std::max<int64_t>(elements, 1)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t first = i % blocks * kChannelBlock;
                   f(i / blocks, first, std::min(first + kChannelBlock, channels));
                 }
               });
}

// Calls f(place) for the elements h * width + w of the window of (row, col).
template <class F>
void for_each_place(const PoolPlane& p, int64_t row, int64_t col, F f) {
  const size_t r = static_cast<size_t>(row), k = static_cast<size_t>(col);
  for (int64_t h = p.rows.begin[r]; h < p.rows.end[r]; h += p.rows.step) {
    for (int64_t w = p.cols.begin[k]; w < p.cols.end[k]; w += p.cols.step) f(h * p.width + w);
  }
}

void zero_block(const PoolPlane& p, int64_t first, int64_t last, void* dx, size_t element) {
  char* bytes = static_cast<char*>(dx);
  if (first == 0 && last == p.channels) {
    std::fill_n(bytes, static_cast<size_t>(p.height * p.width * p.channels) * element, 0);
    return;
  }
  for (int64_t at = 0; at < p.height * p.width; ++at) {
    char* from = bytes + static_cast<size_t>(at * p.channels + first) * element;
    std::fill(from, from + static_cast<size_t>(last - first) * element, 0);
  }
}

}  // namespace

bool tiles(const PoolWindows& windows, int64_t in) {
  int64_t next = 0;
  for (size_t i = 0; i < windows.begin.size(); ++i) {
    if (windows.begin[i] != next) return false;
    next = windows.end[i];
  }
  return windows.step == 1 && next == in;
}

PoolWindows sliding_windows(int64_t in, int64_t out, int64_t kernel, int64_t stride,
                            int64_t padding, int64_t dilation) {
  PoolWindows windows;
  windows.step = dilation;
  for (int64_t i = 0; i < out; ++i) {
    int64_t begin = i * stride - padding;
    const int64_t end = std::min(begin + (kernel - 1) * dilation + 1, in);
    if (begin < 0) begin += (-begin + dilation - 1) / dilation * dilation;
    windows.begin.push_back(begin);
    windows.end.push_back(end);
  }
  return windows;
}

PoolWindows adaptive_windows(int64_t in, int64_t out) {
  PoolWindows windows;
  for (int64_t i = 0; i < out; ++i) {
    // i in / out without the overflow of the product.
    windows.begin.push_back(i / out * in + i % out * in / out);
    windows.end.push_back(1 + ((i + 1) * in - 1) / out);
  }
  return windows;
}

std::tuple<Tensor, Tensor> max_pool2d(const Tensor& x, const PoolWindows& rows,
                                      const PoolWindows& cols) {
  if (is_small(x)) {
    auto [y, places] = max_pool2d(cast(x, kFloat), rows, cols);
    return {cast(y, x.dtype()), places};
  }
  const MemoryFormat order = order_of(x);
  const Tensor src = in_order(x, order);
  const DimVector sizes{x.size(0), x.size(1), rows.size(), cols.size()};
  Tensor y = empty(sizes, x.options(), order), places = empty(sizes, kInt, order);
  const Batch batch(x, order);
  const PoolPlane plane{rows, cols, x.size(2), x.size(3), batch.channels};
  const int64_t in_size = plane.height * plane.width * plane.channels,
                row_size = cols.size() * plane.channels;
  const auto pool = [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* src_data = src.data_ptr<T>();
    T* y_data = y.data_ptr<T>();
    int32_t* places_data = places.data_ptr<int32_t>();
    if constexpr (std::is_same_v<T, float>) {
      if (max_pool_planes(plane, batch.images, src_data, y_data, places_data)) return;
    }
    for_each_row(batch.images, rows.size(), row_size, [&](int64_t image, int64_t row) {
      const T* from = src_data + image * in_size;
      const int64_t at = (image * rows.size() + row) * row_size;
      T* to = y_data + at;
      int32_t* to_places = places_data + at;
      int64_t done = 0;
      if constexpr (std::is_same_v<T, float>)
        done = max_pool_row_vector(plane, row, from, to, to_places);
      for (int64_t col = 0; col < cols.size(); ++col) {
        for (int64_t c = done; c < plane.channels; ++c) {
          T best = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                        : std::numeric_limits<T>::lowest();
          // An empty window has no place: any will do.
          int64_t place =
              std::min(rows.begin[static_cast<size_t>(row)], plane.height - 1) * plane.width +
              std::min(cols.begin[static_cast<size_t>(col)], plane.width - 1);
          for_each_place(plane, row, col, [&](int64_t here) {
            const T value = from[here * plane.channels + c];
            if (value > best || value != value) {
              best = value;
              place = here;
            }
          });
          to[col * plane.channels + c] = best;
          to_places[col * plane.channels + c] = static_cast<int32_t>(place);
        }
      }
    });
  };
  if (is_floating_point(x.dtype())) {
    dispatch_float_double("max_pool2d", x.dtype(), pool);
  } else {
    dispatch_integral("max_pool2d", x.dtype(), pool);
  }
  return {y, places};
}

Tensor max_pool2d_backward(const Tensor& dy, const Tensor& places, const PoolWindows& rows,
                           const PoolWindows& cols, int64_t height, int64_t width) {
  if (is_small(dy)) {
    return cast(max_pool2d_backward(cast(dy, kFloat), places, rows, cols, height, width),
                dy.dtype());
  }
  const MemoryFormat order = order_of(places);
  const Tensor src = in_order(dy, order);
  Tensor dx = empty({dy.size(0), dy.size(1), height, width}, dy.options(), order);
  const Batch batch(dy, order);
  const PoolPlane plane{rows, cols, height, width, batch.channels};
  const int64_t in_size = height * width * plane.channels;
  const int64_t out_size = rows.size() * cols.size() * plane.channels;
  const bool accumulate = !tiles(rows, height) || !tiles(cols, width);
  const int32_t* places_data = places.data_ptr<int32_t>();
  dispatch_float_double("max_pool2d_backward", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* src_data = src.data_ptr<T>();
    T* dx_data = dx.data_ptr<T>();
    if constexpr (std::is_same_v<T, float>) {
      if (plane.channels == 1) {
        return max_pool_planes_backward(batch.images, in_size, out_size, src_data, places_data,
                                        dx_data);
      }
    }
    for_each_block(batch.images, plane.channels, height * width,
                   [&](int64_t image, int64_t first, int64_t last) {
                     const T* from = src_data + image * out_size;
                     const int32_t* from_places = places_data + image * out_size;
                     T* to = dx_data + image * in_size;
                     int64_t done = first;
                     if (accumulate) zero_block(plane, first, last, to, sizeof(T));
                     if constexpr (std::is_same_v<T, float>) {
                       done = max_pool_backward_vector(plane, first, last, accumulate, from,
                                                       from_places, to);
                     }
                     if (done < last && !accumulate) zero_block(plane, done, last, to, sizeof(T));
                     for (int64_t out = 0; out < rows.size() * cols.size(); ++out) {
                       for (int64_t c = done; c < last; ++c) {
                         const int64_t at = out * plane.channels + c;
                         to[from_places[at] * plane.channels + c] += from[at];
                       }
                     }
                   });
  });
  return dx;
}

Tensor gather_places(const Tensor& x, const Tensor& places) {
  const MemoryFormat order = order_of(places);
  const Tensor src = in_order(x, order);
  Tensor y = empty(places.sizes(), x.options(), order);
  const Batch batch(x, order);
  const int64_t in_size = x.size(2) * x.size(3) * batch.channels;
  const int64_t out_size = places.size(2) * places.size(3) * batch.channels;
  const int32_t* places_data = places.data_ptr<int32_t>();
  dispatch_floating("max_pool2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* src_data = src.data_ptr<T>();
    T* y_data = y.data_ptr<T>();
    for_each_row(batch.images, 1, out_size, [&](int64_t image, int64_t) {
      for (int64_t i = 0; i < out_size; ++i) {
        const int64_t at = image * out_size + i;
        y_data[at] =
            src_data[image * in_size + places_data[at] * batch.channels + i % batch.channels];
      }
    });
  });
  return y;
}

Tensor avg_pool2d(const Tensor& x, const PoolWindows& rows, const PoolWindows& cols,
                  const std::vector<int64_t>& divisors) {
  if (is_small(x)) return cast(avg_pool2d(cast(x, kFloat), rows, cols, divisors), x.dtype());
  const MemoryFormat order = order_of(x);
  const Tensor src = in_order(x, order);
  Tensor y = empty({x.size(0), x.size(1), rows.size(), cols.size()}, x.options(), order);
  const Batch batch(x, order);
  const PoolPlane plane{rows, cols, x.size(2), x.size(3), batch.channels};
  const int64_t in_size = plane.height * plane.width * plane.channels,
                row_size = cols.size() * plane.channels;
  const auto run = [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* src_data = src.data_ptr<T>();
    T* y_data = y.data_ptr<T>();
    if constexpr (std::is_same_v<T, float>) {
      if (avg_pool_planes(plane, batch.images, divisors, src_data, y_data)) return;
    }
    for_each_row(batch.images, rows.size(), row_size, [&](int64_t image, int64_t row) {
      const T* from = src_data + image * in_size;
      T* to = y_data + (image * rows.size() + row) * row_size;
      int64_t done = 0;
      if constexpr (std::is_same_v<T, float>)
        done = avg_pool_row_vector(plane, row, divisors.data(), from, to);
      for (int64_t col = 0; col < cols.size(); ++col) {
        const int64_t divisor = divisors[static_cast<size_t>(row * cols.size() + col)];
        for (int64_t c = done; c < plane.channels; ++c) {
          WindowSum<T> sum;
          for_each_place(plane, row, col,
                         [&](int64_t here) { sum.add(from[here * plane.channels + c]); });
          to[col * plane.channels + c] = sum.over(divisor);
        }
      }
    });
  };
  if (x.dtype() == kLong) {
    run(Tag<int64_t>());
  } else {
    dispatch_float_double("avg_pool2d", x.dtype(), run);
  }
  return y;
}

Tensor avg_pool2d_backward(const Tensor& dy, const PoolWindows& rows, const PoolWindows& cols,
                           const std::vector<int64_t>& divisors, int64_t height, int64_t width) {
  if (is_small(dy)) {
    return cast(avg_pool2d_backward(cast(dy, kFloat), rows, cols, divisors, height, width),
                dy.dtype());
  }
  const MemoryFormat order = order_of(dy);
  const Tensor src = in_order(dy, order);
  Tensor dx = empty({dy.size(0), dy.size(1), height, width}, dy.options(), order);
  const Batch batch(dy, order);
  const PoolPlane plane{rows, cols, height, width, batch.channels};
  const int64_t in_size = height * width * plane.channels;
  const int64_t out_size = rows.size() * cols.size() * plane.channels;
  dispatch_float_double("avg_pool2d_backward", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* src_data = src.data_ptr<T>();
    T* dx_data = dx.data_ptr<T>();
    if constexpr (std::is_same_v<T, float>) {
      if (avg_pool_planes_backward(plane, batch.images, divisors, src_data, dx_data)) return;
    }
    for_each_block(
        batch.images, plane.channels, height * width,
        [&](int64_t image, int64_t first, int64_t last) {
          const T* from = src_data + image * out_size;
          T* to = dx_data + image * in_size;
          zero_block(plane, first, last, to, sizeof(T));
          int64_t done = first;
          if constexpr (std::is_same_v<T, float>) {
            done = avg_pool_backward_vector(plane, first, last, divisors.data(), from, to);
          }
          for (int64_t row = 0; row < rows.size(); ++row) {
            for (int64_t col = 0; col < cols.size(); ++col) {
              const int64_t out = row * cols.size() + col;
              const auto divisor = static_cast<Accumulator<T>>(divisors[static_cast<size_t>(out)]);
              for (int64_t c = done; c < last; ++c) {
                const Accumulator<T> part = from[out * plane.channels + c] / divisor;
                for_each_place(plane, row, col,
                               [&](int64_t here) { to[here * plane.channels + c] += part; });
              }
            }
          }
        });
  });
  return dx;
}

}  // namespace gradus::kernel
