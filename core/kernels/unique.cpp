#include "core/kernels/unique.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/dispatch.h"
#include "core/kernels/gather.h"
#include "core/kernels/sort.h"
#include "core/kernels/sort_key.h"

namespace gradus::kernel {

Tensor slice_order(const Tensor& x) {
  const int64_t n = x.size(0), m = x.size(1);
  Tensor order = empty({n}, kLong);
  int64_t* const first = order.data_ptr<int64_t>();
  std::iota(first, first + n, int64_t{0});
  dispatch_all("unique", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    std::stable_sort(first, first + n, [&](int64_t a, int64_t b) {
      for (int64_t j = 0; j < m; ++j) {
        const auto key_a = SortKey<T>::of(from[a * m + j]);
        const auto key_b = SortKey<T>::of(from[b * m + j]);
        if (key_a != key_b) return key_a < key_b;
      }
      return false;
    });
  });
  return order;
}

Tensor run_starts(const Tensor& x) {
  const int64_t n = x.size(0), m = x.size(1);
  const Tensor begins = empty({n}, kBool);
  bool* const out = begins.data_ptr<bool>();
  dispatch_all("unique", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    parallel_for(n, std::max<int64_t>(1, 32768 / m), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const T* const slice = from + i * m;
        out[i] = i == 0 || !std::equal(slice, slice + m, slice - m);
      }
    });
  });
  return nonzero_flat(begins);
}

Tensor run_lengths(const Tensor& starts, int64_t n) {
  const int64_t runs = starts.numel();
  Tensor lengths = empty({runs}, kLong);
  const int64_t* const at = starts.data_ptr<int64_t>();
  int64_t* const out = lengths.data_ptr<int64_t>();
  for (int64_t r = 0; r < runs; ++r) out[r] = (r + 1 < runs ? at[r + 1] : n) - at[r];
  return lengths;
}

Tensor run_numbers(const Tensor& starts, int64_t n, const Tensor& order) {
  Tensor numbers = empty({n}, kLong);
  const int64_t* const at = starts.data_ptr<int64_t>();
  const int64_t* const last = at + starts.numel();
  const int64_t* const place = order.defined() ? order.data_ptr<int64_t>() : nullptr;
  int64_t* const out = numbers.data_ptr<int64_t>();
  parallel_for(n, 16384, [&](int64_t begin, int64_t end) {
    const int64_t* next = std::upper_bound(at, last, begin);
    for (int64_t i = begin; i < end; ++i) {
      while (next != last && *next <= i) ++next;
      out[place != nullptr ? place[i] : i] = next - at - 1;
    }
  });
  return numbers;
}

}  // namespace gradus::kernel
