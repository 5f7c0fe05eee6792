// The first k elements of an order, or the k-th one, without sorting the rest.

#include <type_traits>

#include "core/kernels/dispatch.h"
#include "core/kernels/sort.h"
#include "core/kernels/sort_key.h"

namespace gradus::kernel {

namespace {

// Elements that are compared at once.
constexpr int64_t kBlock = 16;

// Whether one of the kBlock elements from x[i] comes before `bound` in the row's order; where there
// are NaNs the answer may be yes without reason.
template <class T, class Item>
bool any_before(const RowView<T, Item>& row, int64_t i, T bound) {
  const T* const x = row.x + i;
  int any = 0;
  if (row.flip != 0) {
    for (int64_t j = 0; j < kBlock; ++j) any |= static_cast<int>(!(x[j] <= bound));
  } else {
    for (int64_t j = 0; j < kBlock; ++j) any |= static_cast<int>(!(x[j] >= bound));
  }
  return any != 0;
}

// The first k elements of what is offered: a sorted list where k is small, else a buffer of `room`
// > k items that is thinned out when it is full.
template <class Item>
class Best {
 public:
  Best(Item* items, int64_t k, int64_t room) : items_(items), k_(k), room_(room) {}

  void offer(Item item) {
    if (!(count_ < k_ || item < bound_)) return;
    if (k_ <= kSortedList) return insert(item);
    items_[count_++] = item;
    if (count_ == room_) thin_out();
    if (count_ == k_ && !bounded_) thin_out();
  }
  /// What does not come before it need not be offered. Null while there are fewer than k.
  const Item* bound() const { return bounded_ ? &bound_ : nullptr; }
  /// How many items there are, not more than k.
  int64_t finish() {
    if (count_ > k_) thin_out();
    return count_;
  }

 private:
  static constexpr int64_t kSortedList = 24;

  void insert(Item item) {
    int64_t i = count_ < k_ ? count_++ : k_ - 1;
    for (; i > 0 && item < items_[i - 1]; --i) items_[i] = items_[i - 1];
    items_[i] = item;
    bounded_ = count_ == k_;
    bound_ = items_[count_ - 1];
  }
  void thin_out() {
    std::nth_element(items_, items_ + (k_ - 1), items_ + count_);
    bound_ = items_[k_ - 1];
    bounded_ = true;
    count_ = k_;
  }

  Item* items_;
  int64_t k_, room_, count_ = 0;
  Item bound_{};
  bool bounded_ = false;
};

constexpr int64_t room_for(int64_t k) {
  return 2 * k + 64;
}

// Offers elements [begin, end) of a row. Most do not come before the bound, which a comparison of
// whole blocks tells without their keys.
template <class T, class Item>
void offer_all(const RowView<T, Item>& row, int64_t begin, int64_t end, Best<Item>& best) {
  for (int64_t i = begin; i < end;) {
    const int64_t stop = std::min(i + kBlock, end);
    if constexpr (std::is_arithmetic_v<T>) {
      const Item* const bound = best.bound();
      if (bound != nullptr && stop - i == kBlock && !any_before(row, i, row.value(*bound))) {
        i = stop;
        continue;
      }
    }
    for (; i < stop; ++i) best.offer(row.item(i));
  }
}

template <class T, class Item>
void topk_long_row(const RowView<T, Item>& row, int64_t n, int64_t k, Item* items, T* values,
                   int64_t* indices) {
  // Each chunk has a part of `items`; the best of all follow from the best of each.
  const Chunks chunks = chunks_of(n, kSortGrain);
  const int64_t room = room_for(k);
  int64_t counts[kMaxChunks] = {};
  parallel_for(n, kSortGrain, [&](int64_t begin, int64_t end) {
    const int64_t chunk = begin / chunks.size;
    Best<Item> best(items + chunk * room, k, room);
    offer_all(row, begin, end, best);
    counts[chunk] = best.finish();
  });
  Item* end = items + counts[0];
  for (int64_t c = 1; c < chunks.count; ++c) {
    end = std::copy(items + c * room, items + c * room + counts[c], end);
  }
  std::partial_sort(items, items + k, end);
  row.write(items, 0, k, values, indices);
}

}  // namespace

void topk_rows(const Tensor& x, int64_t k, bool largest, const Tensor& values,
               const Tensor& indices) {
  if (x.numel() == 0 || k == 0) return;
  const int64_t n = x.size(-1), rows = x.numel() / n;
  const Chunks chunks = chunks_of(n, kSortGrain);
  const bool is_long = n >= kLongRow;
  if (is_long && k > n / (8 * chunks.count)) {
    const Tensor sorted = empty({rows, n}, x.dtype()), order = empty({rows, n}, kLong);
    sort_rows(x, largest, sorted, order);
    for (int64_t r = 0; r < rows; ++r) {
      const auto size = static_cast<int64_t>(x.element_size());
      std::memcpy(static_cast<char*>(values.data_ptr()) + r * k * size,
                  static_cast<const char*>(sorted.data_ptr()) + r * n * size,
                  static_cast<size_t>(k * size));
      std::copy_n(order.data_ptr<int64_t>() + r * n, k, indices.data_ptr<int64_t>() + r * k);
    }
    return;
  }
  dispatch_all("topk", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const to = values.data_ptr<T>();
    int64_t* const index = indices.data_ptr<int64_t>();
    with_item<T>(n, [&](auto item) {
      using Item = decltype(item);
      if (is_long) {
        const Scratch<Item> scratch(chunks.count * room_for(k));
        for (int64_t r = 0; r < rows; ++r) {
          topk_long_row(RowView<T, Item>(from + r * n, largest), n, k, scratch.data(), to + r * k,
                        index + r * k);
        }
        return;
      }
      const bool most = k > n / 4;  // then sorting all costs no more
      const int64_t room = most ? n : room_for(k);
      for_each_short_row<Item>(rows, n, 2 * room, [&](int64_t r, Item* items) {
        const RowView<T, Item> row(from + r * n, largest);
        if (most) {
          for (int64_t i = 0; i < n; ++i) items[i] = row.item(i);
          sort_items<RowView<T, Item>::kDigits>(items, items + room, n);
        } else {
          Best<Item> best(items, k, room);
          offer_all(row, 0, n, best);
          best.finish();
          std::sort(items, items + k);
        }
        row.write(items, 0, k, to + r * k, index + r * k);
      });
    });
  });
}

namespace {

template <class T>
int64_t count_nan(const T* x, int64_t n) {
  if constexpr (kIsFloat<T>) {
    return parallel_reduce(
        n, kSortGrain, int64_t{0},
        [&](int64_t begin, int64_t end) {
          int64_t count = 0;
          for (int64_t i = begin; i < end; ++i) count += x[i] != x[i];
          return count;
        },
        [](int64_t a, int64_t b) { return a + b; });
  }
  return 0;
}

// The place in ascending order of the element that `rank` asks for, from 0.
template <class T>
int64_t place_of(Rank rank, int64_t k, const T* x, int64_t n) {
  if (rank == Rank::Kth) return k;
  const int64_t nans = count_nan(x, n);
  if (nans == 0) return (n - 1) / 2;
  if (rank == Rank::Median) return n - nans;
  return nans == n ? 0 : (n - nans - 1) / 2;
}

// Items are told apart by the leading bits of their keys first.
template <class T>
struct Leading {
  static constexpr int kBits = 8 * sizeof(T) < 11 ? 8 * sizeof(T) : 11;
  static constexpr int kShift = 8 * sizeof(T) - kBits;
  static constexpr int64_t kBuckets = int64_t{1} << kBits;
};

// Note [Which of equals]
// Where several elements equal the one that is looked for, the index is PyTorch's: for medians that
// of a stable sort, for kthvalue of what its quickselect leaves at place k. That runs only then.

// Hoare's quickselect with the median of three as pivot, by keys alone: a[k] is the item looked
// for. False where it takes much longer than it should.
template <class Item>
bool quick_select(Item* a, int64_t n, int64_t k) {
  const auto order = [&](int64_t low, int64_t high) {
    if (a[low].key() > a[high].key()) std::swap(a[low], a[high]);
  };
  int64_t left = 0, right = n - 1, work = 64 * n;
  while (right > left + 1) {
    work -= right - left;
    if (work < 0) return false;
    std::swap(a[left + (right - left) / 2], a[left + 1]);
    order(left + 1, right);
    order(left, right);
    order(left + 1, left);  // the pivot is a[left], with ends that stop both walks
    const uint64_t pivot = a[left].key();
    int64_t i = left + 1, j = right;
    for (;;) {
      do ++i;
      while (a[i].key() < pivot);
      do --j;
      while (a[j].key() > pivot);
      if (j < i) break;
      std::swap(a[i], a[j]);
    }
    std::swap(a[left], a[j]);
    if (j <= k) left = i;
    if (j >= k) right = j - 1;
  }
  if (right == left + 1) order(left, right);
  return true;
}

// `found`, the k-th item, or that of its equals that PyTorch names. The first `count` of `items`
// are among others all of its equals.
template <class T, class Item>
Item among_equals(Rank rank, const RowView<T, Item>& row, int64_t n, int64_t k, Item found,
                  int64_t count, Item* items) {
  if (rank != Rank::Kth) return found;
  int64_t equals = 0;
  for (int64_t i = 0; i < count; ++i) equals += items[i].key() == found.key();
  if (equals < 2) return found;
  for (int64_t i = 0; i < n; ++i) items[i] = row.item(i);
  return quick_select(items, n, k) ? items[k] : found;
}

// The k-th item of a row: those that share its leading bits are found by counting.
template <class T, class Item>
Item select_short_row(Rank rank, const RowView<T, Item>& row, int64_t n, int64_t k, Item* items) {
  const int64_t place = k;
  int64_t count = n;
  if (n <= 256) {
    for (int64_t i = 0; i < n; ++i) items[i] = row.item(i);
  } else {
    constexpr int kShift = Leading<T>::kShift;
    uint32_t counts[Leading<T>::kBuckets] = {};
    for (int64_t i = 0; i < n; ++i) ++counts[row.item(i).key() >> kShift];
    uint64_t bucket = 0;
    for (; k >= counts[bucket]; ++bucket) k -= counts[bucket];
    // Each is written down, and overwritten by the next unless it is in the bucket.
    count = 0;
    for (int64_t i = 0; i < n; ++i) {
      const Item item = row.item(i);
      items[count] = item;
      count += item.key() >> kShift == bucket;
    }
  }
  std::nth_element(items, items + k, items + count);
  return among_equals(rank, row, n, place, items[k], count, items);
}

// The same on all threads.
template <class T, class Item>
Item select_long_row(Rank rank, const RowView<T, Item>& row, int64_t n, int64_t k, Item* items) {
  const int64_t place = k;
  constexpr int kShift = Leading<T>::kShift;
  constexpr int64_t kBuckets = Leading<T>::kBuckets;
  const Chunks chunks = chunks_of(n, kSortGrain);
  const Tensor table = zeros({chunks.count, kBuckets}, kLong);
  int64_t* const counts = table.data_ptr<int64_t>();
  parallel_for(n, kSortGrain, [&](int64_t begin, int64_t end) {
    int64_t* const mine = counts + begin / chunks.size * kBuckets;
    for (int64_t i = begin; i < end; ++i) ++mine[row.item(i).key() >> kShift];
  });
  uint64_t bucket = 0;
  for (int64_t before = 0;; ++bucket) {
    int64_t count = 0;
    for (int64_t c = 0; c < chunks.count; ++c) {
      count += counts[c * kBuckets + static_cast<int64_t>(bucket)];
    }
    if (k < before + count) {
      k -= before;
      break;
    }
    before += count;
  }
  int64_t starts[kMaxChunks + 1] = {};
  for (int64_t c = 0; c < chunks.count; ++c) {
    starts[c + 1] = starts[c] + counts[c * kBuckets + static_cast<int64_t>(bucket)];
  }
  parallel_for(n, kSortGrain, [&](int64_t begin, int64_t end) {
    Item* out = items + starts[begin / chunks.size];
    for (int64_t i = begin; i < end; ++i) {
      const Item item = row.item(i);
      if (item.key() >> kShift == bucket) *out++ = item;
    }
  });
  const int64_t count = starts[chunks.count];
  std::nth_element(items, items + k, items + count);
  return among_equals(rank, row, n, place, items[k], count, items);
}

}  // namespace

void select_rows(const Tensor& x, Rank rank, int64_t k, const Tensor& values,
                 const Tensor& indices) {
  const int64_t n = x.size(-1), rows = values.numel();
  if (rows == 0) return;
  dispatch_all("select", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const value = values.data_ptr<T>();
    int64_t* const index = indices.data_ptr<int64_t>();
    with_item<T>(n, [&](auto item) {
      using Item = decltype(item);
      using Row = RowView<T, Item>;
      if (n >= kLongRow) {
        const Scratch<Item> scratch(n);
        for (int64_t r = 0; r < rows; ++r) {
          const Row row(from + r * n, /*descending=*/false);
          const Item found =
              select_long_row(rank, row, n, place_of(rank, k, row.x, n), scratch.data());
          row.write(&found, 0, 1, value + r, index + r);
        }
        return;
      }
      for_each_short_row<Item>(rows, n, n, [&](int64_t r, Item* items) {
        const Row row(from + r * n, /*descending=*/false);
        const Item found = select_short_row(rank, row, n, place_of(rank, k, row.x, n), items);
        row.write(&found, 0, 1, value + r, index + r);
      });
    });
  });
}

}  // namespace gradus::kernel
