#pragma once

#include "core/kernels/loop.h"
#include "core/tensor.h"

namespace gradus::kernel {

/// Element-wise ops with one input.
enum class UnaryOp : uint8_t {
  // The result has the dtype of x.
  Abs,
  Neg,
  Sign,
  Square,
  Floor,
  Ceil,
  Round,  // half to even
  Trunc,
  Frac,
  Relu,
  BitwiseNot,
  NanToNum,  // NaN: params[0], infinity: params[1], -infinity: params[2]
  // Computed in floating point: integers give the default dtype.
  Exp,
  Exp2,
  Expm1,
  Log,
  Log1p,
  Log2,
  Log10,
  Sqrt,
  Rsqrt,
  Reciprocal,
  Sin,
  Cos,
  Tan,
  Asin,
  Acos,
  Atan,
  Sinh,
  Cosh,
  Tanh,
  Asinh,
  Acosh,
  Atanh,
  Sigmoid,
  Erf,
  Erfc,
  Erfinv,
  Lgamma,
  Digamma,
  Polygamma,  // params[0] is its order
  // The result is bool.
  IsNan,
  IsInf,
  IsFinite,
  LogicalNot,
  Signbit,
};

/// The dtype of op's result.
ScalarType unary_type(UnaryOp op, ScalarType dtype);

/// y = op(x). @param name  the op in errors
/// @throws TypeError for a dtype the op does not take
Tensor unary(const char* name, UnaryOp op, const Tensor& x, const Tensor* out = nullptr,
             const Params* params = nullptr);

/// The plain loops for float and double: the reference.
template <class T>
BlockFunction unary_plain_function(UnaryOp op);

/// The vectorized block functions for float32; null where there is none.
BlockFunction unary_vector_function(UnaryOp op);
BlockFunction trigonometric_vector_function(UnaryOp op);

}  // namespace gradus::kernel
