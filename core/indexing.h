#pragma once

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/tensor.h"

/// What stands between the brackets of `x[...]` in Python: `x.index({"...", Slice(1, None, 2),
/// 0})`.
namespace gradus::indexing {

/// A new dim of size 1; as a bound of Slice: none.
inline constexpr std::nullopt_t None = std::nullopt;

struct EllipsisIndexType {};
/// As many whole dims as are not mentioned; "..." says the same.
inline constexpr EllipsisIndexType Ellipsis{};

inline constexpr int64_t INDEX_MIN = std::numeric_limits<int64_t>::min();
inline constexpr int64_t INDEX_MAX = std::numeric_limits<int64_t>::max();

/// start:stop:step; without bounds all of 0:INDEX_MAX:1.
class Slice {
 public:
  explicit Slice(std::optional<int64_t> start = std::nullopt,
                 std::optional<int64_t> stop = std::nullopt,
                 std::optional<int64_t> step = std::nullopt)
      : step_(step.value_or(1)),
        start_(start.value_or(step_ < 0 ? INDEX_MAX : 0)),
        stop_(stop.value_or(step_ < 0 ? INDEX_MIN : INDEX_MAX)) {}
  int64_t start() const { return start_; }
  int64_t stop() const { return stop_; }
  int64_t step() const { return step_; }

 private:
  int64_t step_, start_, stop_;
};

enum class TensorIndexType : int8_t { None, Ellipsis, Integer, Boolean, Slice, Tensor };

/// One index: None, Ellipsis or "...", an integer, a bool, a Slice, or a tensor of integers or
/// bools.
class GRADUS_API TensorIndex {
 public:
  TensorIndex(std::nullopt_t) : type_(TensorIndexType::None) {}
  TensorIndex(EllipsisIndexType) : type_(TensorIndexType::Ellipsis) {}
  /// @throws ValueError for anything but "..."
  TensorIndex(const char* text);
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

/// As "1:3:1", "None", "...", "(0, 1:3:1)".
GRADUS_API std::ostream& operator<<(std::ostream& stream, const Slice& slice);
GRADUS_API std::ostream& operator<<(std::ostream& stream, const TensorIndex& index);
GRADUS_API std::ostream& operator<<(std::ostream& stream, const std::vector<TensorIndex>& indices);

}  // namespace gradus::indexing
