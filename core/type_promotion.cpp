#include "core/type_promotion.h"

namespace gradus {

namespace {

ScalarType promote_defined(ScalarType a, ScalarType b) {
  if (a == ScalarType::Undefined) return b;
  if (b == ScalarType::Undefined) return a;
  return promote_types(a, b);
}

// `lower` counts only where it is of a higher category.
ScalarType combine(ScalarType higher, ScalarType lower) {
  if (is_floating_point(higher)) return higher;
  if (higher == kBool || is_floating_point(lower)) return promote_defined(higher, lower);
  return higher == ScalarType::Undefined ? lower : higher;
}

}  // namespace

TypePromotion& TypePromotion::add(const Tensor& tensor) {
  ScalarType& of_kind = tensor.sizes().empty() ? zero_dim_ : with_dims_;
  of_kind = promote_defined(of_kind, tensor.dtype());
  return *this;
}

TypePromotion& TypePromotion::add(const Scalar& number) {
  number_ =
      promote_defined(number_, number.is_floating_point() ? get_default_dtype() : number.type());
  return *this;
}

ScalarType TypePromotion::result() const {
  return combine(with_dims_, combine(zero_dim_, number_));
}

ScalarType result_type(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  return TypePromotion().add(a).add(b).result();
}

ScalarType result_type(const Tensor& a, const Scalar& b) {
  if (a.is_floating_point()) return a.dtype();
  return TypePromotion().add(a).add(b).result();
}

ScalarType result_type(const Scalar& a, const Tensor& b) {
  return result_type(b, a);
}

ScalarType result_type(const Scalar& a, const Scalar& b) {
  return TypePromotion().add(a).add(b).result();
}

}  // namespace gradus
