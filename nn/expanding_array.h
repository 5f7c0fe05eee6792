#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/array_ref.h"
#include "core/export.h"

namespace gradus {

namespace detail {
// Throws Error, which names `what`, unless there are D values, or one.
GRADUS_API void check_expandable(const char* what, size_t count, size_t D);
}  // namespace detail

/// D values of which one may stand for all: `kernel_size(3)` is `kernel_size({3, 3})`.
template <size_t D, class T = int64_t>
class ExpandingArray {
 public:
  ExpandingArray(T value) { values_.fill(value); }
  ExpandingArray(std::initializer_list<T> values) : ExpandingArray(ArrayRef<T>(values)) {}
  ExpandingArray(const std::vector<T>& values) : ExpandingArray(ArrayRef<T>(values)) {}
  ExpandingArray(const std::array<T, D>& values) : values_(values) {}
  /// @throws Error unless there are D values, or one
  ExpandingArray(ArrayRef<T> values) {
    detail::check_expandable("an argument", values.size(), D);
    for (size_t i = 0; i < D; ++i) values_[i] = values[values.size() == 1 ? 0 : i];
  }

  operator ArrayRef<T>() const { return ArrayRef<T>(values_.data(), D); }
  T& operator[](size_t i) { return values_[i]; }
  const T& operator[](size_t i) const { return values_[i]; }
  const T* data() const { return values_.data(); }
  static constexpr size_t size() { return D; }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  std::array<T, D>& operator*() { return values_; }
  const std::array<T, D>& operator*() const { return values_; }
  bool operator==(const ExpandingArray& other) const { return values_ == other.values_; }

 private:
  std::array<T, D> values_;
};

}  // namespace gradus
