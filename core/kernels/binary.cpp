#include "core/kernels/binary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/kernels/dispatch.h"
#include "core/kernels/plain_loop.h"

namespace gradus::kernel {

namespace {

// Integers wrap around.
template <class T>
T wrap_add(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
template <class T>
T wrap_sub(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
template <class T>
T wrap_mul(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

template <class T>
bool is_minus_one(T value) {
  return std::is_signed_v<T> && value == static_cast<T>(-1);
}

// b is not 0 (see binary()), apart from what check_divisor cannot see.
template <class T>
T trunc_divide(T a, T b) {
  if (b == 0) return 0;
  if (is_minus_one(b)) return wrap_sub<T>(0, a);  // INT_MIN / -1 traps
  return static_cast<T>(a / b);
}
template <class T>
T fmod_integer(T a, T b) {
  if (b == 0 || is_minus_one(b)) return 0;
  return static_cast<T>(a % b);
}
template <class T>
T remainder_integer(T a, T b) {
  const T r = fmod_integer(a, b);
  return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
}
template <class T>
T floor_divide_integer(T a, T b) {
  const T q = trunc_divide(a, b);
  return fmod_integer(a, b) != 0 && (a < 0) != (b < 0) ? static_cast<T>(q - 1) : q;
}

template <class T>
T remainder_floating(T a, T b) {
  const T r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// As Python does: the quotient of what the remainder leaves, so that it is exact where a / b is an
// integer.
template <class T>
T floor_divide_floating(T a, T b) {
  if (b == 0) return a / b;
  const T r = std::fmod(a, b);
  T q = (a - r) / b;
  if (r != 0 && (b < 0) != (r < 0)) q -= 1;
  if (q == 0) return std::copysign(T(0), a / b);
  const T whole = std::floor(q);
  return q - whole > T(0.5) ? whole + 1 : whole;
}

template <class T>
T pow_integer(T base, T exponent) {
  if (exponent < 0) {
    if (base == 1) return 1;
    if (is_minus_one(base)) return exponent % 2 == 0 ? T(1) : base;
    return 0;
  }
  uint64_t result = 1, square = static_cast<uint64_t>(base);
  for (uint64_t e = static_cast<uint64_t>(exponent); e != 0; e >>= 1) {
    if (e & 1) result *= square;
    square *= square;
  }
  return static_cast<T>(result);
}

template <class T>
constexpr int kBits = 8 * sizeof(T);

template <class T>
T gcd(T a, T b) {
  // Unsigned, so that |INT64_MIN| fits.
  const auto magnitude = [](T v) {
    return v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
  };
  return static_cast<T>(std::gcd(magnitude(a), magnitude(b)));
}
template <class T>
T lcm(T a, T b) {
  const T divisor = gcd(a, b);
  if (divisor == 0) return 0;
  const T product = wrap_mul(trunc_divide(a, divisor), b);
  return product < 0 ? wrap_sub<T>(0, product) : product;
}

// log(e^a + e^b) with the larger one taken out.
template <class T>
T logaddexp(T a, T b) {
  if (std::isinf(a) && a == b) return a;
  const T larger = a > b ? a : b;
  return std::isnan(a) || std::isnan(b) ? a + b : larger + std::log1p(std::exp(-std::abs(a - b)));
}
template <class T>
T logaddexp2(T a, T b) {
  if (std::isinf(a) && a == b) return a;
  const T larger = a > b ? a : b;
  return std::isnan(a) || std::isnan(b)
             ? a + b
             : larger + std::log1p(std::exp2(-std::abs(a - b))) * T(1.4426950408889634);
}

template <class T>
BlockFunction comparison_function(BinaryOp op) {
  switch (op) {
    case BinaryOp::Eq:
      return plain_loop<T, bool>([](T a, T b) { return a == b; });
    case BinaryOp::Ne:
      return plain_loop<T, bool>([](T a, T b) { return a != b; });
    case BinaryOp::Lt:
      return plain_loop<T, bool>([](T a, T b) { return a < b; });
    case BinaryOp::Le:
      return plain_loop<T, bool>([](T a, T b) { return a <= b; });
    case BinaryOp::Gt:
      return plain_loop<T, bool>([](T a, T b) { return a > b; });
    case BinaryOp::Ge:
      return plain_loop<T, bool>([](T a, T b) { return a >= b; });
    case BinaryOp::LogicalAnd:
      return plain_loop<T, bool>([](T a, T b) { return a != T(0) && b != T(0); });
    case BinaryOp::LogicalOr:
      return plain_loop<T, bool>([](T a, T b) { return a != T(0) || b != T(0); });
    case BinaryOp::LogicalXor:
      return plain_loop<T, bool>([](T a, T b) { return (a != T(0)) != (b != T(0)); });
    default:
      return nullptr;
  }
}

}  // namespace

template <class T>
BlockFunction binary_plain_function(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
      return plain_loop<T>([](T a, T b) { return a + b; });
    case BinaryOp::Sub:
      return plain_loop<T>([](T a, T b) { return a - b; });
    case BinaryOp::Mul:
      return plain_loop<T>([](T a, T b) { return a * b; });
    case BinaryOp::Div:
      return plain_loop<T>([](T a, T b) { return a / b; });
    case BinaryOp::AddScaled:
      return plain_loop<T>([](T a, T b, const Params& p) { return a + p.get<T>(0) * b; });
    case BinaryOp::SubScaled:
      return plain_loop<T>([](T a, T b, const Params& p) { return a - p.get<T>(0) * b; });
    case BinaryOp::TruncDivide:
      return plain_loop<T>([](T a, T b) { return std::trunc(a / b); });
    case BinaryOp::FloorDivide:
      return plain_loop<T>([](T a, T b) { return floor_divide_floating(a, b); });
    case BinaryOp::Fmod:
      return plain_loop<T>([](T a, T b) { return std::fmod(a, b); });
    case BinaryOp::Remainder:
      return plain_loop<T>([](T a, T b) { return remainder_floating(a, b); });
    case BinaryOp::Pow:
      return plain_loop<T>([](T a, T b) { return std::pow(a, b); });
    case BinaryOp::Maximum:
      return plain_loop<T>([](T a, T b) { return std::isnan(a) ? a : a > b ? a : b; });
    case BinaryOp::Minimum:
      return plain_loop<T>([](T a, T b) { return std::isnan(a) ? a : a < b ? a : b; });
    case BinaryOp::Fmax:
      return plain_loop<T>([](T a, T b) { return std::fmax(a, b); });
    case BinaryOp::Fmin:
      return plain_loop<T>([](T a, T b) { return std::fmin(a, b); });
    case BinaryOp::Atan2:
      return plain_loop<T>([](T a, T b) { return std::atan2(a, b); });
    case BinaryOp::Hypot:
      return plain_loop<T>([](T a, T b) { return std::hypot(a, b); });
    case BinaryOp::Copysign:
      return plain_loop<T>([](T a, T b) { return std::copysign(a, b); });
    case BinaryOp::Logaddexp:
      return plain_loop<T>([](T a, T b) { return logaddexp(a, b); });
    case BinaryOp::Logaddexp2:
      return plain_loop<T>([](T a, T b) { return logaddexp2(a, b); });
    case BinaryOp::Xlogy:
      return plain_loop<T>([](T a, T b) {
        return std::isnan(b) ? b : a == 0 ? T(0) : a * std::log(b);
      });
    default:
      return comparison_function<T>(op);
  }
}

template BlockFunction binary_plain_function<float>(BinaryOp op);
template BlockFunction binary_plain_function<double>(BinaryOp op);

namespace {

template <class T>
BlockFunction integer_function(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
      return plain_loop<T>([](T a, T b) { return wrap_add(a, b); });
    case BinaryOp::Sub:
      return plain_loop<T>([](T a, T b) { return wrap_sub(a, b); });
    case BinaryOp::Mul:
      return plain_loop<T>([](T a, T b) { return wrap_mul(a, b); });
    case BinaryOp::AddScaled:
      return plain_loop<T>(
          [](T a, T b, const Params& p) { return wrap_add(a, wrap_mul(p.get<T>(0), b)); });
    case BinaryOp::SubScaled:
      return plain_loop<T>(
          [](T a, T b, const Params& p) { return wrap_sub(a, wrap_mul(p.get<T>(0), b)); });
    case BinaryOp::TruncDivide:
      return plain_loop<T>([](T a, T b) { return trunc_divide(a, b); });
    case BinaryOp::FloorDivide:
      return plain_loop<T>([](T a, T b) { return floor_divide_integer(a, b); });
    case BinaryOp::Fmod:
      return plain_loop<T>([](T a, T b) { return fmod_integer(a, b); });
    case BinaryOp::Remainder:
      return plain_loop<T>([](T a, T b) { return remainder_integer(a, b); });
    case BinaryOp::Pow:
      return plain_loop<T>([](T a, T b) { return pow_integer(a, b); });
    case BinaryOp::Maximum:
    case BinaryOp::Fmax:
      return plain_loop<T>([](T a, T b) { return std::max(a, b); });
    case BinaryOp::Minimum:
    case BinaryOp::Fmin:
      return plain_loop<T>([](T a, T b) { return std::min(a, b); });
    case BinaryOp::BitwiseAnd:
      return plain_loop<T>([](T a, T b) { return static_cast<T>(a & b); });
    case BinaryOp::BitwiseOr:
      return plain_loop<T>([](T a, T b) { return static_cast<T>(a | b); });
    case BinaryOp::BitwiseXor:
      return plain_loop<T>([](T a, T b) { return static_cast<T>(a ^ b); });
    case BinaryOp::ShiftLeft:
      return plain_loop<T>([](T a, T b) {
        return b < 0 || b >= kBits<T> ? T(0) : static_cast<T>(static_cast<uint64_t>(a) << b);
      });
    case BinaryOp::ShiftRight:
      return plain_loop<T>([](T a, T b) {
        if (b < 0 || b >= kBits<T>) return a < 0 ? static_cast<T>(-1) : T(0);
        return static_cast<T>(a >> b);
      });
    case BinaryOp::Gcd:
      return plain_loop<T>([](T a, T b) { return gcd(a, b); });
    case BinaryOp::Lcm:
      return plain_loop<T>([](T a, T b) { return lcm(a, b); });
    default:
      return comparison_function<T>(op);
  }
}

BlockFunction bool_function(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
    case BinaryOp::Maximum:
    case BinaryOp::Fmax:
    case BinaryOp::BitwiseOr:
      return plain_loop<bool>([](bool a, bool b) { return a || b; });
    case BinaryOp::Mul:
    case BinaryOp::Minimum:
    case BinaryOp::Fmin:
    case BinaryOp::BitwiseAnd:
      return plain_loop<bool>([](bool a, bool b) { return a && b; });
    case BinaryOp::BitwiseXor:
      return plain_loop<bool>([](bool a, bool b) { return a != b; });
    case BinaryOp::AddScaled:
      return plain_loop<bool>(
          [](bool a, bool b, const Params& p) { return a || (p.get<bool>(0) && b); });
    default:
      return comparison_function<bool>(op);
  }
}

BlockFunction function_for(BinaryOp op, ScalarType computed) {
  switch (computed) {
    case kFloat:
      if (BlockFunction vectorized = binary_vector_function(op)) return vectorized;
      return binary_plain_function<float>(op);
    case kDouble:
      return binary_plain_function<double>(op);
    case kBool:
      return bool_function(op);
    default:
      return dispatch_integral("binary", computed, [&](auto tag) {
        return integer_function<typename decltype(tag)::type>(op);
      });
  }
}

bool is_division(BinaryOp op) {
  return op == BinaryOp::TruncDivide || op == BinaryOp::FloorDivide || op == BinaryOp::Fmod ||
         op == BinaryOp::Remainder;
}

int64_t grain_of(BinaryOp op, ScalarType computed) {
  switch (op) {
    case BinaryOp::Pow:
    case BinaryOp::Logaddexp:
      return computed == kFloat ? kGrainVector / 2 : kGrainScalar;
    case BinaryOp::FloorDivide:
    case BinaryOp::Fmod:
    case BinaryOp::Remainder:
    case BinaryOp::Atan2:
    case BinaryOp::Hypot:
    case BinaryOp::Logaddexp2:
    case BinaryOp::Xlogy:
    case BinaryOp::Gcd:
    case BinaryOp::Lcm:
      return kGrainScalar;
    default:
      return kGrainMemory;
  }
}

// Before anything is written: a failed call changes nothing.
void check_divisor(const char* name, ScalarType dtype, const Operand& b) {
  bool has_zero = false;
  if (b.is_tensor()) {
    const Tensor zeros = binary(name, BinaryOp::Eq, dtype, b, Operand(Scalar(0)));
    const bool* found = reinterpret_cast<const bool*>(data_of(zeros));
    has_zero = std::find(found, found + zeros.numel(), true) != found + zeros.numel();
  } else {
    has_zero = b.value().toLong() == 0;
  }
  GRADUS_CHECK_VALUE(!has_zero, "{}: integer division by zero", name);
}

}  // namespace

Tensor binary(const char* name, BinaryOp op, ScalarType dtype, const Operand& a, const Operand& b,
              const Tensor* out, const Params* params) {
  const ScalarType computed = computed_type(dtype);
  BlockKernel kernel;
  kernel.function = function_for(op, computed);
  GRADUS_CHECK_TYPE(kernel.function != nullptr, "{}: not implemented for {}", name, dtype);
  if (is_division(op) && is_integral(dtype, /*include_bool=*/false)) check_divisor(name, dtype, b);
  const bool compares = op >= BinaryOp::Eq;
  kernel.params = params;
  kernel.in[0] = kernel.in[1] = computed;
  kernel.out = compares ? kBool : computed;
  kernel.grain = grain_of(op, computed);
  return run_blocks(name, kernel, compares ? kBool : dtype, {a, b}, out);
}

}  // namespace gradus::kernel
