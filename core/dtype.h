#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iosfwd>
#include <limits>
#include <type_traits>

#include "core/export.h"
#include "core/format.h"

namespace gradus {

namespace detail {

inline float float_from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t bits_from_float(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// IEEE 754 binary16 from binary32, rounding to nearest even.
GRADUS_API uint16_t half_bits(float value);
/// IEEE 754 binary32 from binary16; exact.
GRADUS_API float half_value(uint16_t bits);

/// The upper half of binary32, rounding to nearest even; NaN stays NaN.
inline uint16_t bfloat16_bits(float value) {
  const uint32_t bits = bits_from_float(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace detail

/// IEEE 754 binary16: storage only; arithmetic goes through float.
struct Half {
  uint16_t bits = 0;

  Half() = default;
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  Half(T value) : bits(detail::half_bits(static_cast<float>(value))) {}
  operator float() const { return detail::half_value(bits); }
  Half& operator+=(float value) { return *this = Half(float(*this) + value); }
};

/// The upper 16 bits of binary32: float's range with 8 bits of precision. Arithmetic goes through
/// float.
struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  BFloat16(T value) : bits(detail::bfloat16_bits(static_cast<float>(value))) {}
  operator float() const { return detail::float_from_bits(static_cast<uint32_t>(bits) << 16); }
  BFloat16& operator+=(float value) { return *this = BFloat16(float(*this) + value); }
};

/// The element types of a tensor. The order within a category is that of promotion.
enum class ScalarType : int8_t {
  Byte,
  Char,
  Short,
  Int,
  Long,
  Half,
  Float,
  Double,
  Bool,
  BFloat16,
  Undefined
};

using Dtype = ScalarType;

inline constexpr ScalarType kByte = ScalarType::Byte, kUInt8 = kByte;
inline constexpr ScalarType kChar = ScalarType::Char, kInt8 = kChar;
inline constexpr ScalarType kShort = ScalarType::Short, kInt16 = kShort;
inline constexpr ScalarType kInt = ScalarType::Int, kInt32 = kInt;
inline constexpr ScalarType kLong = ScalarType::Long, kInt64 = kLong;
inline constexpr ScalarType kHalf = ScalarType::Half, kFloat16 = kHalf;
inline constexpr ScalarType kFloat = ScalarType::Float, kFloat32 = kFloat;
inline constexpr ScalarType kDouble = ScalarType::Double, kFloat64 = kDouble;
inline constexpr ScalarType kBool = ScalarType::Bool;
inline constexpr ScalarType kBFloat16 = ScalarType::BFloat16;

/// Size of one element in bytes; 0 for Undefined.
constexpr size_t element_size(ScalarType type) {
  switch (type) {
    case kByte:
    case kChar:
    case kBool:
      return 1;
    case kShort:
    case kHalf:
    case kBFloat16:
      return 2;
    case kInt:
    case kFloat:
      return 4;
    case kLong:
    case kDouble:
      return 8;
    case ScalarType::Undefined:
      return 0;
  }
  return 0;
}

constexpr bool is_floating_point(ScalarType type) {
  return type == kFloat || type == kDouble || type == kHalf || type == kBFloat16;
}

/// True for the integers and, where `include_bool`, for bool.
constexpr bool is_integral(ScalarType type, bool include_bool) {
  return type <= kLong || (include_bool && type == kBool);
}

/// "Float", "Long", ... as PyTorch's C++ API prints them.
GRADUS_API const char* to_string(ScalarType type);
inline const char* toString(ScalarType type) {
  return to_string(type);
}

/// Writes to_string(type).
GRADUS_API std::ostream& operator<<(std::ostream& stream, ScalarType type);

/// What Tensor::dtype() gives, as in PyTorch: a ScalarType, to which it converts, that prints as
/// the C++ type of the elements: `std::cout << x.dtype()` writes "float", x.scalar_type() "Float".
class TypeMeta {
 public:
  constexpr TypeMeta() = default;
  constexpr explicit TypeMeta(ScalarType type) : type_(type) {}
  TypeMeta& operator=(ScalarType type) {
    type_ = type;
    return *this;
  }

  constexpr operator ScalarType() const { return type_; }
  constexpr ScalarType toScalarType() const { return type_; }
  /// Size of one element in bytes.
  constexpr size_t itemsize() const { return element_size(type_); }
  /// "float", "long int", "c10::Half", ...
  GRADUS_API const char* name() const;

 private:
  ScalarType type_ = ScalarType::Undefined;
};

/// Writes type.name().
GRADUS_API std::ostream& operator<<(std::ostream& stream, TypeMeta type);

/// The smallest dtype to which both can be converted: categories bool < integer < floating point.
/// promote_types(kLong, kHalf) is kHalf, promote_types(kHalf, kBFloat16) is kFloat,
/// promote_types(kByte, kChar) is kShort.
GRADUS_API ScalarType promote_types(ScalarType a, ScalarType b);

/// Whether a value of dtype `from` may be written into a tensor of dtype `to` in place: a
/// floating-point result does not go into an integer tensor, nor a number into a bool tensor.
GRADUS_API bool can_cast(ScalarType from, ScalarType to);

/// What factories use where no dtype is given; kFloat unless set_default_dtype changed it.
GRADUS_API TypeMeta get_default_dtype();
/// @throws TypeError unless `type` is a floating-point dtype.
GRADUS_API void set_default_dtype(ScalarType type);

/// The ScalarType of a C++ type.
template <class T>
constexpr ScalarType scalar_type_of() {
  if constexpr (std::is_same_v<T, float>)
    return kFloat;
  else if constexpr (std::is_same_v<T, double>)
    return kDouble;
  else if constexpr (std::is_same_v<T, Half>)
    return kHalf;
  else if constexpr (std::is_same_v<T, BFloat16>)
    return kBFloat16;
  else if constexpr (std::is_same_v<T, bool>)
    return kBool;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
    return kLong;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 4 && std::is_signed_v<T>)
    return kInt;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 2 && std::is_signed_v<T>)
    return kShort;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return kByte;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 1)
    return kChar;
  else
    return ScalarType::Undefined;
}

namespace detail {
/// The C++ type of a ScalarType.
template <ScalarType type>
struct cpp_type_of;
template <>
struct cpp_type_of<kByte> : std::type_identity<uint8_t> {};
template <>
struct cpp_type_of<kChar> : std::type_identity<int8_t> {};
template <>
struct cpp_type_of<kShort> : std::type_identity<int16_t> {};
template <>
struct cpp_type_of<kInt> : std::type_identity<int32_t> {};
template <>
struct cpp_type_of<kLong> : std::type_identity<int64_t> {};
template <>
struct cpp_type_of<kHalf> : std::type_identity<Half> {};
template <>
struct cpp_type_of<kFloat> : std::type_identity<float> {};
template <>
struct cpp_type_of<kDouble> : std::type_identity<double> {};
template <>
struct cpp_type_of<kBool> : std::type_identity<bool> {};
template <>
struct cpp_type_of<kBFloat16> : std::type_identity<BFloat16> {};
}  // namespace detail

}  // namespace gradus

namespace gradus::detail {

// std::numeric_limits of a 16-bit float of which these are the bits. The rest is float's.
template <class T, uint16_t kMin, uint16_t kMax, uint16_t kEpsilon, uint16_t kHalfOfOne,
          uint16_t kInfinity>
struct SmallFloatLimits : std::numeric_limits<float> {
  static constexpr T of(uint16_t bits) {
    T value;
    value.bits = bits;
    return value;
  }
  static constexpr T min() { return of(kMin); }
  static constexpr T max() { return of(kMax); }
  static constexpr T lowest() { return of(kMax | 0x8000u); }
  static constexpr T epsilon() { return of(kEpsilon); }
  static constexpr T round_error() { return of(kHalfOfOne); }
  static constexpr T infinity() { return of(kInfinity); }
  static constexpr T quiet_NaN() { return of(kInfinity | (kInfinity >> 1)); }
  static constexpr T signaling_NaN() { return of(kInfinity | 1u); }
  static constexpr T denorm_min() { return of(1); }
};

}  // namespace gradus::detail

template <>
struct std::numeric_limits<gradus::Half>
    : gradus::detail::SmallFloatLimits<gradus::Half, 0x0400, 0x7bff, 0x1400, 0x3800, 0x7c00> {
  static constexpr int digits = 11, digits10 = 3, max_digits10 = 5;
  static constexpr int min_exponent = -13, min_exponent10 = -4, max_exponent = 16;
  static constexpr int max_exponent10 = 4;
};
template <>
struct std::numeric_limits<gradus::BFloat16>
    : gradus::detail::SmallFloatLimits<gradus::BFloat16, 0x0080, 0x7f7f, 0x3c00, 0x3f00, 0x7f80> {
  static constexpr int digits = 8, digits10 = 2, max_digits10 = 4;
  static constexpr int min_exponent = -125, min_exponent10 = -37, max_exponent = 128;
  static constexpr int max_exponent10 = 38;
};

template <>
struct fmt::formatter<gradus::ScalarType> : gradus::detail::TextFormatter {
  auto format(gradus::ScalarType type, fmt::format_context& context) const {
    return write(gradus::to_string(type), context);
  }
};

// In messages a dtype has one name.
template <>
struct fmt::formatter<gradus::TypeMeta> : fmt::formatter<gradus::ScalarType> {};
