#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "core/export.h"
#include "core/format.h"
#include "core/inline_vector.h"

namespace gradus {

using std::nullopt;
using std::optional;

/// A view of consecutive elements that somebody else owns, as c10::ArrayRef: for parameters, not
/// for keeping.
template <class T>
class ArrayRef {
 public:
  using value_type = T;

  constexpr ArrayRef() = default;
  constexpr ArrayRef(const T& value) : data_(&value), size_(1) {}
  constexpr ArrayRef(const T* data, size_t size) : data_(data), size_(size) {}
  constexpr ArrayRef(std::initializer_list<T> values)
      : data_(values.size() == 0 ? nullptr : &*std::begin(values)), size_(values.size()) {}
  ArrayRef(const std::vector<T>& values) : data_(values.data()), size_(values.size()) {}
  template <size_t N>
  constexpr ArrayRef(const std::array<T, N>& values) : data_(values.data()), size_(N) {}
  /// Empty where there is none, which for dims of a reduction means all. Templates, so that `{}`
  /// stays what it is.
  template <class None, class = std::enable_if_t<std::is_same_v<None, std::nullopt_t>>>
  constexpr ArrayRef(None) {}
  template <class Optional,
            class = std::enable_if_t<std::is_same_v<Optional, std::optional<T>> ||
                                     std::is_same_v<Optional, std::optional<ArrayRef>>>>
  constexpr ArrayRef(const Optional& values) : ArrayRef(values ? ArrayRef(*values) : ArrayRef()) {}
  template <size_t N>
  ArrayRef(const InlineVector<T, N>& values) : data_(values.data()), size_(values.size()) {}

  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T* data() const { return data_; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size_; }
  constexpr std::reverse_iterator<const T*> rbegin() const {
    return std::reverse_iterator<const T*>(end());
  }
  constexpr std::reverse_iterator<const T*> rend() const {
    return std::reverse_iterator<const T*>(begin());
  }
  constexpr const T& operator[](size_t i) const { return data_[i]; }
  /// @throws std::out_of_range
  constexpr const T& at(size_t i) const {
    if (i >= size_) throw std::out_of_range("ArrayRef::at");
    return data_[i];
  }
  constexpr const T& front() const { return data_[0]; }
  constexpr const T& back() const { return data_[size_ - 1]; }
  constexpr ArrayRef slice(size_t begin, size_t count) const { return {data_ + begin, count}; }
  constexpr ArrayRef drop_front(size_t count = 1) const { return slice(count); }
  constexpr ArrayRef drop_back(size_t count = 1) const { return slice(0, size_ - count); }
  constexpr ArrayRef slice(size_t begin) const { return {data_ + begin, size_ - begin}; }
  std::vector<T> vec() const { return std::vector<T>(begin(), end()); }

  constexpr bool equals(ArrayRef other) const {
    if (size_ != other.size_) return false;
    for (size_t i = 0; i < size_; ++i) {
      if (!(data_[i] == other.data_[i])) return false;
    }
    return true;
  }

 private:
  const T* data_ = nullptr;
  size_t size_ = 0;
};

using IntArrayRef = ArrayRef<int64_t>;

/// An ArrayRef or none, as c10::OptionalArrayRef: for parameters.
template <class T>
class OptionalArrayRef {
 public:
  constexpr OptionalArrayRef() = default;
  constexpr OptionalArrayRef(std::nullopt_t) {}
  constexpr OptionalArrayRef(ArrayRef<T> values) : values_(values), has_value_(true) {}
  constexpr OptionalArrayRef(const T& value) : values_(value), has_value_(true) {}
  constexpr OptionalArrayRef(std::initializer_list<T> values)
      : OptionalArrayRef(ArrayRef<T>(values)) {}
  OptionalArrayRef(const std::vector<T>& values) : OptionalArrayRef(ArrayRef<T>(values)) {}
  constexpr bool has_value() const { return has_value_; }
  constexpr explicit operator bool() const { return has_value_; }
  /// @throws std::bad_optional_access where there is none
  constexpr ArrayRef<T> value() const {
    if (!has_value_) throw std::bad_optional_access();
    return values_;
  }
  constexpr const ArrayRef<T>& operator*() const { return values_; }
  constexpr const ArrayRef<T>* operator->() const { return &values_; }
  /// Empty where there is none: ops that reduce take that as all dims.
  constexpr operator ArrayRef<T>() const { return values_; }

 private:
  ArrayRef<T> values_;
  bool has_value_ = false;
};
using OptionalIntArrayRef = OptionalArrayRef<int64_t>;

inline constexpr bool operator==(IntArrayRef a, IntArrayRef b) {
  return a.equals(b);
}
inline constexpr bool operator!=(IntArrayRef a, IntArrayRef b) {
  return !a.equals(b);
}

/// Rank up to which sizes and strides live inside the tensor.
inline constexpr size_t kInlineDims = 6;
/// Sizes, strides or dims of a tensor.
using DimVector = InlineVector<int64_t, kInlineDims>;

inline DimVector to_dims(IntArrayRef values) {
  return DimVector(values.begin(), values.end());
}

/// "[2, 3]".
GRADUS_API std::string to_string(IntArrayRef values);
GRADUS_API std::ostream& operator<<(std::ostream& stream, IntArrayRef values);

}  // namespace gradus

template <>
struct fmt::formatter<gradus::IntArrayRef> : gradus::detail::TextFormatter {
  auto format(gradus::IntArrayRef values, fmt::format_context& context) const {
    return write(gradus::to_string(values), context);
  }
};

template <>
struct fmt::formatter<gradus::DimVector> : fmt::formatter<gradus::IntArrayRef> {
  auto format(const gradus::DimVector& values, fmt::format_context& context) const {
    return fmt::formatter<gradus::IntArrayRef>::format(values, context);
  }
};
