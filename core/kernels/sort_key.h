#pragma once

// What the sorting kernels share: elements as unsigned integers whose order is that of Note [Order
// of elements], each together with its index. Included by the .cpp files of core/kernels only.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/dtype.h"
#include "core/factory.h"
#include "core/parallel.h"

namespace gradus::kernel {

template <class T>
inline constexpr bool kIsFloat =
    std::is_floating_point_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

template <size_t kSize>
using UnsignedOfSize = std::conditional_t<
    kSize == 1, uint8_t,
    std::conditional_t<kSize == 2, uint16_t, std::conditional_t<kSize == 4, uint32_t, uint64_t>>>;

/// Elements of type T as unsigned integers of the same size: key(a) < key(b) exactly where a comes
/// before b in ascending order.
template <class T>
struct SortKey {
  using Key = UnsignedOfSize<sizeof(T)>;
  static constexpr Key kSign = Key(Key(1) << (8 * sizeof(T) - 1));
  static constexpr Key kNan = Key(~Key(0));
  static constexpr Key kZero = std::is_signed_v<T> || kIsFloat<T> ? kSign : Key(0);
  // The bits of infinity without those of the mantissa below: what is above them is NaN.
  static constexpr Key kInfinity = std::is_same_v<T, double>  ? Key(0x7ff0000000000000u)
                                   : std::is_same_v<T, float> ? Key(0x7f800000u)
                                   : std::is_same_v<T, Half>  ? Key(0x7c00u)
                                                              : Key(0x7f80u);

  static Key of(T value) {
    Key bits;
    std::memcpy(&bits, &value, sizeof bits);
    if constexpr (kIsFloat<T>) {
      const Key magnitude = Key(bits & Key(~kSign));
      if (magnitude > kInfinity) return kNan;
      if (magnitude == 0) return kZero;
      return Key(bits ^ (bits & kSign ? Key(~Key(0)) : kSign));
    } else if constexpr (std::is_signed_v<T>) {
      return Key(bits ^ kSign);
    } else {
      return bits;
    }
  }

  /// The element that a key was made of; there are two zeros and many NaNs, so those are looked up.
  static T value(Key key, const T* x, uint64_t index) {
    Key bits = key;
    if constexpr (kIsFloat<T>) {
      if (key == kZero || key == kNan) return x[index];
      bits = Key(key ^ (key & kSign ? kSign : Key(~Key(0))));
    } else if constexpr (std::is_signed_v<T>) {
      bits = Key(key ^ kSign);
    }
    T value;
    std::memcpy(static_cast<void*>(&value), &bits, sizeof value);
    return value;
  }
};

/// A key of up to 32 bits and a 32-bit index, as one number: all are different, so every algorithm
/// sorts them stably.
struct PackedItem {
  uint64_t bits;

  PackedItem() = default;
  PackedItem(uint64_t key, uint64_t index) : bits(key << 32 | index) {}
  uint64_t key() const { return bits >> 32; }
  uint64_t index() const { return static_cast<uint32_t>(bits); }
  friend bool operator<(PackedItem a, PackedItem b) { return a.bits < b.bits; }
};

/// The same for keys of 64 bits, and for rows longer than a 32-bit index reaches.
struct WideItem {
  uint64_t key_;
  uint64_t index_;

  WideItem() = default;
  WideItem(uint64_t key, uint64_t index) : key_(key), index_(index) {}
  uint64_t key() const { return key_; }
  uint64_t index() const { return index_; }
  friend bool operator<(const WideItem& a, const WideItem& b) {
    return a.key_ < b.key_ || (a.key_ == b.key_ && a.index_ < b.index_);
  }
};

/// Rows of at least this many elements are worked on by all threads, one row after another; shorter
/// ones by one thread each.
inline constexpr int64_t kLongRow = 32768;
/// Elements of a long row that a thread takes at least.
inline constexpr int64_t kSortGrain = 16384;

/// One row in an order: ascending, or descending with its keys inverted.
template <class T, class Item>
struct RowView {
  using Keys = SortKey<T>;
  using Key = typename Keys::Key;
  static constexpr int kDigits = sizeof(Key);

  const T* x;
  Key flip;  // all ones where descending

  RowView(const T* row, bool descending) : x(row), flip(descending ? Key(~Key(0)) : Key(0)) {}

  Item item(int64_t i) const { return Item(Key(Keys::of(x[i]) ^ flip), static_cast<uint64_t>(i)); }
  T value(const Item& item) const {
    return Keys::value(Key(Key(item.key()) ^ flip), x, item.index());
  }
  void write(const Item* items, int64_t begin, int64_t end, T* values, int64_t* indices) const {
    for (int64_t i = begin; i < end; ++i) {
      values[i] = value(items[i]);
      indices[i] = static_cast<int64_t>(items[i].index());
    }
  }
};

/// Memory for `count` items: an owner and where it begins.
template <class Item>
class Scratch {
 public:
  explicit Scratch(int64_t count)
      : owner_(empty({count * static_cast<int64_t>(sizeof(Item) / 8)}, kLong)),
        data_(static_cast<Item*>(owner_.data_ptr())) {}
  Item* data() const { return data_; }

 private:
  Tensor owner_;
  Item* data_;
};

/// Sorts n items, whose keys have kDigits bytes and which come in the order of their indices.
/// @param other  room for n items
template <int kDigits, class Item>
void sort_items(Item* items, Item* other, int64_t n) {
  constexpr int64_t kComparisonSort = 160;  // below, counting digits costs more
  if (n <= kComparisonSort || n > INT32_MAX) {
    std::sort(items, items + n);
    return;
  }
  // Digit by digit from the least: all are counted in one pass.
  uint32_t counts[kDigits][256] = {};
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t key = items[i].key();
    for (int d = 0; d < kDigits; ++d) ++counts[d][key >> (8 * d) & 255];
  }
  Item* from = items;
  Item* to = other;
  for (int d = 0; d < kDigits; ++d) {
    uint32_t* const at = counts[d];
    if (at[from[0].key() >> (8 * d) & 255] == static_cast<uint32_t>(n)) continue;  // all alike
    uint32_t total = 0;
    for (int b = 0; b < 256; ++b) {
      const uint32_t count = at[b];
      at[b] = total;
      total += count;
    }
    for (int64_t i = 0; i < n; ++i) to[at[from[i].key() >> (8 * d) & 255]++] = from[i];
    std::swap(from, to);
  }
  if (from != items) std::copy(from, from + n, items);
}

/// The same on all threads, for items in their order of indices. Returns where the result lies:
/// in `items` or in `other`.
template <int kDigits, class Item>
Item* sort_items_parallel(Item* items, Item* other, int64_t n) {
  const Chunks chunks = chunks_of(n, kSortGrain);
  const Tensor places = empty({chunks.count, 256}, kLong);
  int64_t* const at = places.data_ptr<int64_t>();
  Item* from = items;
  Item* to = other;
  for (int d = 0; d < kDigits; ++d) {
    parallel_for(n, kSortGrain, [&](int64_t begin, int64_t end) {
      int64_t counts[256] = {};
      for (int64_t i = begin; i < end; ++i) ++counts[from[i].key() >> (8 * d) & 255];
      std::copy(counts, counts + 256, at + begin / chunks.size * 256);
    });
    // A digit's items of one chunk follow those of the chunks before.
    int64_t total = 0;
    bool alike = false;
    for (int b = 0; b < 256; ++b) {
      const int64_t first = total;
      for (int64_t c = 0; c < chunks.count; ++c) {
        const int64_t count = at[c * 256 + b];
        at[c * 256 + b] = total;
        total += count;
      }
      alike = alike || total - first == n;
    }
    if (alike) continue;
    parallel_for(n, kSortGrain, [&](int64_t begin, int64_t end) {
      int64_t next[256];
      std::copy_n(at + begin / chunks.size * 256, 256, next);
      for (int64_t i = begin; i < end; ++i) {
        to[next[from[i].key() >> (8 * d) & 255]++] = from[i];
      }
    });
    std::swap(from, to);
  }
  return from;
}

/// Calls f(Item()) with the smallest item for elements of type T in rows of n.
template <class T, class F>
void with_item(int64_t n, F&& f) {
  if constexpr (sizeof(T) <= 4) {
    if (n <= int64_t{UINT32_MAX}) {
      f(PackedItem());
      return;
    }
  }
  f(WideItem());
}

/// Calls body(row, scratch) for all rows, which are short; `scratch` has room for `room` items.
template <class Item, class F>
void for_each_short_row(int64_t rows, int64_t n, int64_t room, F&& body) {
  const int64_t grain = std::max<int64_t>(1, 2048 / std::max<int64_t>(n, 1));
  const Chunks chunks = chunks_of(rows, grain);
  const Scratch<Item> scratch(chunks.count * room);
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    Item* const mine = scratch.data() + begin / chunks.size * room;
    for (int64_t row = begin; row < end; ++row) body(row, mine);
  });
}

}  // namespace gradus::kernel
