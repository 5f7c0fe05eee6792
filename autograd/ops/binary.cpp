#include "autograd/ops/binary.h"

#include <type_traits>
#include <utility>

#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/binary.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using elementwise::floating;
using kernel::BinaryOp;
using kernel::Operand;
using kernel::Params;

namespace {

// `B` is Tensor or Scalar: the other operand.

template <class B>
ScalarType promoted(const char* op, const Tensor& a, const B& b) {
  check_defined(op, "self", a);
  check_defined(op, "other", b);
  return result_type(a, b);
}

bool is_one(const Scalar& value) {
  return value.toDouble() == 1.0;
}

void check_alpha(const char* op, ScalarType dtype, const Scalar& alpha) {
  GRADUS_CHECK_TYPE(!alpha.is_boolean() || dtype == kBool,
                    "{}: boolean alpha is only supported for a boolean result, not {}", op, dtype);
  GRADUS_CHECK_TYPE(!alpha.is_floating_point() || is_floating_point(dtype),
                    "{}: for integer inputs alpha must not be a floating-point number", op);
}

// Checks alpha, and picks the kernel with or without it.
BinaryOp scaled(const char* op, ScalarType dtype, const Scalar& alpha, BinaryOp plain,
                BinaryOp with_alpha) {
  check_alpha(op, dtype, alpha);
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

// As PyTorch: a mask is inverted, not subtracted.
void refuse_bool(const char* op, const Tensor& operand) {
  GRADUS_CHECK_TYPE(operand.dtype() != kBool,
                    "{}: subtraction of bool tensors is not supported, use logical_not, "
                    "bitwise_xor or logical_xor",
                    op);
}
void refuse_bool(const char* op, const Scalar& operand) {
  GRADUS_CHECK_TYPE(!operand.is_boolean(), "{}: subtraction of a bool is not supported", op);
}

template <class B>
Tensor sub_kernel(const char* op, const Tensor& a, const B& b, const Scalar& alpha,
                  const Tensor* out = nullptr) {
  const ScalarType dtype = promoted(op, a, b);
  refuse_bool(op, a);
  refuse_bool(op, b);
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

// The in-place and the out= form of an op without numbers of its own. `kernel` is one of the
// functions above.
template <class B, class Compute, class Kernel>
Tensor& in_place(const char* op, Tensor& self, const B& other, ScalarType dtype, Compute compute,
                 Kernel kernel) {
  const Operand operands[] = {self, other};
  const DimVector sizes = kernel::broadcast(op, operands, 2);
  const auto write = [&](const Tensor& out) { kernel(out); };
  if constexpr (std::is_same_v<B, Tensor>) {
    return elementwise::in_place(op, self, {self, other}, sizes, dtype, compute, write);
  } else {
    return elementwise::in_place(op, self, {self}, sizes, dtype, compute, write);
  }
}

template <class Kernel>
Tensor& write_out(const char* op, Tensor& out, const Tensor& a, const Tensor& b, ScalarType dtype,
                  Kernel kernel) {
  const Operand operands[] = {a, b};
  return elementwise::write_out(op, {a, b}, out, kernel::broadcast(op, operands, 2), dtype, kernel);
}

template <class B>
Tensor& add_in_place(Tensor& self, const B& other, const Scalar& alpha) {
  return in_place(
      "add_", self, other, promoted("add_", self, other), [&] { return add(self, other, alpha); },
      [&](const Tensor& out) { add_kernel("add_", self, other, alpha, &out); });
}

template <class B>
Tensor& sub_in_place(Tensor& self, const B& other, const Scalar& alpha) {
  return in_place(
      "sub_", self, other, promoted("sub_", self, other), [&] { return sub(self, other, alpha); },
      [&](const Tensor& out) { sub_kernel("sub_", self, other, alpha, &out); });
}

template <class B>
Tensor& mul_in_place(Tensor& self, const B& other) {
  return in_place(
      "mul_", self, other, promoted("mul_", self, other), [&] { return mul(self, other); },
      [&](const Tensor& out) { mul_kernel("mul_", self, other, &out); });
}

template <class B>
Tensor& div_in_place(Tensor& self, const B& other) {
  return in_place(
      "div_", self, other, floating(promoted("div_", self, other)),
      [&] { return div(self, other); },
      [&](const Tensor& out) { div_kernel("div_", self, other, &out); });
}

template <class B>
Tensor& remainder_in_place(const char* op, BinaryOp kind, Tensor& self, const B& other,
                           Tensor (*compute)(const Tensor&, const B&)) {
  const ScalarType dtype = promoted(op, self, other);
  return in_place(
      op, self, other, dtype, [&] { return compute(self, other); },
      [&](const Tensor& out) { kernel::binary(op, kind, dtype, self, other, &out); });
}

template <class B>
Tensor divide_rounded(const char* op, const Tensor& a, const B& b, BinaryOp kind) {
  const OpScope scope(op);
  Tensor y = kernel::binary(op, kind, promoted(op, a, b), a, b);
  if constexpr (std::is_same_v<B, Tensor>) {
    return record(op, {a, b}, std::move(y), [](const Tensor& dy) -> Grads {
      const Tensor zero = zeros_like(dy);
      return {zero, zero};
    });
  } else {
    return record(op, {a}, std::move(y),
                  [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
  }
}

BinaryOp rounding(std::string_view mode) {
  GRADUS_CHECK_VALUE(mode == "trunc" || mode == "floor",
                     "div: rounding_mode must be none, trunc or floor, got {}", mode);
  return mode == "trunc" ? BinaryOp::TruncDivide : BinaryOp::FloorDivide;
}

}  // namespace

// --- add, sub

Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  const OpScope scope("add");
  return record("add", {a, b}, add_kernel("add", a, b, alpha),
                [alpha](const Tensor& dy, const Needs& needs) -> Grads {
                  return {dy, needs[1] ? scaled_by(dy, alpha) : Tensor()};
                });
}

Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  const OpScope scope("add");
  return record("add", {a}, add_kernel("add", a, b, alpha),
                [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor& add_out(Tensor& out, const Tensor& a, const Tensor& b, const Scalar& alpha) {
  const ScalarType dtype = promoted("add_out", a, b);
  check_alpha("add_out", dtype, alpha);
  return write_out("add_out", out, a, b, dtype,
                   [&](const Tensor& y) { add_kernel("add_out", a, b, alpha, &y); });
}

Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  const OpScope scope("sub");
  return record("sub", {a, b}, sub_kernel("sub", a, b, alpha),
                [alpha](const Tensor& dy, const Needs& needs) -> Grads {
                  return {dy, needs[1] ? neg(scaled_by(dy, alpha)) : Tensor()};
                });
}

Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  const OpScope scope("sub");
  return record("sub", {a}, sub_kernel("sub", a, b, alpha),
                [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor& sub_out(Tensor& out, const Tensor& a, const Tensor& b, const Scalar& alpha) {
  const ScalarType dtype = promoted("sub_out", a, b);
  check_alpha("sub_out", dtype, alpha);
  return write_out("sub_out", out, a, b, dtype,
                   [&](const Tensor& y) { sub_kernel("sub_out", a, b, alpha, &y); });
}

Tensor rsub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  check_defined("rsub", "self", a);
  check_defined("rsub", "other", b);
  return named("rsub", [&] { return sub(b, a, alpha); });
}

Tensor rsub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  const OpScope scope("rsub");
  const ScalarType dtype = promoted("rsub", a, b);
  refuse_bool("rsub", a);
  refuse_bool("rsub", b);
  const Params params{{alpha}};
  Tensor y =
      kernel::binary("rsub", scaled("rsub", dtype, alpha, BinaryOp::Sub, BinaryOp::SubScaled),
                     dtype, b, a, nullptr, &params);
  return record("rsub", {a}, std::move(y),
                [alpha](const Tensor& dy) -> Grads { return {neg(scaled_by(dy, alpha))}; });
}

// --- mul, div

Tensor mul(const Tensor& a, const Tensor& b) {
  const OpScope scope("mul");
  Tensor y = mul_kernel("mul", a, b);
  if (!records({a, b})) return y;
  return record(
      "mul", {a, b}, std::move(y),
      [a = Saved(b.requires_grad() ? a : Tensor()), b = Saved(a.requires_grad() ? b : Tensor())](
          const Tensor& dy, const Needs& needs) -> Grads {
        return {needs[0] ? mul(dy, b.get()) : Tensor(), needs[1] ? mul(dy, a.get()) : Tensor()};
      });
}

Tensor mul(const Tensor& a, const Scalar& b) {
  const OpScope scope("mul");
  return record("mul", {a}, mul_kernel("mul", a, b),
                [b](const Tensor& dy) -> Grads { return {mul(dy, b)}; });
}

Tensor& mul_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("mul_out", out, a, b, promoted("mul_out", a, b),
                   [&](const Tensor& y) { mul_kernel("mul_out", a, b, &y); });
}

Tensor div(const Tensor& a, const Tensor& b) {
  const OpScope scope("div");
  Tensor y = div_kernel("div", a, b);
  if (!records({a, b})) return y;
  // dy/da = 1 / b, dy/db = -(a / b) / b
  return record("div", {a, b}, std::move(y),
                [a = Saved(b.requires_grad() ? a : Tensor()), b = Saved(b)](
                    const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor divisor = b.get();
                  const Tensor da = div(dy, divisor);
                  return {da, needs[1] ? neg(mul(da, div(a.get(), divisor))) : Tensor()};
                });
}

Tensor div(const Tensor& a, const Scalar& b) {
  const OpScope scope("div");
  return record("div", {a}, div_kernel("div", a, b),
                [b](const Tensor& dy) -> Grads { return {div(dy, b)}; });
}

Tensor div(const Scalar& a, const Tensor& b) {
  const OpScope scope("div");
  const ScalarType dtype = floating(promoted("div", b, a));
  return record("div", {b}, kernel::binary("div", BinaryOp::Div, dtype, a, b),
                [a, b = Saved(b)](const Tensor& dy) -> Grads {
                  const Tensor divisor = b.get();
                  return {neg(mul(div(dy, divisor), div(a, divisor)))};
                });
}

Tensor& div_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("div_out", out, a, b, floating(promoted("div_out", a, b)),
                   [&](const Tensor& y) { div_kernel("div_out", a, b, &y); });
}

Tensor div(const Tensor& a, const Tensor& b, std::optional<std::string_view> rounding_mode) {
  return rounding_mode ? divide_rounded("div", a, b, rounding(*rounding_mode)) : div(a, b);
}

Tensor div(const Tensor& a, const Scalar& b, std::optional<std::string_view> rounding_mode) {
  return rounding_mode ? divide_rounded("div", a, b, rounding(*rounding_mode)) : div(a, b);
}

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  return divide_rounded("floor_divide", a, b, BinaryOp::FloorDivide);
}

Tensor floor_divide(const Tensor& a, const Scalar& b) {
  return divide_rounded("floor_divide", a, b, BinaryOp::FloorDivide);
}

// --- fmod, remainder

Tensor fmod(const Tensor& a, const Tensor& b) {
  const OpScope scope("fmod");
  Tensor y = kernel::binary("fmod", BinaryOp::Fmod, promoted("fmod", a, b), a, b);
  return record("fmod", {a, b}, std::move(y),
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs& needs) -> Grads {
                  Tensor db;
                  if (needs[1]) db = neg(mul(dy, div(a.get(), b.get(), "trunc")));
                  return {dy, db};
                });
}

Tensor fmod(const Tensor& a, const Scalar& b) {
  const OpScope scope("fmod");
  Tensor y = kernel::binary("fmod", BinaryOp::Fmod, promoted("fmod", a, b), a, b);
  return record("fmod", {a}, std::move(y), [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor& fmod_out(Tensor& out, const Tensor& a, const Tensor& b) {
  const ScalarType dtype = promoted("fmod_out", a, b);
  return write_out("fmod_out", out, a, b, dtype, [&](const Tensor& y) {
    kernel::binary("fmod_out", BinaryOp::Fmod, dtype, a, b, &y);
  });
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  const OpScope scope("remainder");
  Tensor y = kernel::binary("remainder", BinaryOp::Remainder, promoted("remainder", a, b), a, b);
  return record("remainder", {a, b}, std::move(y),
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs& needs) -> Grads {
                  Tensor db;
                  if (needs[1]) db = neg(mul(dy, div(a.get(), b.get(), "floor")));
                  return {dy, db};
                });
}

Tensor remainder(const Tensor& a, const Scalar& b) {
  const OpScope scope("remainder");
  Tensor y = kernel::binary("remainder", BinaryOp::Remainder, promoted("remainder", a, b), a, b);
  return record("remainder", {a}, std::move(y), [](const Tensor& dy) -> Grads { return {dy}; });
}

Tensor remainder(const Scalar& a, const Tensor& b) {
  const OpScope scope("remainder");
  Tensor y = kernel::binary("remainder", BinaryOp::Remainder, promoted("remainder", b, a), a, b);
  return record("remainder", {b}, std::move(y), [a, b = Saved(b)](const Tensor& dy) -> Grads {
    const Tensor divisor = b.get();
    return {neg(mul(dy, floor(div(a, divisor))))};
  });
}

Tensor& remainder_out(Tensor& out, const Tensor& a, const Tensor& b) {
  const ScalarType dtype = promoted("remainder_out", a, b);
  return write_out("remainder_out", out, a, b, dtype, [&](const Tensor& y) {
    kernel::binary("remainder_out", BinaryOp::Remainder, dtype, a, b, &y);
  });
}

// --- methods of Tensor

Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const {
  return gradus::add(*this, other, alpha);
}
Tensor& Tensor::add_(const Tensor& other, const Scalar& alpha) const {
  return add_in_place(self(), other, alpha);
}
Tensor Tensor::add(const Scalar& other, const Scalar& alpha) const {
  return gradus::add(*this, other, alpha);
}
Tensor& Tensor::add_(const Scalar& other, const Scalar& alpha) const {
  return add_in_place(self(), other, alpha);
}
Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const {
  return gradus::sub(*this, other, alpha);
}
Tensor& Tensor::sub_(const Tensor& other, const Scalar& alpha) const {
  return sub_in_place(self(), other, alpha);
}
Tensor Tensor::sub(const Scalar& other, const Scalar& alpha) const {
  return gradus::sub(*this, other, alpha);
}
Tensor& Tensor::sub_(const Scalar& other, const Scalar& alpha) const {
  return sub_in_place(self(), other, alpha);
}
Tensor Tensor::mul(const Tensor& other) const {
  return gradus::mul(*this, other);
}
Tensor& Tensor::mul_(const Tensor& other) const {
  return mul_in_place(self(), other);
}
Tensor Tensor::mul(const Scalar& other) const {
  return gradus::mul(*this, other);
}
Tensor& Tensor::mul_(const Scalar& other) const {
  return mul_in_place(self(), other);
}
Tensor Tensor::div(const Tensor& other) const {
  return gradus::div(*this, other);
}
Tensor& Tensor::div_(const Tensor& other) const {
  return div_in_place(self(), other);
}
Tensor Tensor::div(const Scalar& other) const {
  return gradus::div(*this, other);
}
Tensor& Tensor::div_(const Scalar& other) const {
  return div_in_place(self(), other);
}
Tensor Tensor::div(const Tensor& other, std::optional<std::string_view> rounding_mode) const {
  return gradus::div(*this, other, rounding_mode);
}
Tensor Tensor::div(const Scalar& other, std::optional<std::string_view> rounding_mode) const {
  return gradus::div(*this, other, rounding_mode);
}
Tensor Tensor::fmod(const Tensor& other) const {
  return gradus::fmod(*this, other);
}
Tensor& Tensor::fmod_(const Tensor& other) const {
  return remainder_in_place<Tensor>("fmod_", BinaryOp::Fmod, self(), other, gradus::fmod);
}
Tensor Tensor::fmod(const Scalar& other) const {
  return gradus::fmod(*this, other);
}
Tensor& Tensor::fmod_(const Scalar& other) const {
  return remainder_in_place<Scalar>("fmod_", BinaryOp::Fmod, self(), other, gradus::fmod);
}
Tensor Tensor::remainder(const Tensor& other) const {
  return gradus::remainder(*this, other);
}
Tensor& Tensor::remainder_(const Tensor& other) const {
  return remainder_in_place<Tensor>("remainder_", BinaryOp::Remainder, self(), other,
                                    gradus::remainder);
}
Tensor Tensor::remainder(const Scalar& other) const {
  return gradus::remainder(*this, other);
}
Tensor& Tensor::remainder_(const Scalar& other) const {
  return remainder_in_place<Scalar>("remainder_", BinaryOp::Remainder, self(), other,
                                    gradus::remainder);
}

// --- operators

Tensor operator+(const Tensor& a, const Tensor& b) {
  return add(a, b);
}
Tensor operator+(const Tensor& a, const Scalar& b) {
  return add(a, b);
}
Tensor operator+(const Scalar& a, const Tensor& b) {
  return add(b, a);
}
Tensor operator-(const Tensor& a, const Tensor& b) {
  return sub(a, b);
}
Tensor operator-(const Tensor& a, const Scalar& b) {
  return sub(a, b);
}
Tensor operator-(const Scalar& a, const Tensor& b) {
  return rsub(b, a);
}
Tensor operator*(const Tensor& a, const Tensor& b) {
  return mul(a, b);
}
Tensor operator*(const Tensor& a, const Scalar& b) {
  return mul(a, b);
}
Tensor operator*(const Scalar& a, const Tensor& b) {
  return mul(b, a);
}
Tensor operator/(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
Tensor operator/(const Tensor& a, const Scalar& b) {
  return div(a, b);
}
Tensor operator/(const Scalar& a, const Tensor& b) {
  return div(a, b);
}
Tensor operator%(const Tensor& a, const Tensor& b) {
  return remainder(a, b);
}
Tensor operator%(const Tensor& a, const Scalar& b) {
  return remainder(a, b);
}
Tensor operator%(const Scalar& a, const Tensor& b) {
  return remainder(a, b);
}

Tensor Tensor::floor_divide(const Tensor& other) const {
  return gradus::floor_divide(*this, other);
}

Tensor Tensor::floor_divide(const Scalar& other) const {
  return gradus::floor_divide(*this, other);
}

}  // namespace gradus
