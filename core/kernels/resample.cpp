#include "core/kernels/resample.h"

#include <algorithm>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

int64_t slices_per_task(int64_t slice) {
  return std::max<int64_t>(1, 16384 / std::max<int64_t>(slice, 1));
}

}  // namespace

Tensor resample(const Tensor& x, const ResampleTaps& taps) {
  const int64_t outer = x.size(0), inner = x.size(2);
  Tensor y = empty({outer, taps.out, inner}, x.dtype());
  dispatch_floating("upsample", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Sum = Accumulator<T>;
    const T* const from = static_cast<const T*>(x.data_ptr());
    T* const to = static_cast<T*>(y.data_ptr());
    const std::vector<Sum> weights(taps.weights.begin(), taps.weights.end());
    parallel_for(outer, slices_per_task(taps.out * inner), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const T* const in = from + o * taps.in * inner;
        for (int64_t i = 0; i < taps.out; ++i) {
          T* const out = to + (o * taps.out + i) * inner;
          const int64_t* const places = taps.places.data() + i * taps.count;
          const Sum* const w = weights.data() + i * taps.count;
          for (int64_t j = 0; j < inner; ++j) {
            Sum sum = 0;
            for (int64_t k = 0; k < taps.count; ++k)
              sum += w[k] * static_cast<Sum>(in[places[k] * inner + j]);
            out[j] = static_cast<T>(sum);
          }
        }
      }
    });
  });
  return y;
}

Tensor resample_backward(const Tensor& dy, const ResampleTaps& taps) {
  const int64_t outer = dy.size(0), inner = dy.size(2);
  Tensor dx = empty({outer, taps.in, inner}, dy.dtype());
  dispatch_floating("upsample", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Sum = Accumulator<T>;
    const T* const from = static_cast<const T*>(dy.data_ptr());
    T* const to = static_cast<T*>(dx.data_ptr());
    const std::vector<Sum> weights(taps.weights.begin(), taps.weights.end());
    const int64_t size = taps.in * inner;
    parallel_for(outer, slices_per_task(taps.out * inner), [&](int64_t begin, int64_t end) {
      const Buffer buffer(sizeof(Sum) * static_cast<size_t>(size));
      Sum* const sum = buffer.as<Sum>();
      for (int64_t o = begin; o < end; ++o) {
        std::fill_n(sum, size, Sum(0));
        for (int64_t i = 0; i < taps.out; ++i) {
          const T* const in = from + (o * taps.out + i) * inner;
          for (int64_t k = 0; k < taps.count; ++k) {
            const Sum w = weights[static_cast<size_t>(i * taps.count + k)];
            Sum* const out = sum + taps.places[static_cast<size_t>(i * taps.count + k)] * inner;
            for (int64_t j = 0; j < inner; ++j) out[j] += w * static_cast<Sum>(in[j]);
          }
        }
        for (int64_t j = 0; j < size; ++j) to[o * size + j] = static_cast<T>(sum[j]);
      }
    });
  });
  return dx;
}

}  // namespace gradus::kernel
