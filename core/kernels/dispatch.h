#pragma once

#include <utility>

#include "core/dtype.h"
#include "core/error.h"

namespace gradus::kernel {

/// Stands for a type in a generic lambda: `[&](auto tag) { using T = typename decltype(tag)::type;
/// ... }`.
template <class T>
struct Tag {
  using type = T;
};

/// Calls f(Tag<T>) with the C++ type of a floating-point dtype. @throws TypeError naming op
template <class F>
decltype(auto) dispatch_floating(const char* op, ScalarType dtype, F&& f) {
  switch (dtype) {
    case kFloat:
      return f(Tag<float>());
    case kDouble:
      return f(Tag<double>());
    case kHalf:
      return f(Tag<Half>());
    case kBFloat16:
      return f(Tag<BFloat16>());
    default:
      break;
  }
  detail::throw_error<TypeError>("{}: not implemented for {}", op, dtype);
}

/// The same for float and double only: the dtypes a reference loop computes in.
template <class F>
decltype(auto) dispatch_float_double(const char* op, ScalarType dtype, F&& f) {
  switch (dtype) {
    case kFloat:
      return f(Tag<float>());
    case kDouble:
      return f(Tag<double>());
    default:
      break;
  }
  detail::throw_error<TypeError>("{}: not implemented for {}", op, dtype);
}

/// The same for integers, without bool.
template <class F>
decltype(auto) dispatch_integral(const char* op, ScalarType dtype, F&& f) {
  switch (dtype) {
    case kByte:
      return f(Tag<uint8_t>());
    case kChar:
      return f(Tag<int8_t>());
    case kShort:
      return f(Tag<int16_t>());
    case kInt:
      return f(Tag<int32_t>());
    case kLong:
      return f(Tag<int64_t>());
    default:
      break;
  }
  detail::throw_error<TypeError>("{}: not implemented for {}", op, dtype);
}

/// The same for every dtype.
template <class F>
decltype(auto) dispatch_all(const char* op, ScalarType dtype, F&& f) {
  if (dtype == kBool) return f(Tag<bool>());
  if (is_floating_point(dtype)) return dispatch_floating(op, dtype, std::forward<F>(f));
  return dispatch_integral(op, dtype, std::forward<F>(f));
}

/// The type in which sums of T are kept: float for the 16-bit floats, int64 for integers.
template <class T>
using Accumulator =
    std::conditional_t<std::is_integral_v<T>, int64_t,
                       std::conditional_t<std::is_same_v<T, double>, double, float>>;

}  // namespace gradus::kernel
