#include "core/kernels/gather.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/index.h"
#include "core/kernels/loop.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {

void check_indices(const char* op, const Tensor& index, int64_t dim, int64_t size) {
  if (index.numel() == 0) return;
  const Tensor list = index.contiguous();
  const int64_t* const p = list.data_ptr<int64_t>();
  const bool inside = parallel_reduce(
      list.numel(), 32768, true,
      [&](int64_t begin, int64_t end) { return all_inside_vector(p + begin, end - begin, size); },
      [](bool a, bool b) { return a && b; });
  if (inside) return;
  const auto [min, max] = std::minmax_element(p, p + list.numel());
  detail::throw_error<IndexError>("{}: index {} is out of range for dim {} of size {}", op,
                                  *min < 0 ? *min : *max, dim, size);
}

namespace {

// x as it is walked along with index: dim stands still.
Tensor along(const Tensor& x, int64_t dim, const Tensor& index) {
  DimVector strides(index.sizes().size(), 0);
  for (int64_t d = 0; d < x.dim() && d < index.dim(); ++d) {
    if (d != dim) strides[d] = x.strides()[d];
  }
  return make_view(x, to_dims(index.sizes()), std::move(strides), x.storage_offset());
}

Tensor without(const Tensor& x, int64_t dim, IntArrayRef sizes) {
  DimVector rest = to_dims(sizes), strides = to_dims(x.strides());
  rest.erase(dim);
  strides.erase(dim);
  return make_view(x, std::move(rest), std::move(strides), x.storage_offset());
}

// f(a, b), which wraps for integers.
template <class T, class F>
T wrapping(T a, T b, const F& f) {
  if constexpr (std::is_integral_v<T> && sizeof(T) >= sizeof(int)) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(f(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
  } else {
    return static_cast<T>(f(a, b));
  }
}

template <class T>
T combine(Scatter mode, T there, T comes) {
  switch (mode) {
    case Scatter::Set:
      return comes;
    case Scatter::Add:
      return wrapping(there, comes, [](auto a, auto b) { return a + b; });
    case Scatter::Multiply:
      return wrapping(there, comes, [](auto a, auto b) { return a * b; });
    case Scatter::Amin:
      return there != there || there < comes ? there : comes;
    case Scatter::Amax:
      return there != there || there > comes ? there : comes;
  }
  return comes;
}

// Calls f with the step, or with a constant where it is 1: a product by it takes as long as a load.
template <class F>
void with_step(int64_t step, F&& f) {
  if (step == 1) return f(std::integral_constant<int64_t, 1>());
  f(step);
}

// A line of what is scattered; distances in bytes.
struct Line {
  int64_t count;
  char* x;
  int64_t x_stride, step;
  const char* index;
  int64_t index_stride;
  const char* src;
  int64_t src_stride;
};

// x[j x_stride + index[j] step] = src[j], combined, for j < count.
template <class T, Scatter kMode>
void put_line(const Line& line) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  if (line.x_stride == 0 && line.index_stride == 8 && line.src_stride == kSize) {
    const auto* const index = reinterpret_cast<const int64_t*>(line.index);
    const T* const src = reinterpret_cast<const T*>(line.src);
    T* const x = reinterpret_cast<T*>(line.x);
    with_step(line.step / kSize, [&](auto step) {
      for (int64_t j = 0; j < line.count; ++j) {
        T& there = x[index[j] * step];
        there = combine<T>(kMode, there, src[j]);
      }
    });
    return;
  }
  for (int64_t j = 0; j < line.count; ++j) {
    const int64_t at = *reinterpret_cast<const int64_t*>(line.index + j * line.index_stride);
    T& there = *reinterpret_cast<T*>(line.x + j * line.x_stride + at * line.step);
    there = combine<T>(kMode, there, *reinterpret_cast<const T*>(line.src + j * line.src_stride));
  }
}

void scatter_lines(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src,
                   void (*put)(const Line&)) {
  // One element of `plan` owns a line of x along dim, so the chunks write to different elements.
  const int64_t count = index.sizes()[dim], grain = std::max<int64_t>(1, 32768 / count);
  const Tensor lines = without(x, dim, index.sizes());
  const Tensor index_lines = without(index, dim, index.sizes());
  const Tensor src_lines = without(src, dim, index.sizes());
  const LoopPlan plan(lines.sizes(), {&lines, &index_lines, &src_lines});
  const auto size = static_cast<int64_t>(element_size(x.dtype()));
  const int64_t step = x.strides()[dim] * size;
  const int64_t index_step = index.strides()[dim] * 8, src_step = src.strides()[dim] * size;
  parallel_for_each_run(plan, grain, [&](char* const* data, const int64_t* strides, int64_t n) {
    if (index_step <= strides[1] || n == 1 || (index_step == 8 && src_step == size)) {
      for (int64_t k = 0; k < n; ++k) {
        put({count, data[0] + k * strides[0], 0, step, data[1] + k * strides[1], index_step,
             data[2] + k * strides[2], src_step});
      }
    } else {
      for (int64_t j = 0; j < count; ++j) {
        put({n, data[0], strides[0], step, data[1] + j * index_step, strides[1],
             data[2] + j * src_step, strides[2]});
      }
    }
  });
}

template <Scatter kMode>
void scatter_mode(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src) {
  dispatch_all("scatter", x.dtype(), [&](auto tag) {
    scatter_lines(x, dim, index, src, put_line<typename decltype(tag)::type, kMode>);
  });
}

// y[k] = x[k x_stride + index[k] step] for k < n.
template <class T>
void take_line(const T* x, int64_t x_stride, const int64_t* index, int64_t step, int64_t n, T* y) {
  if (x_stride == 0 && step == 1) {
    // Some loads ahead of their stores.
    constexpr int64_t kAhead = 4;
    int64_t k = 0;
    for (; k + kAhead <= n; k += kAhead) {
      const T a = x[index[k]], b = x[index[k + 1]], c = x[index[k + 2]], d = x[index[k + 3]];
      y[k] = a;
      y[k + 1] = b;
      y[k + 2] = c;
      y[k + 3] = d;
    }
    for (; k < n; ++k) y[k] = x[index[k]];
    return;
  }
  for (int64_t k = 0; k < n; ++k, x += x_stride) y[k] = x[index[k] * step];
}

}  // namespace

void gather(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& y) {
  if (index.numel() == 0) return;
  const Tensor from = along(x, dim, index);
  const LoopPlan plan(y.sizes(), {&y, &index, &from});
  const int64_t step = x.dim() == 0 ? 0 : x.strides()[dim];
  const auto run = [&](auto tag) {
    using T = decltype(tag);
    constexpr auto kSize = static_cast<int64_t>(sizeof(T));
    const int64_t step_bytes = step * kSize;
    parallel_for_each_run(plan, 16384, [&](char* const* data, const int64_t* strides, int64_t n) {
      if (strides[0] == kSize && strides[1] == 8 && strides[2] % kSize == 0) {
        return take_line(reinterpret_cast<const T*>(data[2]), strides[2] / kSize,
                         reinterpret_cast<const int64_t*>(data[1]), step, n,
                         reinterpret_cast<T*>(data[0]));
      }
      for (int64_t k = 0; k < n; ++k) {
        const int64_t at = *reinterpret_cast<const int64_t*>(data[1] + k * strides[1]);
        *reinterpret_cast<T*>(data[0] + k * strides[0]) =
            *reinterpret_cast<const T*>(data[2] + k * strides[2] + at * step_bytes);
      }
    });
  };
  switch (x.element_size()) {
    case 1:
      return run(uint8_t{});
    case 2:
      return run(uint16_t{});
    case 4:
      return run(uint32_t{});
    default:
      return run(uint64_t{});
  }
}

void scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src, Scatter mode) {
  if (index.numel() == 0) return;
  if (x.dim() == 0) {
    // Every index is 0.
    const auto as_list = [](const Tensor& t, int64_t stride) {
      return make_view(t, {std::max<int64_t>(t.numel(), 1)}, {stride}, t.storage_offset());
    };
    const auto stride_of = [](const Tensor& t) { return t.dim() == 0 ? 1 : t.strides()[0]; };
    scatter(as_list(x, 1), 0, as_list(index, stride_of(index)), as_list(src, stride_of(src)), mode);
    return;
  }
  switch (mode) {
    case Scatter::Set:
      return scatter_mode<Scatter::Set>(x, dim, index, src);
    case Scatter::Add:
      return scatter_mode<Scatter::Add>(x, dim, index, src);
    case Scatter::Multiply:
      return scatter_mode<Scatter::Multiply>(x, dim, index, src);
    case Scatter::Amin:
      return scatter_mode<Scatter::Amin>(x, dim, index, src);
    case Scatter::Amax:
      return scatter_mode<Scatter::Amax>(x, dim, index, src);
  }
}

namespace {

constexpr int64_t kNonzeroGrain = 32768;

// The row-major places of the elements of x that are not zero.
template <class T>
Tensor find_nonzero(const T* x, int64_t n) {
  const Chunks chunks = chunks_of(n, kNonzeroGrain);
  std::vector<int64_t> starts(chunks.count + 1, 0);
  parallel_for(n, kNonzeroGrain, [&](int64_t begin, int64_t end) {
    int64_t count = 0;
    for (int64_t i = begin; i < end; ++i) count += x[i] != T(0);
    starts[begin / chunks.size + 1] = count;
  });
  for (int64_t i = 0; i < chunks.count; ++i) starts[i + 1] += starts[i];
  Tensor y = empty({starts.back()}, kLong);
  int64_t* const out = y.data_ptr<int64_t>();
  parallel_for(n, kNonzeroGrain, [&](int64_t begin, int64_t end) {
    int64_t at = starts[begin / chunks.size];
    // No branch on the elements, which may be random: every place is written down, and what is not
    // wanted is overwritten by the next.
    constexpr int64_t kBatch = 512;
    int64_t found[kBatch];
    for (int64_t i = begin; i < end; i += kBatch) {
      const int64_t last = std::min(i + kBatch, end);
      int64_t count = 0;
      for (int64_t j = i; j < last; ++j) {
        found[count] = j;
        count += x[j] != T(0);
      }
      std::copy_n(found, count, out + at);
      at += count;
    }
  });
  return y;
}

}  // namespace

Tensor nonzero_flat(const Tensor& x) {
  const Tensor list = x.contiguous();
  Tensor y;
  dispatch_all("nonzero", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    y = find_nonzero(static_cast<const T*>(list.data_ptr()), list.numel());
  });
  return y;
}

Tensor nonzero(const Tensor& x) {
  const Tensor places = nonzero_flat(x);
  const int64_t count = places.numel(), rank = x.dim();
  Tensor y = empty({rank, count}, kLong);
  const int64_t* const in = places.data_ptr<int64_t>();
  int64_t* const out = y.data_ptr<int64_t>();
  const DimVector sizes = to_dims(x.sizes());
  parallel_for(count, 8192, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t rest = in[i];
      for (int64_t d = rank; d-- > 0;) {
        out[d * count + i] = rest % sizes[d];
        rest /= sizes[d];
      }
    }
  });
  return y;
}

}  // namespace gradus::kernel
