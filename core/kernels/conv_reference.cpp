#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/conv_problem.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel::reference {
namespace {

// In every loop below x is [n, in..., c] and y [n, out..., o]; the weights are brought to
// [groups, kernel..., a, b], so that the innermost loop runs over neighbours.

// Integers wrap around.
template <class T>
using Sum = std::conditional_t<std::is_integral_v<T>, uint64_t, Accumulator<T>>;

// f(Tag) for floats and for Long, in whose place smaller integers are computed.
template <class F>
void dispatch(const char* op, ScalarType dtype, F&& f) {
  if (dtype == kLong) return f(Tag<int64_t>());
  dispatch_floating(op, dtype, std::forward<F>(f));
}

bool is_small_integer(ScalarType dtype) {
  return dtype != kLong && !is_floating_point(dtype);
}

// The place of the input that output `out` sees through kernel element `k`, or -1.
int64_t input_place(const ConvProblem& p, int d, int64_t out, int64_t k) {
  const int64_t i = out * p.stride[d] - p.padding[d] + k * p.dilation[d];
  return 0 <= i && i < p.in[d] ? i : -1;
}

// The output that sees input `in` through kernel element `k`, or -1.
int64_t output_place(const ConvProblem& p, int d, int64_t in, int64_t k) {
  const int64_t i = in + p.padding[d] - k * p.dilation[d];
  return i >= 0 && i % p.stride[d] == 0 && i / p.stride[d] < p.out[d] ? i / p.stride[d] : -1;
}

// w [o, c / groups, kernel...] as [groups, kernel..., c / groups, o / groups], or with the last two
// the other way round.
template <class T>
void arrange_weights(const ConvProblem& p, const T* w, bool outputs_last, Sum<T>* to) {
  const int64_t c = p.c / p.groups;
  const int64_t o = p.o / p.groups;
  const int64_t kernel = p.kernel_pixels();
  for (int64_t g = 0; g < p.groups; ++g) {
    for (int64_t k = 0; k < kernel; ++k) {
      for (int64_t i = 0; i < c; ++i) {
        for (int64_t j = 0; j < o; ++j) {
          const int64_t at = outputs_last ? i * o + j : j * c + i;
          to[(g * kernel + k) * c * o + at] =
              static_cast<Sum<T>>(w[((g * o + j) * c + i) * kernel + k]);
        }
      }
    }
  }
}

// Calls f(k0, k1, k2, index) for every kernel element.
template <class F>
void for_each_kernel_element(const ConvProblem& p, F&& f) {
  int64_t k = 0;
  for (int64_t k0 = 0; k0 < p.kernel[0]; ++k0) {
    for (int64_t k1 = 0; k1 < p.kernel[1]; ++k1) {
      for (int64_t k2 = 0; k2 < p.kernel[2]; ++k2) f(k0, k1, k2, k++);
    }
  }
}

// dst [pixels of `to`, channels] = sum over the kernel of src [pixels of `from`, channels] times
// w [groups, kernel, src channel, dst channel] (+ bias). `place` gives the source of a pixel.
template <class T, class Place>
void gather(const ConvProblem& p, const T* src, const int64_t (&from)[3], int64_t src_channels,
            T* dst, const int64_t (&to)[3], int64_t dst_channels, const Sum<T>* w, const T* bias,
            Place place) {
  const int64_t a = src_channels / p.groups;
  const int64_t b = dst_channels / p.groups;
  const int64_t kernel = p.kernel_pixels();
  const int64_t rows = p.n * to[0] * to[1];
  const int64_t row_cost = to[2] * kernel * a * dst_channels;
  parallel_for(rows, std::max<int64_t>(1, 20000 / row_cost), [&](int64_t begin, int64_t end) {
    const Buffer buffer(sizeof(Sum<T>) * static_cast<size_t>(dst_channels));
    Sum<T>* const sum = buffer.as<Sum<T>>();
    for (int64_t row = begin; row < end; ++row) {
      const int64_t n = row / (to[0] * to[1]);
      const int64_t t0 = row / to[1] % to[0];
      const int64_t t1 = row % to[1];
      for (int64_t t2 = 0; t2 < to[2]; ++t2) {
        for (int64_t j = 0; j < dst_channels; ++j)
          sum[j] = bias == nullptr ? Sum<T>(0) : static_cast<Sum<T>>(bias[j]);
        for_each_kernel_element(p, [&](int64_t k0, int64_t k1, int64_t k2, int64_t k) {
          const int64_t f0 = place(p, 0, t0, k0);
          const int64_t f1 = place(p, 1, t1, k1);
          const int64_t f2 = place(p, 2, t2, k2);
          if (f0 < 0 || f1 < 0 || f2 < 0) return;
          const T* const pixel =
              src + (((n * from[0] + f0) * from[1] + f1) * from[2] + f2) * src_channels;
          for (int64_t g = 0; g < p.groups; ++g) {
            for (int64_t i = 0; i < a; ++i) {
              const auto value = static_cast<Sum<T>>(pixel[g * a + i]);
              const Sum<T>* const weights = w + ((g * kernel + k) * a + i) * b;
              for (int64_t j = 0; j < b; ++j) sum[g * b + j] += value * weights[j];
            }
          }
        });
        T* const out = dst + (row * to[2] + t2) * dst_channels;
        for (int64_t j = 0; j < dst_channels; ++j) out[j] = static_cast<T>(sum[j]);
      }
    }
  });
}

// dw [groups, kernel, o / groups, c / groups] and db: each output channel is one task.
template <class T>
void weights_of_channel(const ConvProblem& p, const T* dy, const T* x, T* dw, T* db,
                        int64_t channel, Sum<T>* sum) {
  const int64_t c = p.c / p.groups;
  const int64_t g = channel / (p.o / p.groups);
  const int64_t kernel = p.kernel_pixels();
  std::fill_n(sum, kernel * c, Sum<T>(0));
  Sum<T> bias_sum = 0;
  for (int64_t n = 0; n < p.n; ++n) {
    for (int64_t pixel = 0; pixel < p.out_pixels(); ++pixel) {
      const auto value = static_cast<Sum<T>>(dy[(n * p.out_pixels() + pixel) * p.o + channel]);
      bias_sum += value;
      const int64_t o0 = pixel / (p.out[1] * p.out[2]);
      const int64_t o1 = pixel / p.out[2] % p.out[1];
      const int64_t o2 = pixel % p.out[2];
      for_each_kernel_element(p, [&](int64_t k0, int64_t k1, int64_t k2, int64_t k) {
        const int64_t i0 = input_place(p, 0, o0, k0);
        const int64_t i1 = input_place(p, 1, o1, k1);
        const int64_t i2 = input_place(p, 2, o2, k2);
        if (i0 < 0 || i1 < 0 || i2 < 0) return;
        const T* const from =
            x + (((n * p.in[0] + i0) * p.in[1] + i1) * p.in[2] + i2) * p.c + g * c;
        for (int64_t i = 0; i < c; ++i) sum[k * c + i] += value * static_cast<Sum<T>>(from[i]);
      });
    }
  }
  for (int64_t i = 0; i < c; ++i) {
    for (int64_t k = 0; k < kernel; ++k) {
      dw[(channel * c + i) * kernel + k] = static_cast<T>(sum[k * c + i]);
    }
  }
  if (db != nullptr) db[channel] = static_cast<T>(bias_sum);
}

}  // namespace

Tensor convolution(const Tensor& x, const Tensor& w, const Tensor& bias,
                   const ConvGeometry& geometry) {
  if (is_small_integer(x.dtype())) {
    return to_dtype(reference::convolution(to_dtype(x, kLong), to_dtype(w, kLong),
                                           to_dtype(bias, kLong), geometry),
                    x.dtype());
  }
  const ConvProblem p = convolution_problem(x.sizes(), w.sizes(), geometry);
  const Tensor src = to_channels_last(x);
  const Tensor weights = to_row_major(w);
  const Tensor b = bias.defined() ? to_row_major(bias) : bias;
  Tensor y = empty_channels_last(convolution_sizes(x.sizes(), w.sizes(), geometry), x.dtype());
  if (y.numel() == 0) return y;
  dispatch("convolution", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Buffer arranged(sizeof(Sum<T>) * static_cast<size_t>(w.numel()));
    arrange_weights(p, weights.data_ptr<T>(), /*outputs_last=*/true, arranged.as<Sum<T>>());
    gather(p, src.data_ptr<T>(), p.in, p.c, y.data_ptr<T>(), p.out, p.o, arranged.as<Sum<T>>(),
           b.defined() ? b.data_ptr<T>() : nullptr, input_place);
  });
  return y;
}

Tensor convolution_backward_data(const Tensor& dy, const Tensor& w, IntArrayRef x_sizes,
                                 const ConvGeometry& geometry) {
  if (is_small_integer(dy.dtype())) {
    return to_dtype(reference::convolution_backward_data(to_dtype(dy, kLong), to_dtype(w, kLong),
                                                         x_sizes, geometry),
                    dy.dtype());
  }
  const ConvProblem p = convolution_problem(x_sizes, w.sizes(), geometry);
  const Tensor src = to_channels_last(dy);
  const Tensor weights = to_row_major(w);
  Tensor dx = empty_channels_last(x_sizes, dy.dtype());
  if (dx.numel() == 0) return dx;
  dispatch("convolution_backward_data", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Buffer arranged(sizeof(Sum<T>) * static_cast<size_t>(w.numel()));
    arrange_weights(p, weights.data_ptr<T>(), /*outputs_last=*/false, arranged.as<Sum<T>>());
    gather(p, src.data_ptr<T>(), p.out, p.o, dx.data_ptr<T>(), p.in, p.c, arranged.as<Sum<T>>(),
           static_cast<const T*>(nullptr), output_place);
  });
  return dx;
}

std::pair<Tensor, Tensor> convolution_backward_weights(const Tensor& dy, const Tensor& x,
                                                       IntArrayRef w_sizes,
                                                       const ConvGeometry& geometry,
                                                       bool with_bias) {
  const ConvProblem p = convolution_problem(x.sizes(), w_sizes, geometry);
  const Tensor src = to_channels_last(x);
  const Tensor gradient = to_channels_last(dy);
  Tensor dw = empty(w_sizes, dy.dtype());
  Tensor db = with_bias ? empty({p.o}, dy.dtype()) : Tensor();
  dispatch_floating("convolution_backward_weights", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const int64_t channel_size = p.kernel_pixels() * (p.c / p.groups);
    const int64_t cost = std::max<int64_t>(1, p.n * p.out_pixels() * (channel_size + 1));
    parallel_for(p.o, std::max<int64_t>(1, 20000 / cost), [&](int64_t begin, int64_t end) {
      const Buffer sum(sizeof(Sum<T>) * static_cast<size_t>(channel_size));
      for (int64_t channel = begin; channel < end; ++channel) {
        weights_of_channel(p, gradient.data_ptr<T>(), src.data_ptr<T>(), dw.data_ptr<T>(),
                           with_bias ? db.data_ptr<T>() : nullptr, channel, sum.as<Sum<T>>());
      }
    });
  });
  return {dw, db};
}

}  // namespace gradus::kernel::reference
