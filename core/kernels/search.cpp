#include "core/kernels/search.h"

#include "core/kernels/dispatch.h"
#include "core/kernels/sort.h"
#include "core/kernels/sort_key.h"

namespace gradus::kernel {

namespace {

template <class T>
int64_t find_place(const T* boundaries, const int64_t* sorter, int64_t n, T value, bool right) {
  int64_t first = 0;
  // Without a branch on the values, which may be in any order.
  for (int64_t length = n; length > 0;) {
    const int64_t half = length / 2;
    const T boundary = boundaries[sorter != nullptr ? sorter[first + half] : first + half];
    // Written so that a NaN on either side counts as below.
    const bool below = !(right ? boundary > value : boundary >= value);
    const int64_t mask = -static_cast<int64_t>(below);
    first += mask & (half + 1);
    length = half - (mask & (2 * half + 1 - length));
  }
  return first;
}

}  // namespace

void searchsorted(const Tensor& boundaries, const Tensor& sorter, const Tensor& values, bool right,
                  const Tensor& places) {
  if (values.numel() == 0) return;
  const int64_t n = boundaries.size(-1);
  const bool shared = boundaries.dim() == 1;
  const int64_t per_row = shared ? values.numel() : values.size(-1);
  dispatch_all("searchsorted", boundaries.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = boundaries.data_ptr<T>();
    const int64_t* const order = sorter.defined() ? sorter.data_ptr<int64_t>() : nullptr;
    const T* const value = values.data_ptr<T>();
    const auto run = [&](auto* out) {
      using I = std::remove_reference_t<decltype(*out)>;
      parallel_for(values.numel(), 1024, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t row = i / per_row * n;
          out[i] = static_cast<I>(
              find_place(from + row, order != nullptr ? order + row : nullptr, n, value[i], right));
        }
      });
    };
    if (places.dtype() == kInt) {
      run(places.data_ptr<int32_t>());
    } else {
      run(places.data_ptr<int64_t>());
    }
  });
}

Tensor isin(const Tensor& x, const Tensor& tests, bool invert) {
  Tensor y = empty(x.sizes(), kBool);
  const int64_t count = tests.numel();
  const Tensor sorted = empty({count}, tests.dtype()), order = empty({count}, kLong);
  if (count > 0) sort_rows(tests, /*descending=*/false, sorted, order);
  dispatch_all("isin", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const first = static_cast<const T*>(sorted.data_ptr());
    const T* const last = first + count;
    const T* const from = static_cast<const T*>(x.data_ptr());
    bool* const out = y.data_ptr<bool>();
    const auto before = [](T a, T b) { return SortKey<T>::of(a) < SortKey<T>::of(b); };
    parallel_for(x.numel(), 1024, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const T* const at = std::lower_bound(first, last, from[i], before);
        out[i] = (at != last && *at == from[i]) != invert;
      }
    });
  });
  return y;
}

}  // namespace gradus::kernel
