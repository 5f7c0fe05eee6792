// In-place forms of ops whose kernels do not write to their input: the result is copied there.

#include <algorithm>

#include "autograd/in_place.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/special.h"
#include "autograd/ops/unary.h"

namespace gradus {

Tensor& write_in_place(const char* op, Tensor& self, const Tensor& result) {
  check_in_place(op, self, result.sizes(), result.dtype());
  return assign(op, self, result);
}

Tensor& Tensor::tril_(int64_t diagonal) const {
  return write_in_place("tril_", self(), gradus::tril(*this, diagonal));
}

Tensor& Tensor::triu_(int64_t diagonal) const {
  return write_in_place("triu_", self(), gradus::triu(*this, diagonal));
}

Tensor& Tensor::logit_(std::optional<double> eps) const {
  // Of a copy: several steps save what would be written over.
  return write_in_place("logit_", self(), gradus::logit(records({*this}) ? clone() : *this, eps));
}

Tensor& Tensor::sinc_() const {
  return write_in_place("sinc_", self(), gradus::sinc(*this));
}

Tensor& Tensor::deg2rad_() const {
  return write_in_place("deg2rad_", self(), gradus::deg2rad(*this));
}

Tensor& Tensor::rad2deg_() const {
  return write_in_place("rad2deg_", self(), gradus::rad2deg(*this));
}

Tensor& Tensor::nan_to_num_(std::optional<double> nan, std::optional<double> posinf,
                            std::optional<double> neginf) const {
  return write_in_place("nan_to_num_", self(), gradus::nan_to_num(*this, nan, posinf, neginf));
}

Tensor& Tensor::logical_not_() const {
  return write_in_place("logical_not_", self(), gradus::logical_not(*this));
}

Tensor& Tensor::bitwise_not_() const {
  return write_in_place("bitwise_not_", self(), gradus::bitwise_not(*this));
}

Tensor& Tensor::div_(const Tensor& other, std::optional<std::string_view> rounding_mode) const {
  return write_in_place("div_", self(), gradus::div(*this, other, rounding_mode));
}

Tensor& Tensor::div_(const Scalar& other, std::optional<std::string_view> rounding_mode) const {
  return write_in_place("div_", self(), gradus::div(*this, other, rounding_mode));
}

Tensor& Tensor::floor_divide_(const Tensor& other) const {
  return write_in_place("floor_divide_", self(), gradus::floor_divide(*this, other));
}

Tensor& Tensor::floor_divide_(const Scalar& other) const {
  return write_in_place("floor_divide_", self(), gradus::floor_divide(*this, other));
}

Tensor& Tensor::atan2_(const Tensor& other) const {
  return write_in_place("atan2_", self(), gradus::atan2(*this, other));
}

Tensor& Tensor::hypot_(const Tensor& other) const {
  return write_in_place("hypot_", self(), gradus::hypot(*this, other));
}

Tensor& Tensor::xlogy_(const Tensor& other) const {
  return write_in_place("xlogy_", self(), gradus::xlogy(*this, other));
}

Tensor& Tensor::xlogy_(const Scalar& other) const {
  return write_in_place("xlogy_", self(), gradus::xlogy(*this, other));
}

Tensor& Tensor::copysign_(const Scalar& other) const {
  return write_in_place("copysign_", self(), gradus::copysign(*this, other));
}

Tensor& Tensor::copysign_(const Tensor& other) const {
  return write_in_place("copysign_", self(), gradus::copysign(*this, other));
}

Tensor& Tensor::gcd_(const Tensor& other) const {
  return write_in_place("gcd_", self(), gradus::gcd(*this, other));
}

Tensor& Tensor::lcm_(const Tensor& other) const {
  return write_in_place("lcm_", self(), gradus::lcm(*this, other));
}

Tensor& Tensor::logical_and_(const Tensor& other) const {
  return write_in_place("logical_and_", self(), gradus::logical_and(*this, other));
}

Tensor& Tensor::logical_or_(const Tensor& other) const {
  return write_in_place("logical_or_", self(), gradus::logical_or(*this, other));
}

Tensor& Tensor::logical_xor_(const Tensor& other) const {
  return write_in_place("logical_xor_", self(), gradus::logical_xor(*this, other));
}

Tensor& Tensor::bitwise_and_(const Tensor& other) const {
  return write_in_place("bitwise_and_", self(), gradus::bitwise_and(*this, other));
}

Tensor& Tensor::bitwise_and_(const Scalar& other) const {
  return write_in_place("bitwise_and_", self(), gradus::bitwise_and(*this, other));
}

Tensor& Tensor::bitwise_or_(const Tensor& other) const {
  return write_in_place("bitwise_or_", self(), gradus::bitwise_or(*this, other));
}

Tensor& Tensor::bitwise_or_(const Scalar& other) const {
  return write_in_place("bitwise_or_", self(), gradus::bitwise_or(*this, other));
}

Tensor& Tensor::bitwise_xor_(const Tensor& other) const {
  return write_in_place("bitwise_xor_", self(), gradus::bitwise_xor(*this, other));
}

Tensor& Tensor::bitwise_xor_(const Scalar& other) const {
  return write_in_place("bitwise_xor_", self(), gradus::bitwise_xor(*this, other));
}

Tensor& Tensor::eq_(const Tensor& other) const {
  return write_in_place("eq_", self(), gradus::eq(*this, other));
}

Tensor& Tensor::eq_(const Scalar& other) const {
  return write_in_place("eq_", self(), gradus::eq(*this, other));
}

Tensor& Tensor::ne_(const Tensor& other) const {
  return write_in_place("ne_", self(), gradus::ne(*this, other));
}

Tensor& Tensor::ne_(const Scalar& other) const {
  return write_in_place("ne_", self(), gradus::ne(*this, other));
}

Tensor& Tensor::lt_(const Tensor& other) const {
  return write_in_place("lt_", self(), gradus::lt(*this, other));
}

Tensor& Tensor::lt_(const Scalar& other) const {
  return write_in_place("lt_", self(), gradus::lt(*this, other));
}

Tensor& Tensor::le_(const Tensor& other) const {
  return write_in_place("le_", self(), gradus::le(*this, other));
}

Tensor& Tensor::le_(const Scalar& other) const {
  return write_in_place("le_", self(), gradus::le(*this, other));
}

Tensor& Tensor::gt_(const Tensor& other) const {
  return write_in_place("gt_", self(), gradus::gt(*this, other));
}

Tensor& Tensor::gt_(const Scalar& other) const {
  return write_in_place("gt_", self(), gradus::gt(*this, other));
}

Tensor& Tensor::ge_(const Tensor& other) const {
  return write_in_place("ge_", self(), gradus::ge(*this, other));
}

Tensor& Tensor::ge_(const Scalar& other) const {
  return write_in_place("ge_", self(), gradus::ge(*this, other));
}

Tensor& Tensor::cumsum_(int64_t dim, std::optional<ScalarType> dtype) const {
  return write_in_place("cumsum_", self(), gradus::cumsum(*this, dim, dtype));
}

Tensor& Tensor::cumprod_(int64_t dim, std::optional<ScalarType> dtype) const {
  return write_in_place("cumprod_", self(), gradus::cumprod(*this, dim, dtype));
}

Tensor& Tensor::addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
                       const Scalar& alpha) const {
  const autocast::Pause no_autocast;
  return write_in_place("addmm_", self(), gradus::addmm(*this, mat1, mat2, beta, alpha));
}

Tensor& Tensor::baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                         const Scalar& alpha) const {
  const autocast::Pause no_autocast;
  return write_in_place("baddbmm_", self(), gradus::baddbmm(*this, batch1, batch2, beta, alpha));
}

Tensor& Tensor::fill_diagonal_(const Scalar& value, bool wrap) const {
  GRADUS_CHECK(dim() >= 2, "fill_diagonal_: expected at least 2 dims, got {}", sizes());
  for (int64_t d = 1; d < dim() && dim() > 2; ++d) {
    GRADUS_CHECK(size(d) == size(0),
                 "fill_diagonal_: all dims must be equal for more than 2, got {}", sizes());
  }
  int64_t step = 0, shortest = size(0);
  for (int64_t d = 0; d < dim(); ++d) {
    step += stride(d);
    shortest = std::min(shortest, size(d));
  }
  check_in_place("fill_diagonal_", *this);
  as_strided({shortest}, {step}).fill_(value);
  // Below a tall matrix' diagonal an empty row, then the diagonal begins anew.
  for (int64_t row = size(1) + 1; wrap && dim() == 2 && row < size(0); row += size(1) + 1) {
    const int64_t rows = size(0) - row;
    as_strided({std::min(rows, size(1))}, {step}, storage_offset() + row * stride(0)).fill_(value);
  }
  return self();
}

}  // namespace gradus
