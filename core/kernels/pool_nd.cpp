#include "core/kernels/pool_nd.h"

#include <algorithm>
#include <cmath>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/pool_loops.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {
namespace {

// Calls f(index of the window, its part of each dim) for all windows of a plane.
struct Range {
  int64_t begin, end, step;
};

template <class F>
void for_each_window(const WindowsNd& windows, F f) {
  const auto range = [](const PoolWindows& w, int64_t i) {
    return Range{w.begin[static_cast<size_t>(i)], w.end[static_cast<size_t>(i)], w.step};
  };
  int64_t index = 0;
  for (int64_t i = 0; i < windows[0].size(); ++i) {
    for (int64_t j = 0; j < windows[1].size(); ++j) {
      for (int64_t k = 0; k < windows[2].size(); ++k) {
        f(index++, range(windows[0], i), range(windows[1], j), range(windows[2], k));
      }
    }
  }
}

// Calls f(place) for each element of a window.
template <class F>
void for_each_place(const Range& a, const Range& b, const Range& c, int64_t size_b, int64_t size_c,
                    F f) {
  for (int64_t i = a.begin; i < a.end; i += a.step) {
    for (int64_t j = b.begin; j < b.end; j += b.step) {
      for (int64_t k = c.begin; k < c.end; k += c.step) f((i * size_b + j) * size_c + k);
    }
  }
}

int64_t windows_per_plane(const WindowsNd& w) {
  return w[0].size() * w[1].size() * w[2].size();
}

int64_t planes_per_task(int64_t plane_size) {
  return std::max<int64_t>(1, 16384 / std::max<int64_t>(plane_size, 1));
}

// A row-major tensor in other sizes.
Tensor as(const Tensor& x, const DimVector& sizes) {
  return make_view(x, sizes, contiguous_strides(sizes), x.storage_offset());
}

// Whether the one window of a dim is all of it.
bool is_whole(const PoolWindows& w, int64_t size) {
  return w.size() == 1 && w.step == 1 && w.begin[0] == 0 && w.end[0] == size;
}

// Windows of dim b where those of c are whole, in elements of both.
PoolWindows merged(PoolWindows b, int64_t size_c) {
  for (int64_t& begin : b.begin) begin *= size_c;
  for (int64_t& end : b.end) end *= size_c;
  return b;
}

}  // namespace

Tensor max_places_nd(const Tensor& x, const std::vector<WindowsNd>& windows) {
  const int64_t planes = x.size(0), size_b = x.size(2), size_c = x.size(3);
  const int64_t plane_size = x.size(1) * size_b * size_c, count = windows_per_plane(windows[0]);
  Tensor places =
      empty({planes, windows[0][0].size(), windows[0][1].size(), windows[0][2].size()}, kLong);
  dispatch_all("max_pool", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(x.data_ptr());
    int64_t* const to = places.data_ptr<int64_t>();
    parallel_for(planes, planes_per_task(plane_size), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const T* const in = from + plane * plane_size;
        int64_t* const out = to + plane * count;
        const WindowsNd& own = windows[windows.size() == 1 ? 0 : static_cast<size_t>(plane)];
        for_each_window(own, [&](int64_t index, const Range& a, const Range& b, const Range& c) {
          int64_t best = (a.begin * size_b + b.begin) * size_c + c.begin;
          auto max = static_cast<Accumulator<T>>(in[best]);
          for_each_place(a, b, c, size_b, size_c, [&](int64_t place) {
            const auto value = static_cast<Accumulator<T>>(in[place]);
            if (value > max || (value != value && max == max)) {
              max = value;
              best = place;
            }
          });
          out[index] = best;
        });
      }
    });
  });
  return places;
}

Tensor avg_pool_nd(const Tensor& x, const WindowsNd& windows,
                   const std::vector<int64_t>& divisors) {
  if (x.size(1) == 1 && windows[0].size() == 1) {
    return avg_pool2d(x, windows[1], windows[2], divisors);
  }
  if (is_whole(windows[2], x.size(3)) && windows[1].step == 1) {
    const DimVector planes{x.size(0), 1, x.size(1), x.size(2) * x.size(3)};
    const Tensor y = avg_pool2d(as(x, planes), windows[0], merged(windows[1], x.size(3)), divisors);
    return as(y, {x.size(0), windows[0].size(), windows[1].size(), 1});
  }
  const int64_t planes = x.size(0), size_b = x.size(2), size_c = x.size(3);
  const int64_t plane_size = x.size(1) * size_b * size_c, count = windows_per_plane(windows);
  Tensor y = empty({planes, windows[0].size(), windows[1].size(), windows[2].size()}, x.dtype());
  const auto run = [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(x.data_ptr());
    T* const to = static_cast<T*>(y.data_ptr());
    parallel_for(planes, planes_per_task(plane_size), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const T* const in = from + plane * plane_size;
        T* const out = to + plane * count;
        for_each_window(
            windows, [&](int64_t index, const Range& a, const Range& b, const Range& c) {
              WindowSum<T> sum;
              for_each_place(a, b, c, size_b, size_c, [&](int64_t place) { sum.add(in[place]); });
              out[index] = sum.over(divisors[static_cast<size_t>(index)]);
            });
      }
    });
  };
  if (x.dtype() == kLong) {
    run(Tag<int64_t>());
  } else {
    dispatch_floating("avg_pool", x.dtype(), run);
  }
  return y;
}

Tensor avg_pool_nd_backward(const Tensor& dy, const WindowsNd& windows,
                            const std::vector<int64_t>& divisors,
                            const std::array<int64_t, 3>& sizes) {
  if (sizes[0] == 1 && windows[0].size() == 1) {
    return avg_pool2d_backward(dy, windows[1], windows[2], divisors, sizes[1], sizes[2]);
  }
  if (is_whole(windows[2], sizes[2]) && windows[1].step == 1) {
    const DimVector planes{dy.size(0), 1, dy.size(1), dy.size(2)};
    const Tensor dx = avg_pool2d_backward(as(dy, planes), windows[0], merged(windows[1], sizes[2]),
                                          divisors, sizes[0], sizes[1] * sizes[2]);
    return as(dx, {dy.size(0), sizes[0], sizes[1], sizes[2]});
  }
  const int64_t planes = dy.size(0), size_b = sizes[1], size_c = sizes[2];
  const int64_t plane_size = sizes[0] * size_b * size_c, count = windows_per_plane(windows);
  Tensor dx = zeros({planes, sizes[0], size_b, size_c}, dy.dtype());
  dispatch_floating("avg_pool", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(dy.data_ptr());
    T* const to = static_cast<T*>(dx.data_ptr());
    parallel_for(planes, planes_per_task(plane_size), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const T* const in = from + plane * count;
        T* const out = to + plane * plane_size;
        for_each_window(windows, [&](int64_t index, const Range& a, const Range& b,
                                     const Range& c) {
          const auto divisor = static_cast<Accumulator<T>>(divisors[static_cast<size_t>(index)]);
          const Accumulator<T> part = static_cast<Accumulator<T>>(in[index]) / divisor;
          for_each_place(a, b, c, size_b, size_c, [&](int64_t place) {
            out[place] = static_cast<T>(static_cast<Accumulator<T>>(out[place]) + part);
          });
        });
      }
    });
  });
  return dx;
}

}  // namespace gradus::kernel
