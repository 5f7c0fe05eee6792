#pragma once

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <type_traits>

#include "core/dtype.h"
#include "core/export.h"

namespace gradus {

/// A number of any dtype, as ops take it: keeps whether it was written as a bool, an integer or a
/// floating-point value, because promotion depends on that (`int_tensor + 1` stays integer,
/// `int_tensor + 1.0` does not).
class Scalar {
 public:
  Scalar() : Scalar(int64_t{0}) {}
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  Scalar(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = Kind::Bool;
      integer_ = value;
    } else if constexpr (std::is_integral_v<T>) {
      kind_ = Kind::Integer;
      integer_ = static_cast<int64_t>(value);
    } else {
      kind_ = Kind::Floating;
      floating_ = static_cast<double>(value);
    }
  }
  Scalar(Half value) : Scalar(static_cast<float>(value)) {}
  Scalar(BFloat16 value) : Scalar(static_cast<float>(value)) {}

  bool is_floating_point() const { return kind_ == Kind::Floating; }
  bool is_integral(bool include_bool) const {
    return kind_ == Kind::Integer || (include_bool && kind_ == Kind::Bool);
  }
  bool is_boolean() const { return kind_ == Kind::Bool; }
  bool isFloatingPoint() const { return is_floating_point(); }
  bool isIntegral(bool include_bool) const { return is_integral(include_bool); }
  bool isBoolean() const { return is_boolean(); }

  /// kDouble, kLong or kBool.
  ScalarType type() const {
    return kind_ == Kind::Floating ? kDouble : kind_ == Kind::Integer ? kLong : kBool;
  }

  /// The value converted to T; a floating-point value goes to an integer by truncation, a negative
  /// one to an unsigned type by wrapping around. Throws Error where T cannot hold it: "value 300
  /// cannot be converted to type int8_t without overflow".
  template <class T>
  T to() const {
    if constexpr (std::is_same_v<T, bool>) {
      return kind_ == Kind::Floating ? floating_ != 0 : integer_ != 0;
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(as_integer(sizeof(T), std::is_signed_v<T>));
    } else if constexpr (std::is_same_v<T, double>) {
      return kind_ == Kind::Floating ? floating_ : static_cast<double>(integer_);
    } else {
      return static_cast<T>(as_floating(static_cast<double>(std::numeric_limits<T>::max())));
    }
  }

  /// As to(), but what does not fit is converted as a tensor's elements are and nothing is thrown:
  /// a large floating-point value becomes infinite, of an integer the low bits are kept.
  template <class T>
  T cast() const {
    if constexpr (std::is_same_v<T, bool>) {
      return to<bool>();
    } else if (kind_ != Kind::Floating) {
      return static_cast<T>(integer_);
    } else if constexpr (std::is_integral_v<T>) {
      const bool fits = floating_ >= -0x1p63 && floating_ < 0x1p63;
      return static_cast<T>(fits ? static_cast<int64_t>(floating_)
                                 : std::numeric_limits<int64_t>::min());
    } else {
      return static_cast<T>(floating_);
    }
  }
  double toDouble() const { return to<double>(); }
  float toFloat() const { return to<float>(); }
  int64_t toLong() const { return to<int64_t>(); }
  int toInt() const { return to<int>(); }
  bool toBool() const { return to<bool>(); }

  /// Throws TypeError for a bool; the smallest integer stays what it is.
  GRADUS_API Scalar operator-() const;

 private:
  enum class Kind : int8_t { Bool, Integer, Floating };

  // The value as an integer of `bytes`, as a floating-point number of at most `highest`; they
  // throw.
  GRADUS_API int64_t as_integer(size_t bytes, bool is_signed) const;
  GRADUS_API double as_floating(double highest) const;

  union {
    int64_t integer_;
    double floating_;
  };
  Kind kind_;
};

/// Writes the value as C++ writes a bool, an integer or a double.
GRADUS_API std::ostream& operator<<(std::ostream& stream, const Scalar& value);

}  // namespace gradus
