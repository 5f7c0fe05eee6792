#pragma once

// Operators between tensors and numbers: each is the op of its name, `a + b` is add(a, b). Included
// by core/tensor.h.

#include "core/tensor.h"

namespace gradus {

GRADUS_API Tensor operator+(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator+(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator+(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator-(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator-(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator-(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator*(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator*(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator*(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator/(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator/(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator/(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator%(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator%(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator%(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator==(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator==(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator==(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator!=(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator!=(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator!=(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator<(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator<(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator<(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator<=(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator<=(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator<=(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator>(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator>(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator>(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator>=(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator>=(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator>=(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator&(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator&(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator&(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator|(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator|(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator|(const Scalar& a, const Tensor& b);
GRADUS_API Tensor operator^(const Tensor& a, const Tensor& b);
GRADUS_API Tensor operator^(const Tensor& a, const Scalar& b);
GRADUS_API Tensor operator^(const Scalar& a, const Tensor& b);

}  // namespace gradus
