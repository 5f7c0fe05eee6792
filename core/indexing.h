#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/tensor.h"

/// What stands between the brackets of `x[...]` in Python: `x.index({"...", Slice(1, None, 2),
/// 0})`.
namespace gradus::indexing {

/// A new dim of size 1; as a bound of Slice: none.
inline constexpr std::nullopt_t None = std::nullopt;

struct EllipsisIndexType {};
/// As many whole dims as are not mentioned; "..." says the same.
inline constexpr EllipsisIndexType Ellipsis{};

/// start:stop:step.
class Slice {
 public:
  explicit Slice(std::optional<int64_t> start = std::nullopt,
                 std::optional<int64_t> stop = std::nullopt,
                 std::optional<int64_t> step = std::nullopt)
      : start_(start), stop_(stop), step_(step) {}
  std::optional<int64_t> start() const { return start_; }
  std::optional<int64_t> stop() const { return stop_; }
  int64_t step() const { return step_.value_or(1); }

 private:
  std::optional<int64_t> start_, stop_, step_;
};

enum class TensorIndexType : int8_t { None, Ellipsis, Integer, Boolean, Slice, Tensor };

/// One index: None, Ellipsis or "...", an integer, a bool, a Slice, or a tensor of integers or
/// bools.
class TensorIndex {
 public:
  TensorIndex(std::nullopt_t) : type_(TensorIndexType::None) {}
  TensorIndex(EllipsisIndexType) : type_(TensorIndexType::Ellipsis) {}
  /// @throws ValueError for anything but "..."
  TensorIndex(const char* text) : type_(TensorIndexType::Ellipsis) {
    GRADUS_CHECK_VALUE(
        text != nullptr && text[0] == '.' && text[1] == '.' && text[2] == '.' && text[3] == '\0',
        "index: expected \"...\" or another index, got \"{}\"", text == nullptr ? "" : text);
  }
  template <class T, class = std::enable_if_t<std::is_integral_v<T>>>
  TensorIndex(T value)
      : integer_(static_cast<int64_t>(value)),
        type_(std::is_same_v<T, bool> ? TensorIndexType::Boolean : TensorIndexType::Integer) {}
  TensorIndex(Slice slice) : slice_(slice), type_(TensorIndexType::Slice) {}
  TensorIndex(Tensor tensor) : tensor_(std::move(tensor)), type_(TensorIndexType::Tensor) {}

  TensorIndexType type() const { return type_; }
  bool is_none() const { return type_ == TensorIndexType::None; }
  bool is_ellipsis() const { return type_ == TensorIndexType::Ellipsis; }
  bool is_integer() const { return type_ == TensorIndexType::Integer; }
  bool is_boolean() const { return type_ == TensorIndexType::Boolean; }
  bool is_slice() const { return type_ == TensorIndexType::Slice; }
  bool is_tensor() const { return type_ == TensorIndexType::Tensor; }
  int64_t integer() const { return integer_; }
  bool boolean() const { return integer_ != 0; }
  const Slice& slice() const { return slice_; }
  const Tensor& tensor() const { return tensor_; }

 private:
  Tensor tensor_;
  Slice slice_;
  int64_t integer_ = 0;
  TensorIndexType type_;
};

}  // namespace gradus::indexing
