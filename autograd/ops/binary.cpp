#include "autograd/ops/binary.h"

#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/unary.h"
#include "core/kernels/binary.h"

namespace gradus {

using elementwise::check_defined;
using elementwise::floating;
using kernel::BinaryOp;
using kernel::Operand;
using kernel::Params;

namespace {

// `B` is Tensor or Scalar: the other operand.

template <class B>
DimVector result_sizes(const char* op, const Tensor& a, const B& b) {
  const Operand operands[] = {a, b};
  return kernel::broadcast(op, operands, 2);
}

template <class B>
ScalarType promoted(const char* op, const Tensor& a, const B& b) {
  check_defined(op, "self", a);
  check_defined(op, "other", b);
  return result_type(a, b);
}

bool is_one(const Scalar& value) {
  return value.toDouble() == 1.0;
}

// Checks alpha, and picks the kernel with or without it.
BinaryOp scaled(const char* op, ScalarType dtype, const Scalar& alpha, BinaryOp plain,
                BinaryOp with_alpha) {
  GRADUS_CHECK_TYPE(!alpha.is_boolean() || dtype == kBool,
                    "{}: boolean alpha is only supported for a boolean result, not {}", op, dtype);
  GRADUS_CHECK_TYPE(!alpha.is_floating_point() || is_floating_point(dtype),
                    "{}: for integer inputs alpha must not be a floating-point number", op);
  return is_one(alpha) ? plain : with_alpha;
}

template <class B>
Tensor add_kernel(const char* op, const Tensor& a, const B& b, const Scalar& alpha,
                  const Tensor* out = nullptr) {
  const ScalarType dtype = promoted(op, a, b);
  const Params params{{alpha}};
  return kernel::binary(op, scaled(op, dtype, alpha, BinaryOp::Add, BinaryOp::AddScaled), dtype, a,
                        b, out, &params);
}

template <class B>
Tensor sub_kernel(const char* op, const Tensor& a, const B& b, const Scalar& alpha,
                  const Tensor* out = nullptr) {
  const ScalarType dtype = promoted(op, a, b);
  GRADUS_CHECK_TYPE(dtype != kBool,
                    "{}: subtraction of bool tensors is not supported, use bitwise_xor or "
                    "logical_xor",
                    op);
  const Params params{{alpha}};
  return kernel::binary(op, scaled(op, dtype, alpha, BinaryOp::Sub, BinaryOp::SubScaled), dtype, a,
                        b, out, &params);
}

template <class B>
Tensor mul_kernel(const char* op, const Tensor& a, const B& b, const Tensor* out = nullptr) {
  return kernel::binary(op, BinaryOp::Mul, promoted(op, a, b), a, b, out);
}

template <class B>
Tensor div_kernel(const char* op, const Tensor& a, const B& b, const Tensor* out = nullptr) {
  return kernel::binary(op, BinaryOp::Div, floating(promoted(op, a, b)), a, b, out);
}

Tensor scaled_by(const Tensor& dy, const Scalar& alpha) {
  return is_one(alpha) ? dy : mul(dy, alpha);
}

}  // namespace

// --- add, sub

Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  return record("add", {a, b}, add_kernel("add", a, b, alpha),
                [alpha](const Tensor& dy, const Needs& needs) -> Grads {
                  return {dy, needs[1] ? scaled_by(dy, alpha) : Tensor()};
                });
}

Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return record("add", {a}, add_kernel("add", a, b, alpha),
                [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  return record("sub", {a, b}, sub_kernel("sub", a, b, alpha),
                [alpha](const Tensor& dy, const Needs& needs) -> Grads {
                  return {dy, needs[1] ? mul(dy, -alpha) : Tensor()};
                });
}

Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return record("sub", {a}, sub_kernel("sub", a, b, alpha),
                [](const Tensor& dy) -> Grads { return {dy}; });
}

// --- mul, div

Tensor mul(const Tensor& a, const Tensor& b) {
  Tensor y = mul_kernel("mul", a, b);
  if (!records({a, b})) return y;
  return record(
      "mul", {a, b}, y,
      [a = Saved(b.requires_grad() ? a : Tensor()), b = Saved(a.requires_grad() ? b : Tensor())](
          const Tensor& dy, const Needs& needs) -> Grads {
        return {needs[0] ? mul(dy, b.get()) : Tensor(), needs[1] ? mul(dy, a.get()) : Tensor()};
      });
}

Tensor mul(const Tensor& a, const Scalar& b) {
  return record("mul", {a}, mul_kernel("mul", a, b),
                [b](const Tensor& dy) -> Grads { return {mul(dy, b)}; });
}

Tensor div(const Tensor& a, const Tensor& b) {
  Tensor y = div_kernel("div", a, b);
  if (!records({a, b})) return y;
  // y = a / b: dy/da = 1 / b, dy/db = -y / b
  return record("div", {a, b}, y,
                [a = Saved(b.requires_grad() ? a : Tensor()), b = Saved(b)](
                    const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor da = div(dy, b.get());
                  return {da, needs[1] ? neg(mul(da, div(a.get(), b.get()))) : Tensor()};
                });
}

Tensor div(const Tensor& a, const Scalar& b) {
  return record("div", {a}, div_kernel("div", a, b),
                [b](const Tensor& dy) -> Grads { return {div(dy, b)}; });
}

}  // namespace gradus
