#pragma once

#include "core/kernels/loop.h"
#include "core/tensor.h"

namespace gradus::kernel {

/// y = condition ? a : b, all broadcast; a and b cast to `dtype`, the result's. condition is bool.
Tensor where(const char* name, ScalarType dtype, const Tensor& condition, const Operand& a,
             const Operand& b, const Tensor* out = nullptr);

enum class TernaryOp : uint8_t {
  Lerp,     // a + c (b - a)
  Addcmul,  // a + params[0] b c
  Addcdiv,  // a + params[0] b / c; floating point only
};

/// y = op(a, b, c), broadcast, computed in `dtype` (the 16-bit floats in float32), the result's.
Tensor ternary(const char* name, TernaryOp op, ScalarType dtype, const Operand& a, const Operand& b,
               const Operand& c, const Tensor* out = nullptr, const Params* params = nullptr);

/// The vectorized block functions for float32, and for 4-byte elements.
BlockFunction ternary_vector_function(TernaryOp op);
BlockFunction where_vector_function();

}  // namespace gradus::kernel
