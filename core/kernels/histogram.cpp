#include "core/kernels/histogram.h"

#include <algorithm>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

// add(i, counts) counts element i. Chunks count for themselves where that pays, and are added up in
// order.
template <class C, class Add>
void count_elements(int64_t n, C* counts, int64_t bins, Add add) {
  constexpr int64_t kGrain = 16384;
  const Chunks chunks = chunks_of(n, kGrain);
  if (chunks.count <= 1 || bins > n / chunks.count) {
    for (int64_t i = 0; i < n; ++i) add(i, counts);
    return;
  }
  const Tensor table = zeros({chunks.count, bins}, scalar_type_of<C>());
  C* const parts = table.data_ptr<C>();
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    C* const mine = parts + begin / chunks.size * bins;
    for (int64_t i = begin; i < end; ++i) add(i, mine);
  });
  for (int64_t c = 0; c < chunks.count; ++c) {
    for (int64_t b = 0; b < bins; ++b) counts[b] += parts[c * bins + b];
  }
}

}  // namespace

Tensor bincount(const Tensor& x, const Tensor& weights, int64_t bins) {
  Tensor y = zeros({bins}, weights.defined() ? weights.dtype() : kLong);
  const int64_t* const value = x.data_ptr<int64_t>();
  if (!weights.defined()) {
    count_elements(x.numel(), y.data_ptr<int64_t>(), bins,
                   [=](int64_t i, int64_t* counts) { ++counts[value[i]]; });
    return y;
  }
  dispatch_float_double("bincount", weights.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const weight = weights.data_ptr<T>();
    count_elements(x.numel(), y.data_ptr<T>(), bins,
                   [=](int64_t i, T* sums) { sums[value[i]] += weight[i]; });
  });
  return y;
}

Tensor histc(const Tensor& x, int64_t bins, double min, double max) {
  const Tensor counts = zeros({bins}, kLong);
  dispatch_floating("histc", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    const T* const from = x.data_ptr<T>();
    const A low = static_cast<A>(min), high = static_cast<A>(max), width = high - low;
    count_elements(x.numel(), counts.data_ptr<int64_t>(), bins, [=](int64_t i, int64_t* count) {
      const A value = static_cast<A>(from[i]);
      if (!(value >= low && value <= high)) return;
      const A place = (value - low) * static_cast<A>(bins) / width;
      const A end = static_cast<A>(bins);
      ++count[place >= end ? bins - 1
              : place > 0  ? std::min(static_cast<int64_t>(place), bins - 1)
                           : 0];
    });
  });
  return counts.to(x.dtype());
}

}  // namespace gradus::kernel
