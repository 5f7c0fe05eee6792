#pragma once

#include <optional>
#include <string_view>

#include "core/tensor.h"
#include "core/type_promotion.h"

namespace gradus {

// Element-wise ops with two inputs. Shapes are broadcast, dtypes promoted (core/type_promotion.h).
// The out= forms write to `out`, which gets the shape of the result; they are not
// differentiable and throw where an argument requires grad while grad mode is on.

/// a + alpha * b.
GRADUS_API Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
GRADUS_API Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
GRADUS_API Tensor& add_out(Tensor& out, const Tensor& a, const Tensor& b, const Scalar& alpha = 1);

/// a - alpha * b. @throws TypeError for two bool tensors: use logical_xor
GRADUS_API Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
GRADUS_API Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
GRADUS_API Tensor& sub_out(Tensor& out, const Tensor& a, const Tensor& b, const Scalar& alpha = 1);

/// b - alpha * a.
GRADUS_API Tensor rsub(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
GRADUS_API Tensor rsub(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);

/// a * b.
GRADUS_API Tensor mul(const Tensor& a, const Tensor& b);
GRADUS_API Tensor mul(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& mul_out(Tensor& out, const Tensor& a, const Tensor& b);

/// a / b; integers are divided as floating-point numbers.
GRADUS_API Tensor div(const Tensor& a, const Tensor& b);
GRADUS_API Tensor div(const Tensor& a, const Scalar& b);
GRADUS_API Tensor div(const Scalar& a, const Tensor& b);
GRADUS_API Tensor& div_out(Tensor& out, const Tensor& a, const Tensor& b);
/// a / b, rounded: "trunc" toward zero, "floor" down, none not at all. With a rounding mode
/// integers stay integers, and the gradient is 0.
/// @throws ValueError for another rounding mode or an integer division by zero
GRADUS_API Tensor div(const Tensor& a, const Tensor& b,
                      std::optional<std::string_view> rounding_mode);
GRADUS_API Tensor div(const Tensor& a, const Scalar& b,
                      std::optional<std::string_view> rounding_mode);

/// a / b rounded down: div(a, b, "floor").
GRADUS_API Tensor floor_divide(const Tensor& a, const Tensor& b);
GRADUS_API Tensor floor_divide(const Tensor& a, const Scalar& b);

/// a - b trunc(a / b): C's remainder, with the sign of a.
/// @throws ValueError for an integer division by zero
GRADUS_API Tensor fmod(const Tensor& a, const Tensor& b);
GRADUS_API Tensor fmod(const Tensor& a, const Scalar& b);
GRADUS_API Tensor& fmod_out(Tensor& out, const Tensor& a, const Tensor& b);

/// a - b floor(a / b): Python's remainder, with the sign of b.
/// @throws ValueError for an integer division by zero
GRADUS_API Tensor remainder(const Tensor& a, const Tensor& b);
GRADUS_API Tensor remainder(const Tensor& a, const Scalar& b);
GRADUS_API Tensor remainder(const Scalar& a, const Tensor& b);
GRADUS_API Tensor& remainder_out(Tensor& out, const Tensor& a, const Tensor& b);

}  // namespace gradus
