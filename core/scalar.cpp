#include "core/scalar.h"

#include <cmath>
#include <ostream>

#include "core/error.h"

namespace gradus {
namespace {

// T's name in a message, from its size: what a user wrote as the T of to<T>().
const char* integer_name(size_t bytes, bool is_signed) {
  switch (bytes) {
    case 1:
      return is_signed ? "int8_t" : "uint8_t";
    case 2:
      return is_signed ? "int16_t" : "uint16_t";
    case 4:
      return is_signed ? "int" : "uint32_t";
    default:
      return is_signed ? "int64_t" : "uint64_t";
  }
}

}  // namespace

int64_t Scalar::as_integer(size_t bytes, bool is_signed) const {
  if (kind_ != Kind::Floating && bytes == sizeof integer_) return integer_;
  // The least power of two that does not fit; all of these are doubles, the largest integers not.
  const double end = std::ldexp(1.0, static_cast<int>(8 * bytes) - (is_signed ? 1 : 0));
  const double v = std::trunc(to<double>());
  GRADUS_CHECK(v < end && (is_signed ? v >= -end : v > -end),
               "value {} cannot be converted to type {} without overflow", to<double>(),
               integer_name(bytes, is_signed));
  if (v >= 0x1p63) return static_cast<int64_t>(static_cast<uint64_t>(v));
  if (v < -0x1p63) return static_cast<int64_t>(-static_cast<uint64_t>(-v));
  return static_cast<int64_t>(v);
}

double Scalar::as_floating(double highest) const {
  const double v = to<double>();
  GRADUS_CHECK(!std::isfinite(v) || std::abs(v) <= highest,
               "value {} cannot be converted to type {} without overflow", v,
               highest < 1e5      ? "Half"
               : highest < 3.4e38 ? "BFloat16"
                                  : "float");
  return v;
}

Scalar Scalar::operator-() const {
  GRADUS_CHECK_TYPE(kind_ != Kind::Bool, "operator-: a Scalar that is a bool has no negative");
  if (kind_ == Kind::Floating) return Scalar(-floating_);
  return Scalar(static_cast<int64_t>(-static_cast<uint64_t>(integer_)));
}

std::ostream& operator<<(std::ostream& stream, const Scalar& value) {
  if (value.is_floating_point()) return stream << value.toDouble();
  if (value.is_boolean()) return stream << (value.toBool() ? "true" : "false");
  return stream << value.toLong();
}

}  // namespace gradus
