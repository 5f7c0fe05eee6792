#pragma once

#include "core/tensor.h"

namespace gradus {

// The dtype in which an op with several inputs computes. Categories: bool < integer < floating
// point. The highest category counts; within it tensors with dims come before 0-d tensors, and
// those before numbers: float32 tensor + 1.0 is float32, int64 tensor + 1.5 is the default dtype,
// uint8 tensor + 1000 is uint8.

/// @throws Error for an undefined tensor
GRADUS_API ScalarType result_type(const Tensor& a, const Tensor& b);
GRADUS_API ScalarType result_type(const Tensor& a, const Scalar& b);
GRADUS_API ScalarType result_type(const Scalar& a, const Tensor& b);
GRADUS_API ScalarType result_type(const Scalar& a, const Scalar& b);

/// The same for any number of inputs, one after the other.
class GRADUS_API TypePromotion {
 public:
  TypePromotion& add(const Tensor& tensor);
  TypePromotion& add(const Scalar& number);
  ScalarType result() const;

 private:
  ScalarType with_dims_ = ScalarType::Undefined;
  ScalarType zero_dim_ = ScalarType::Undefined;
  ScalarType number_ = ScalarType::Undefined;
};

}  // namespace gradus
