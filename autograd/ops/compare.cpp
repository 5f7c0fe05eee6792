#include "autograd/ops/compare.h"

#include <algorithm>

#include "autograd/ops/binary.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/unary.h"
#include "core/kernels/binary.h"
#include "core/kernels/unary.h"
#include "core/type_promotion.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using kernel::BinaryOp;
using kernel::Operand;
using kernel::UnaryOp;

namespace {

template <class B>
Tensor forward(const char* name, BinaryOp op, const Tensor& a, const B& b,
               const Tensor* out = nullptr) {
  check_defined(name, "self", a);
  check_defined(name, "other", b);
  return kernel::binary(name, op, result_type(a, b), a, b, out);
}

Tensor& write_out(const char* name, BinaryOp op, Tensor& out, const Tensor& a, const Tensor& b) {
  check_defined(name, "self", a);
  check_defined(name, "other", b);
  const Operand operands[] = {a, b};
  const DimVector sizes = kernel::broadcast(name, operands, 2);
  return elementwise::write_out(name, {a, b}, out, sizes, kBool,
                                [&](const Tensor& y) { forward(name, op, a, b, &y); });
}

Tensor test(const char* name, UnaryOp op, const Tensor& x) {
  check_defined(name, "self", x);
  return kernel::unary(name, op, x);
}

// x is bool and dense: what a comparison returned.
bool all_true(const Tensor& x) {
  const auto* first = reinterpret_cast<const uint8_t*>(kernel::data_of(x));
  return std::find(first, first + x.numel(), uint8_t{0}) == first + x.numel();
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) {
  const OpScope scope("eq");
  return forward("eq", BinaryOp::Eq, a, b);
}
Tensor eq(const Tensor& a, const Scalar& b) {
  const OpScope scope("eq");
  return forward("eq", BinaryOp::Eq, a, b);
}
Tensor& eq_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("eq_out", BinaryOp::Eq, out, a, b);
}

Tensor ne(const Tensor& a, const Tensor& b) {
  const OpScope scope("ne");
  return forward("ne", BinaryOp::Ne, a, b);
}
Tensor ne(const Tensor& a, const Scalar& b) {
  const OpScope scope("ne");
  return forward("ne", BinaryOp::Ne, a, b);
}
Tensor& ne_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("ne_out", BinaryOp::Ne, out, a, b);
}

Tensor lt(const Tensor& a, const Tensor& b) {
  const OpScope scope("lt");
  return forward("lt", BinaryOp::Lt, a, b);
}
Tensor lt(const Tensor& a, const Scalar& b) {
  const OpScope scope("lt");
  return forward("lt", BinaryOp::Lt, a, b);
}
Tensor& lt_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("lt_out", BinaryOp::Lt, out, a, b);
}

Tensor le(const Tensor& a, const Tensor& b) {
  const OpScope scope("le");
  return forward("le", BinaryOp::Le, a, b);
}
Tensor le(const Tensor& a, const Scalar& b) {
  const OpScope scope("le");
  return forward("le", BinaryOp::Le, a, b);
}
Tensor& le_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("le_out", BinaryOp::Le, out, a, b);
}

Tensor gt(const Tensor& a, const Tensor& b) {
  const OpScope scope("gt");
  return forward("gt", BinaryOp::Gt, a, b);
}
Tensor gt(const Tensor& a, const Scalar& b) {
  const OpScope scope("gt");
  return forward("gt", BinaryOp::Gt, a, b);
}
Tensor& gt_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("gt_out", BinaryOp::Gt, out, a, b);
}

Tensor ge(const Tensor& a, const Tensor& b) {
  const OpScope scope("ge");
  return forward("ge", BinaryOp::Ge, a, b);
}
Tensor ge(const Tensor& a, const Scalar& b) {
  const OpScope scope("ge");
  return forward("ge", BinaryOp::Ge, a, b);
}
Tensor& ge_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("ge_out", BinaryOp::Ge, out, a, b);
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  const OpScope scope("logical_and");
  return forward("logical_and", BinaryOp::LogicalAnd, a, b);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  const OpScope scope("logical_or");
  return forward("logical_or", BinaryOp::LogicalOr, a, b);
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  const OpScope scope("logical_xor");
  return forward("logical_xor", BinaryOp::LogicalXor, a, b);
}

Tensor bitwise_and(const Tensor& a, const Tensor& b) {
  const OpScope scope("bitwise_and");
  return forward("bitwise_and", BinaryOp::BitwiseAnd, a, b);
}
Tensor bitwise_and(const Tensor& a, const Scalar& b) {
  const OpScope scope("bitwise_and");
  return forward("bitwise_and", BinaryOp::BitwiseAnd, a, b);
}
Tensor bitwise_or(const Tensor& a, const Tensor& b) {
  const OpScope scope("bitwise_or");
  return forward("bitwise_or", BinaryOp::BitwiseOr, a, b);
}
Tensor bitwise_or(const Tensor& a, const Scalar& b) {
  const OpScope scope("bitwise_or");
  return forward("bitwise_or", BinaryOp::BitwiseOr, a, b);
}
Tensor bitwise_xor(const Tensor& a, const Tensor& b) {
  const OpScope scope("bitwise_xor");
  return forward("bitwise_xor", BinaryOp::BitwiseXor, a, b);
}
Tensor bitwise_xor(const Tensor& a, const Scalar& b) {
  const OpScope scope("bitwise_xor");
  return forward("bitwise_xor", BinaryOp::BitwiseXor, a, b);
}
Tensor bitwise_left_shift(const Tensor& a, const Tensor& b) {
  const OpScope scope("bitwise_left_shift");
  return forward("bitwise_left_shift", BinaryOp::ShiftLeft, a, b);
}
Tensor bitwise_left_shift(const Tensor& a, const Scalar& b) {
  const OpScope scope("bitwise_left_shift");
  return forward("bitwise_left_shift", BinaryOp::ShiftLeft, a, b);
}
Tensor bitwise_right_shift(const Tensor& a, const Tensor& b) {
  const OpScope scope("bitwise_right_shift");
  return forward("bitwise_right_shift", BinaryOp::ShiftRight, a, b);
}
Tensor bitwise_right_shift(const Tensor& a, const Scalar& b) {
  const OpScope scope("bitwise_right_shift");
  return forward("bitwise_right_shift", BinaryOp::ShiftRight, a, b);
}
Tensor bitwise_not(const Tensor& x) {
  return test("bitwise_not", UnaryOp::BitwiseNot, x);
}
Tensor isnan(const Tensor& x) {
  return test("isnan", UnaryOp::IsNan, x);
}
Tensor isinf(const Tensor& x) {
  return test("isinf", UnaryOp::IsInf, x);
}
Tensor isfinite(const Tensor& x) {
  return test("isfinite", UnaryOp::IsFinite, x);
}
Tensor signbit(const Tensor& x) {
  return test("signbit", UnaryOp::Signbit, x);
}
Tensor logical_not(const Tensor& x) {
  return test("logical_not", UnaryOp::LogicalNot, x);
}
Tensor isposinf(const Tensor& x) {
  check_defined("isposinf", "self", x);
  return logical_and(test("isposinf", UnaryOp::IsInf, x), gt(x, 0));
}
Tensor isneginf(const Tensor& x) {
  check_defined("isneginf", "self", x);
  return logical_and(test("isneginf", UnaryOp::IsInf, x), lt(x, 0));
}

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check_defined("isclose", "self", a);
  check_defined("isclose", "other", b);
  GRADUS_CHECK_TYPE(a.dtype() == b.dtype(), "isclose: expected equal dtypes, got {} and {}",
                    a.dtype(), b.dtype());
  GRADUS_CHECK_VALUE(rtol >= 0 && atol >= 0,
                     "isclose: rtol and atol must not be negative, got {} and {}", rtol, atol);
  NoGradGuard no_grad;
  Tensor close = named("isclose", [&] { return eq(a, b); });
  if (equal_nan) close = logical_or(close, logical_and(isnan(a), isnan(b)));
  if (rtol == 0 && atol == 0) return close;
  const ScalarType dtype = elementwise::floating(a.dtype());
  const Tensor x = a.to(dtype), y = b.to(dtype);
  const Tensor distance = abs(sub(x, y));
  const Tensor allowed = add(mul(abs(y), rtol), atol);
  return logical_or(close, logical_and(isfinite(distance), le(distance, allowed)));
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return named("allclose", [&] { return all_true(isclose(a, b, rtol, atol, equal_nan)); });
}

bool equal(const Tensor& a, const Tensor& b) {
  const OpScope scope("equal");
  check_defined("equal", "self", a);
  check_defined("equal", "other", b);
  return a.sizes() == b.sizes() && all_true(eq(a, b));
}

// --- methods of Tensor

Tensor Tensor::eq(const Tensor& other) const {
  return gradus::eq(*this, other);
}
Tensor Tensor::eq(const Scalar& other) const {
  return gradus::eq(*this, other);
}
Tensor Tensor::ne(const Tensor& other) const {
  return gradus::ne(*this, other);
}
Tensor Tensor::ne(const Scalar& other) const {
  return gradus::ne(*this, other);
}
Tensor Tensor::lt(const Tensor& other) const {
  return gradus::lt(*this, other);
}
Tensor Tensor::lt(const Scalar& other) const {
  return gradus::lt(*this, other);
}
Tensor Tensor::le(const Tensor& other) const {
  return gradus::le(*this, other);
}
Tensor Tensor::le(const Scalar& other) const {
  return gradus::le(*this, other);
}
Tensor Tensor::gt(const Tensor& other) const {
  return gradus::gt(*this, other);
}
Tensor Tensor::gt(const Scalar& other) const {
  return gradus::gt(*this, other);
}
Tensor Tensor::ge(const Tensor& other) const {
  return gradus::ge(*this, other);
}
Tensor Tensor::ge(const Scalar& other) const {
  return gradus::ge(*this, other);
}
Tensor Tensor::logical_and(const Tensor& other) const {
  return gradus::logical_and(*this, other);
}
Tensor Tensor::logical_or(const Tensor& other) const {
  return gradus::logical_or(*this, other);
}
Tensor Tensor::logical_xor(const Tensor& other) const {
  return gradus::logical_xor(*this, other);
}
Tensor Tensor::bitwise_and(const Tensor& other) const {
  return gradus::bitwise_and(*this, other);
}
Tensor Tensor::bitwise_and(const Scalar& other) const {
  return gradus::bitwise_and(*this, other);
}
Tensor Tensor::bitwise_or(const Tensor& other) const {
  return gradus::bitwise_or(*this, other);
}
Tensor Tensor::bitwise_or(const Scalar& other) const {
  return gradus::bitwise_or(*this, other);
}
Tensor Tensor::bitwise_xor(const Tensor& other) const {
  return gradus::bitwise_xor(*this, other);
}
Tensor Tensor::bitwise_xor(const Scalar& other) const {
  return gradus::bitwise_xor(*this, other);
}
Tensor Tensor::isnan() const {
  return gradus::isnan(*this);
}
Tensor Tensor::isinf() const {
  return gradus::isinf(*this);
}
Tensor Tensor::isfinite() const {
  return gradus::isfinite(*this);
}
Tensor Tensor::logical_not() const {
  return gradus::logical_not(*this);
}
Tensor Tensor::bitwise_not() const {
  return gradus::bitwise_not(*this);
}
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return gradus::allclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::equal(const Tensor& other) const {
  return gradus::equal(*this, other);
}

Tensor operator==(const Tensor& a, const Tensor& b) {
  return eq(a, b);
}
Tensor operator==(const Tensor& a, const Scalar& b) {
  return eq(a, b);
}
Tensor operator==(const Scalar& a, const Tensor& b) {
  return eq(b, a);
}
Tensor operator!=(const Tensor& a, const Tensor& b) {
  return ne(a, b);
}
Tensor operator!=(const Tensor& a, const Scalar& b) {
  return ne(a, b);
}
Tensor operator!=(const Scalar& a, const Tensor& b) {
  return ne(b, a);
}
Tensor operator<(const Tensor& a, const Tensor& b) {
  return lt(a, b);
}
Tensor operator<(const Tensor& a, const Scalar& b) {
  return lt(a, b);
}
Tensor operator<(const Scalar& a, const Tensor& b) {
  return gt(b, a);
}
Tensor operator<=(const Tensor& a, const Tensor& b) {
  return le(a, b);
}
Tensor operator<=(const Tensor& a, const Scalar& b) {
  return le(a, b);
}
Tensor operator<=(const Scalar& a, const Tensor& b) {
  return ge(b, a);
}
Tensor operator>(const Tensor& a, const Tensor& b) {
  return gt(a, b);
}
Tensor operator>(const Tensor& a, const Scalar& b) {
  return gt(a, b);
}
Tensor operator>(const Scalar& a, const Tensor& b) {
  return lt(b, a);
}
Tensor operator>=(const Tensor& a, const Tensor& b) {
  return ge(a, b);
}
Tensor operator>=(const Tensor& a, const Scalar& b) {
  return ge(a, b);
}
Tensor operator>=(const Scalar& a, const Tensor& b) {
  return le(b, a);
}
Tensor operator&(const Tensor& a, const Tensor& b) {
  return bitwise_and(a, b);
}
Tensor operator&(const Tensor& a, const Scalar& b) {
  return bitwise_and(a, b);
}
Tensor operator&(const Scalar& a, const Tensor& b) {
  return bitwise_and(b, a);
}
Tensor operator|(const Tensor& a, const Tensor& b) {
  return bitwise_or(a, b);
}
Tensor operator|(const Tensor& a, const Scalar& b) {
  return bitwise_or(a, b);
}
Tensor operator|(const Scalar& a, const Tensor& b) {
  return bitwise_or(b, a);
}
Tensor operator^(const Tensor& a, const Tensor& b) {
  return bitwise_xor(a, b);
}
Tensor operator^(const Tensor& a, const Scalar& b) {
  return bitwise_xor(a, b);
}
Tensor operator^(const Scalar& a, const Tensor& b) {
  return bitwise_xor(b, a);
}

Tensor Tensor::isposinf() const {
  return gradus::isposinf(*this);
}

Tensor Tensor::isneginf() const {
  return gradus::isneginf(*this);
}

Tensor Tensor::signbit() const {
  return gradus::signbit(*this);
}

Tensor Tensor::bitwise_left_shift(const Tensor& other) const {
  return gradus::bitwise_left_shift(*this, other);
}

Tensor Tensor::bitwise_left_shift(const Scalar& other) const {
  return gradus::bitwise_left_shift(*this, other);
}

Tensor Tensor::bitwise_right_shift(const Tensor& other) const {
  return gradus::bitwise_right_shift(*this, other);
}

Tensor Tensor::bitwise_right_shift(const Scalar& other) const {
  return gradus::bitwise_right_shift(*this, other);
}

Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return gradus::isclose(*this, other, rtol, atol, equal_nan);
}

}  // namespace gradus
