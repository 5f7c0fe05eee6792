#include "core/kernels/sort.h"

#include "core/kernels/dispatch.h"
#include "core/kernels/sort_key.h"

namespace gradus::kernel {

namespace {

template <class T, class Item>
void sort_long_row(const RowView<T, Item>& row, int64_t n, Item* items, Item* other, T* values,
                   int64_t* indices) {
  parallel_for(n, kSortGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) items[i] = row.item(i);
  });
  const Item* const sorted = sort_items_parallel<RowView<T, Item>::kDigits>(items, other, n);
  parallel_for(n, kSortGrain,
               [&](int64_t begin, int64_t end) { row.write(sorted, begin, end, values, indices); });
}

}  // namespace

void sort_rows(const Tensor& x, bool descending, const Tensor& values, const Tensor& indices) {
  if (x.numel() == 0) return;
  const int64_t n = x.size(-1), rows = x.numel() / n;
  dispatch_all("sort", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const to = values.data_ptr<T>();
    int64_t* const index = indices.data_ptr<int64_t>();
    with_item<T>(n, [&](auto item) {
      using Item = decltype(item);
      if (n >= kLongRow) {
        const Scratch<Item> scratch(2 * n);
        for (int64_t r = 0; r < rows; ++r) {
          sort_long_row(RowView<T, Item>(from + r * n, descending), n, scratch.data(),
                        scratch.data() + n, to + r * n, index + r * n);
        }
        return;
      }
      for_each_short_row<Item>(rows, n, 2 * n, [&](int64_t r, Item* items) {
        const RowView<T, Item> row(from + r * n, descending);
        for (int64_t i = 0; i < n; ++i) items[i] = row.item(i);
        sort_items<RowView<T, Item>::kDigits>(items, items + n, n);
        row.write(items, 0, n, to + r * n, index + r * n);
      });
    });
  });
}

void mode_rows(const Tensor& sorted, const Tensor& sorted_indices, const Tensor& values,
               const Tensor& indices) {
  const int64_t n = sorted.size(-1), rows = values.numel();
  dispatch_all("mode", sorted.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const x = sorted.data_ptr<T>();
    const int64_t* const order = sorted_indices.data_ptr<int64_t>();
    T* const value = values.data_ptr<T>();
    int64_t* const index = indices.data_ptr<int64_t>();
    parallel_for(rows, std::max<int64_t>(1, 16384 / n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T* const row = x + r * n;
        int64_t most = 0, last = 0, first = 0;
        for (int64_t i = 1; i <= n; ++i) {
          if (i < n && SortKey<T>::of(row[i]) == SortKey<T>::of(row[first])) continue;
          if (i - first > most) {
            most = i - first;
            last = i - 1;
          }
          first = i;
        }
        value[r] = row[last];
        index[r] = order[r * n + last];
      }
    });
  });
}

}  // namespace gradus::kernel
