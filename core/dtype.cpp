#include "core/dtype.h"

#include <atomic>
#include <ostream>

#include "core/error.h"

namespace gradus {

namespace detail {

uint16_t half_bits(float value) {
  const uint32_t bits = bits_from_float(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 65536 and above
  if (magnitude < 0x38800000u) {
    // A subnormal of binary16: adding 0.5 puts its 10 bits, rounded by the hardware, into the low
    // mantissa.
    const float shifted = float_from_bits(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (bits_from_float(shifted) - 0x3f000000u));
  }
  const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

float half_value(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t mantissa = bits & 0x3ffu;
  if (exponent == 31) return float_from_bits(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return float_from_bits(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return float_from_bits(sign | bits_from_float(magnitude));
}

}  // namespace detail

const char* to_string(ScalarType type) {
  switch (type) {
    case kByte:
      return "Byte";
    case kChar:
      return "Char";
    case kShort:
      return "Short";
    case kInt:
      return "Int";
    case kLong:
      return "Long";
    case kHalf:
      return "Half";
    case kFloat:
      return "Float";
    case kDouble:
      return "Double";
    case kBool:
      return "Bool";
    case kBFloat16:
      return "BFloat16";
    case ScalarType::Undefined:
      break;
  }
  return "Undefined";
}

std::ostream& operator<<(std::ostream& stream, ScalarType type) {
  return stream << to_string(type);
}

const char* TypeMeta::name() const {
  switch (type_) {
    case kByte:
      return "unsigned char";
    case kChar:
      return "signed char";
    case kShort:
      return "short int";
    case kInt:
      return "int";
    case kLong:
      return "long int";
    case kHalf:
      return "c10::Half";
    case kFloat:
      return "float";
    case kDouble:
      return "double";
    case kBool:
      return "bool";
    case kBFloat16:
      return "c10::BFloat16";
    case ScalarType::Undefined:
      break;
  }
  return "nullptr (uninitialized)";
}

std::ostream& operator<<(std::ostream& stream, TypeMeta type) {
  return stream << type.name();
}

ScalarType promote_types(ScalarType a, ScalarType b) {
  if (a == b) return a;
  if (a == ScalarType::Undefined || b == ScalarType::Undefined) return ScalarType::Undefined;
  const bool a_floats = is_floating_point(a), b_floats = is_floating_point(b);
  if (a_floats && b_floats) return a == kDouble || b == kDouble ? kDouble : kFloat;
  if (a_floats) return a;
  if (b_floats) return b;
  if (a == kBool) return b;
  if (b == kBool) return a;
  // uint8 does not fit into int8; the other pairs nest.
  if (a == kByte || b == kByte) {
    const ScalarType other = a == kByte ? b : a;
    return other == kChar ? kShort : other;
  }
  return a > b ? a : b;
}

bool can_cast(ScalarType from, ScalarType to) {
  if (is_floating_point(from) && is_integral(to, /*include_bool=*/true)) return false;
  return to != kBool || from == kBool;
}

namespace {
std::atomic<ScalarType> default_type{kFloat};
}

TypeMeta get_default_dtype() {
  return TypeMeta(default_type.load(std::memory_order_relaxed));
}

void set_default_dtype(ScalarType type) {
  GRADUS_CHECK_TYPE(is_floating_point(type),
                    "set_default_dtype: expected a floating-point dtype, got {}", type);
  default_type.store(type, std::memory_order_relaxed);
}

}  // namespace gradus
