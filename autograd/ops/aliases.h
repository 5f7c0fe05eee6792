#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "autograd/ops/activation.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/join.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/special_functions.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"

namespace gradus {

// PyTorch's second names. See the op that each calls.

inline Tensor absolute(const Tensor& x) {
  return abs(x);
}
inline Tensor& absolute_(Tensor& x) {
  return abs_(x);
}
inline Tensor negative(const Tensor& x) {
  return neg(x);
}
inline Tensor& negative_(Tensor& x) {
  return neg_(x);
}
/// x itself. @throws TypeError for bool
inline Tensor positive(const Tensor& x) {
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "positive: not implemented for Bool");
  return x;
}
inline Tensor fix(const Tensor& x) {
  return trunc(x);
}
inline Tensor& fix_(Tensor& x) {
  return trunc_(x);
}
inline Tensor arccos(const Tensor& x) {
  return acos(x);
}
inline Tensor& arccos_(Tensor& x) {
  return acos_(x);
}
inline Tensor arcsin(const Tensor& x) {
  return asin(x);
}
inline Tensor& arcsin_(Tensor& x) {
  return asin_(x);
}
inline Tensor arctan(const Tensor& x) {
  return atan(x);
}
inline Tensor& arctan_(Tensor& x) {
  return atan_(x);
}
inline Tensor arccosh(const Tensor& x) {
  return acosh(x);
}
inline Tensor& arccosh_(Tensor& x) {
  return acosh_(x);
}
inline Tensor arcsinh(const Tensor& x) {
  return asinh(x);
}
inline Tensor& arcsinh_(Tensor& x) {
  return asinh_(x);
}
inline Tensor arctanh(const Tensor& x) {
  return atanh(x);
}
inline Tensor& arctanh_(Tensor& x) {
  return atanh_(x);
}
inline Tensor arctan2(const Tensor& y, const Tensor& x) {
  return atan2(y, x);
}

inline Tensor subtract(const Tensor& a, const Tensor& b, const Scalar& alpha = 1) {
  return sub(a, b, alpha);
}
inline Tensor subtract(const Tensor& a, const Scalar& b, const Scalar& alpha = 1) {
  return sub(a, b, alpha);
}
inline Tensor multiply(const Tensor& a, const Tensor& b) {
  return mul(a, b);
}
inline Tensor multiply(const Tensor& a, const Scalar& b) {
  return mul(a, b);
}
inline Tensor divide(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
inline Tensor divide(const Tensor& a, const Scalar& b) {
  return div(a, b);
}
inline Tensor divide(const Tensor& a, const Tensor& b, std::optional<std::string> rounding_mode) {
  return div(a, b, std::move(rounding_mode));
}
inline Tensor divide(const Tensor& a, const Scalar& b, std::optional<std::string> rounding_mode) {
  return div(a, b, std::move(rounding_mode));
}
inline Tensor true_divide(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
inline Tensor true_divide(const Tensor& a, const Scalar& b) {
  return div(a, b);
}

inline Tensor greater(const Tensor& a, const Tensor& b) {
  return gt(a, b);
}
inline Tensor greater(const Tensor& a, const Scalar& b) {
  return gt(a, b);
}
inline Tensor greater_equal(const Tensor& a, const Tensor& b) {
  return ge(a, b);
}
inline Tensor greater_equal(const Tensor& a, const Scalar& b) {
  return ge(a, b);
}
inline Tensor less(const Tensor& a, const Tensor& b) {
  return lt(a, b);
}
inline Tensor less(const Tensor& a, const Scalar& b) {
  return lt(a, b);
}
inline Tensor less_equal(const Tensor& a, const Tensor& b) {
  return le(a, b);
}
inline Tensor less_equal(const Tensor& a, const Scalar& b) {
  return le(a, b);
}
inline Tensor not_equal(const Tensor& a, const Tensor& b) {
  return ne(a, b);
}
inline Tensor not_equal(const Tensor& a, const Scalar& b) {
  return ne(a, b);
}

inline Tensor clip(const Tensor& x, std::optional<Scalar> min,
                   std::optional<Scalar> max = std::nullopt) {
  return clamp(x, min, max);
}
inline Tensor clip(const Tensor& x, const Tensor& min, const Tensor& max) {
  return clamp(x, min, max);
}
inline Tensor& clip_(Tensor& x, std::optional<Scalar> min,
                     std::optional<Scalar> max = std::nullopt) {
  return clamp_(x, min, max);
}

inline Tensor max(const Tensor& a, const Tensor& b) {
  return maximum(a, b);
}
inline Tensor& max_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return maximum_out(out, a, b);
}
inline Tensor min(const Tensor& a, const Tensor& b) {
  return minimum(a, b);
}
inline Tensor& min_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return minimum_out(out, a, b);
}
inline Tensor concatenate(TensorList tensors, int64_t dim = 0) {
  return cat(tensors, dim);
}
inline Tensor& concat_out(Tensor& out, TensorList tensors, int64_t dim = 0) {
  return cat_out(out, tensors, dim);
}
inline Tensor trapz(const Tensor& y, const Tensor& x, int64_t dim = -1) {
  return trapezoid(y, x, dim);
}
inline Tensor trapz(const Tensor& y, double dx = 1, int64_t dim = -1) {
  return trapezoid(y, dx, dim);
}

inline Tensor i0(const Tensor& x) {
  return special::i0(x);
}
inline Tensor igamma(const Tensor& a, const Tensor& x) {
  return special::gammainc(a, x);
}
inline Tensor igammac(const Tensor& a, const Tensor& x) {
  return special::gammaincc(a, x);
}
inline Tensor mvlgamma(const Tensor& x, int64_t p) {
  return special::multigammaln(x, p);
}

}  // namespace gradus
