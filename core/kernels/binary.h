#pragma once

#include "core/kernels/loop.h"
#include "core/tensor.h"

namespace gradus::kernel {

/// Element-wise ops with two inputs.
enum class BinaryOp : uint8_t {
  Add,  // a + b
  Sub,
  Mul,
  Div,          // floating point only
  AddScaled,    // a + params[0] * b
  SubScaled,    // a - params[0] * b
  TruncDivide,  // a / b rounded toward zero
  FloorDivide,  // a / b rounded down
  Fmod,         // a - b * trunc(a / b)
  Remainder,    // a - b * floor(a / b)
  Pow,
  Maximum,  // NaN where one is NaN
  Minimum,
  Fmax,  // the other where one is NaN
  Fmin,
  Atan2,
  Hypot,
  Copysign,
  Logaddexp,   // log(e^a + e^b)
  Logaddexp2,  // log2(2^a + 2^b)
  Xlogy,       // a log b, 0 where a is 0
  BitwiseAnd,
  BitwiseOr,
  BitwiseXor,
  ShiftLeft,   // 0 for a shift out of range
  ShiftRight,  // of signed integers arithmetic
  Gcd,
  Lcm,
  // From here on the result is bool.
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  LogicalAnd,
  LogicalOr,
  LogicalXor,
};

/// y = op(a, b), broadcast, computed in `dtype` (the 16-bit floats in float32), which is the
/// result's unless that is bool.
/// @param name  the op in errors
/// @throws Error for shapes that do not broadcast, TypeError for a dtype the op does not take,
///         ValueError for an integer division by zero (before anything is written)
Tensor binary(const char* name, BinaryOp op, ScalarType dtype, const Operand& a, const Operand& b,
              const Tensor* out = nullptr, const Params* params = nullptr);

/// The plain loops for float and double: the reference. Null where op does not take them.
template <class T>
BlockFunction binary_plain_function(BinaryOp op);

/// The vectorized block function for float32; null where there is none.
BlockFunction binary_vector_function(BinaryOp op);

}  // namespace gradus::kernel
