#pragma once

#include "core/tensor.h"

namespace gradus {

// Comparisons, logic and bits, element-wise. Shapes are broadcast, dtypes promoted
// (core/type_promotion.h). Not differentiable.

/// bool: a == b.
GRADUS_API Tensor eq(const Tensor& a, const Tensor& b);
GRADUS_API Tensor eq(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& eq_out(Tensor& out, const Tensor& a, const Tensor& b);

/// bool: a != b.
GRADUS_API Tensor ne(const Tensor& a, const Tensor& b);
GRADUS_API Tensor ne(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& ne_out(Tensor& out, const Tensor& a, const Tensor& b);

/// bool: a < b.
GRADUS_API Tensor lt(const Tensor& a, const Tensor& b);
GRADUS_API Tensor lt(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& lt_out(Tensor& out, const Tensor& a, const Tensor& b);

/// bool: a <= b.
GRADUS_API Tensor le(const Tensor& a, const Tensor& b);
GRADUS_API Tensor le(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& le_out(Tensor& out, const Tensor& a, const Tensor& b);

/// bool: a > b.
GRADUS_API Tensor gt(const Tensor& a, const Tensor& b);
GRADUS_API Tensor gt(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& gt_out(Tensor& out, const Tensor& a, const Tensor& b);

/// bool: a >= b.
GRADUS_API Tensor ge(const Tensor& a, const Tensor& b);
GRADUS_API Tensor ge(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& ge_out(Tensor& out, const Tensor& a, const Tensor& b);

/// bool: a and b, each true where it is not 0.
GRADUS_API Tensor logical_and(const Tensor& a, const Tensor& b);
GRADUS_API Tensor logical_or(const Tensor& a, const Tensor& b);
GRADUS_API Tensor logical_xor(const Tensor& a, const Tensor& b);

/// a & b, of integers or bools. @throws TypeError for floating-point inputs
GRADUS_API Tensor bitwise_and(const Tensor& a, const Tensor& b);
GRADUS_API Tensor bitwise_and(const Tensor& a, const Scalar& b);
/// a | b.
GRADUS_API Tensor bitwise_or(const Tensor& a, const Tensor& b);
GRADUS_API Tensor bitwise_or(const Tensor& a, const Scalar& b);
/// a ^ b.
GRADUS_API Tensor bitwise_xor(const Tensor& a, const Tensor& b);
GRADUS_API Tensor bitwise_xor(const Tensor& a, const Scalar& b);
/// a << b; 0 where b is negative or not below the number of bits.
GRADUS_API Tensor bitwise_left_shift(const Tensor& a, const Tensor& b);
GRADUS_API Tensor bitwise_left_shift(const Tensor& a, const Scalar& b);
/// a >> b, which keeps the sign; 0 or -1 where b is negative or not below the number of bits.
GRADUS_API Tensor bitwise_right_shift(const Tensor& a, const Tensor& b);
GRADUS_API Tensor bitwise_right_shift(const Tensor& a, const Scalar& b);
/// ~x; for bool the negation. @throws TypeError for floating-point x
GRADUS_API Tensor bitwise_not(const Tensor& x);

/// bool: whether x is NaN; false for integers.
GRADUS_API Tensor isnan(const Tensor& x);
GRADUS_API Tensor isinf(const Tensor& x);
GRADUS_API Tensor isposinf(const Tensor& x);
GRADUS_API Tensor isneginf(const Tensor& x);
GRADUS_API Tensor isfinite(const Tensor& x);
/// bool: whether the sign bit is set, also that of -0.
GRADUS_API Tensor signbit(const Tensor& x);
/// bool: x == 0.
GRADUS_API Tensor logical_not(const Tensor& x);
/// bool: |a - b| <= atol + rtol |b|, or a == b (infinities), or both NaN where `equal_nan`.
/// @throws TypeError for different dtypes, ValueError for a negative tolerance
GRADUS_API Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
                          bool equal_nan = false);
/// Whether isclose() is true everywhere.
GRADUS_API bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
                         bool equal_nan = false);
/// Whether the shapes are equal and all elements, of whatever dtypes; NaN equals nothing.
GRADUS_API bool equal(const Tensor& a, const Tensor& b);

}  // namespace gradus
