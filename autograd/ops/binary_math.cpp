#include "autograd/ops/binary_math.h"

#include <cmath>
#include <tuple>
#include <type_traits>

#include "autograd/ops/activation.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/binary.h"
#include "core/kernels/special_loop.h"
#include "core/kernels/unary.h"
#include "core/type_promotion.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using elementwise::floating;
using kernel::BinaryOp;
using kernel::Operand;

namespace {

// `B` is Tensor or Scalar: the other operand.

template <class B>
ScalarType promoted(const char* op, const Tensor& a, const B& b) {
  check_defined(op, "self", a);
  check_defined(op, "other", b);
  return result_type(a, b);
}

Tensor& write_out(const char* op, BinaryOp kind, Tensor& out, const Tensor& a, const Tensor& b) {
  const ScalarType dtype = promoted(op, a, b);
  const Operand operands[] = {a, b};
  return elementwise::write_out(
      op, {a, b}, out, kernel::broadcast(op, operands, 2), dtype,
      [&](const Tensor& y) { kernel::binary(op, kind, dtype, a, b, &y); });
}

// --- pow

template <class B>
ScalarType pow_type(const char* op, const Tensor& base, const B& exponent) {
  const ScalarType dtype = promoted(op, base, exponent);
  if constexpr (std::is_same_v<B, Scalar>) {
    GRADUS_CHECK_VALUE(is_floating_point(dtype) || exponent.toLong() >= 0,
                       "{}: integers to negative integer powers are not allowed, got exponent {}",
                       op, exponent.toLong());
  }
  return dtype;
}

Tensor pow_kernel(const char* op, const Tensor& base, const Scalar& exponent,
                  const Tensor* out = nullptr) {
  const ScalarType dtype = pow_type(op, base, exponent);
  if (is_floating_point(dtype) && base.dtype() == dtype) {
    // What x^p is for the exponents that occur most, at the cost of a product or a root.
    const double p = exponent.toDouble();
    const auto unary = [&](kernel::UnaryOp kind) { return kernel::unary(op, kind, base, out); };
    if (p == 2) return unary(kernel::UnaryOp::Square);
    if (p == 0.5) return unary(kernel::UnaryOp::Sqrt);
    if (p == -0.5) return unary(kernel::UnaryOp::Rsqrt);
    if (p == -1) return unary(kernel::UnaryOp::Reciprocal);
  }
  return kernel::binary(op, BinaryOp::Pow, dtype, base, exponent, out);
}

// d base^p / d base = p base^(p - 1); 0 where p is 0, also at base 0.
Tensor pow_backward(const Tensor& dy, const Tensor& base, const Scalar& exponent) {
  const double p = exponent.toDouble();
  if (p == 0) return zeros_like(base);
  return mul(dy, mul(pow(base, p - 1), exponent));
}

Tensor pow_backward_base(const Tensor& dy, const Tensor& base, const Tensor& exponent) {
  const Tensor dx = mul(dy, mul(exponent, pow(base, sub(exponent, 1))));
  return masked_fill(dx, eq(exponent, 0), 0);
}

// d base^p / d p = base^p log(base); 0 at base 0 for p >= 0.
Tensor pow_backward_exponent(const Tensor& dy, const Tensor& base, const Tensor& exponent,
                             const Tensor& y) {
  const Tensor at_limit = logical_and(eq(base, 0), ge(exponent, 0));
  // log 1 in place of log 0, so that no NaN comes of the second derivative.
  return mul(dy, mul(y, log(masked_fill(base, at_limit, 1))));
}

template <class B>
Tensor& pow_in_place(Tensor& self, const B& exponent) {
  const ScalarType dtype = pow_type("pow_", self, exponent);
  const Operand operands[] = {self, exponent};
  const DimVector sizes = kernel::broadcast("pow_", operands, 2);
  const auto compute = [&] { return pow(self, exponent); };
  if constexpr (std::is_same_v<B, Tensor>) {
    return elementwise::in_place(
        "pow_", self, {self, exponent}, sizes, dtype, compute, [&](const Tensor& out) {
          kernel::binary("pow_", BinaryOp::Pow, dtype, self, exponent, &out);
        });
  } else {
    return elementwise::in_place(
        "pow_", self, {self}, sizes, dtype, compute,
        [&](const Tensor& out) { pow_kernel("pow_", self, exponent, &out); });
  }
}

// dy where `wins`, half of it where `ties`, else 0.
Tensor share(const Tensor& dy, const Tensor& wins, const Tensor& ties) {
  return masked_fill(where(ties, mul(dy, 0.5), dy), logical_not(logical_or(wins, ties)), 0);
}

}  // namespace

Tensor pow(const Tensor& base, const Scalar& exponent) {
  const OpScope scope("pow");
  return record("pow", {base}, pow_kernel("pow", base, exponent),
                [base = Saved(base), exponent](const Tensor& dy) -> Grads {
                  return {pow_backward(dy, base.get(), exponent)};
                });
}

Tensor pow(const Tensor& base, const Tensor& exponent) {
  const OpScope scope("pow");
  Tensor y = kernel::binary("pow", BinaryOp::Pow, pow_type("pow", base, exponent), base, exponent);
  return record("pow", {base, exponent}, y,
                [base = Saved(base), exponent = Saved(exponent), y = Saved(y)](
                    const Tensor& dy, const Needs& needs) -> Grads {
                  Tensor d_base, d_exponent;
                  if (needs[0]) d_base = pow_backward_base(dy, base.get(), exponent.get());
                  if (needs[1]) {
                    d_exponent = pow_backward_exponent(dy, base.get(), exponent.get(), y.get());
                  }
                  return {d_base, d_exponent};
                });
}

Tensor pow(const Scalar& base, const Tensor& exponent) {
  const OpScope scope("pow");
  const ScalarType dtype = promoted("pow", exponent, base);
  Tensor y = kernel::binary("pow", BinaryOp::Pow, dtype, base, exponent);
  return record("pow", {exponent}, y,
                [base, exponent = Saved(exponent), y = Saved(y)](const Tensor& dy) -> Grads {
                  const double log_base = std::log(base.toDouble());
                  const Tensor dx = mul(dy, mul(y.get(), log_base));
                  if (base.toDouble() != 0) return {dx};
                  return {masked_fill(dx, ge(exponent.get(), 0), 0)};
                });
}

Tensor& pow_out(Tensor& out, const Tensor& base, const Tensor& exponent) {
  return write_out("pow_out", BinaryOp::Pow, out, base, exponent);
}

Tensor atan2(const Tensor& y, const Tensor& x) {
  const OpScope scope("atan2");
  const ScalarType dtype = floating(promoted("atan2", y, x));
  return record("atan2", {y, x}, kernel::binary("atan2", BinaryOp::Atan2, dtype, y, x),
                [y = Saved(y), x = Saved(x)](const Tensor& dz, const Needs& needs) -> Grads {
                  const Tensor a = y.get(), b = x.get();
                  // 0 at the origin, where the angle jumps.
                  const Tensor square_sum = add(square(a), square(b));
                  const Tensor at_origin = eq(square_sum, 0);
                  const Tensor r =
                      masked_fill(reciprocal(masked_fill(square_sum, at_origin, 1)), at_origin, 0);
                  return {needs[0] ? mul(dz, mul(b, r)) : Tensor(),
                          needs[1] ? mul(dz, neg(mul(a, r))) : Tensor()};
                });
}

Tensor hypot(const Tensor& a, const Tensor& b) {
  const OpScope scope("hypot");
  Tensor y = kernel::binary("hypot", BinaryOp::Hypot, promoted("hypot", a, b), a, b);
  return record(
      "hypot", {a, b}, y,
      [a = Saved(a), b = Saved(b), y = Saved(y)](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor r = y.get();
        return {needs[0] ? mul(dy, div(a.get(), r)) : Tensor(),
                needs[1] ? mul(dy, div(b.get(), r)) : Tensor()};
      });
}

Tensor logaddexp(const Tensor& a, const Tensor& b) {
  const OpScope scope("logaddexp");
  Tensor y = kernel::binary("logaddexp", BinaryOp::Logaddexp, promoted("logaddexp", a, b), a, b);
  // e^a / (e^a + e^b)
  return record("logaddexp", {a, b}, y,
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor difference = sub(a.get(), b.get());
                  return {needs[0] ? mul(dy, sigmoid(difference)) : Tensor(),
                          needs[1] ? mul(dy, sigmoid(neg(difference))) : Tensor()};
                });
}

Tensor logaddexp2(const Tensor& a, const Tensor& b) {
  const OpScope scope("logaddexp2");
  Tensor y = kernel::binary("logaddexp2", BinaryOp::Logaddexp2, promoted("logaddexp2", a, b), a, b);
  return record("logaddexp2", {a, b}, y,
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor difference = mul(sub(a.get(), b.get()), M_LN2);
                  return {needs[0] ? mul(dy, sigmoid(difference)) : Tensor(),
                          needs[1] ? mul(dy, sigmoid(neg(difference))) : Tensor()};
                });
}

// --- extremes

Tensor maximum(const Tensor& a, const Tensor& b) {
  const OpScope scope("maximum");
  Tensor y = kernel::binary("maximum", BinaryOp::Maximum, promoted("maximum", a, b), a, b);
  return record("maximum", {a, b}, y,
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor x = a.get().detach(), z = b.get().detach();
                  const Tensor ties = eq(x, z);
                  return {needs[0] ? share(dy, logical_not(lt(x, z)), ties) : Tensor(),
                          needs[1] ? share(dy, logical_not(gt(x, z)), ties) : Tensor()};
                });
}

Tensor& maximum_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("maximum_out", BinaryOp::Maximum, out, a, b);
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  const OpScope scope("minimum");
  Tensor y = kernel::binary("minimum", BinaryOp::Minimum, promoted("minimum", a, b), a, b);
  return record("minimum", {a, b}, y,
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor x = a.get().detach(), z = b.get().detach();
                  const Tensor ties = eq(x, z);
                  return {needs[0] ? share(dy, logical_not(gt(x, z)), ties) : Tensor(),
                          needs[1] ? share(dy, logical_not(lt(x, z)), ties) : Tensor()};
                });
}

Tensor& minimum_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return write_out("minimum_out", BinaryOp::Minimum, out, a, b);
}

Tensor fmax(const Tensor& a, const Tensor& b) {
  const OpScope scope("fmax");
  Tensor y = kernel::binary("fmax", BinaryOp::Fmax, promoted("fmax", a, b), a, b);
  return record("fmax", {a, b}, y,
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs&) -> Grads {
                  const Tensor x = a.get().detach(), z = b.get().detach();
                  const Tensor first = logical_or(ge(x, z), isnan(z));
                  return {masked_fill(dy, logical_not(first), 0), masked_fill(dy, first, 0)};
                });
}

Tensor fmin(const Tensor& a, const Tensor& b) {
  const OpScope scope("fmin");
  Tensor y = kernel::binary("fmin", BinaryOp::Fmin, promoted("fmin", a, b), a, b);
  return record("fmin", {a, b}, y,
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Needs&) -> Grads {
                  const Tensor x = a.get().detach(), z = b.get().detach();
                  const Tensor first = logical_or(le(x, z), isnan(z));
                  return {masked_fill(dy, logical_not(first), 0), masked_fill(dy, first, 0)};
                });
}

// --- signs

Tensor copysign(const Tensor& a, const Tensor& b) {
  const OpScope scope("copysign");
  const ScalarType dtype = floating(promoted("copysign", a, b));
  Tensor y = kernel::binary("copysign", BinaryOp::Copysign, dtype, a, b);
  return record(
      "copysign", {a, b}, y,
      [a = Saved(a), y = Saved(y)](const Tensor& dy, const Needs& needs) -> Grads {
        // y / a is +-1; 0 at 0.
        return {mul(dy, mul(sign(a.get()), sign(y.get()))), needs[1] ? zeros_like(dy) : Tensor()};
      });
}

Tensor copysign(const Tensor& a, const Scalar& b) {
  const OpScope scope("copysign");
  const ScalarType dtype = floating(promoted("copysign", a, b));
  Tensor y = kernel::binary("copysign", BinaryOp::Copysign, dtype, a, b);
  return record("copysign", {a}, y, [a = Saved(a), y = Saved(y)](const Tensor& dy) -> Grads {
    return {mul(dy, mul(sign(a.get()), sign(y.get())))};
  });
}

Tensor heaviside(const Tensor& a, const Tensor& values) {
  const ScalarType dtype = promoted("heaviside", a, values);
  GRADUS_CHECK_TYPE(a.dtype() == values.dtype(), "heaviside: expected equal dtypes, got {} and {}",
                    a.dtype(), values.dtype());
  NoGradGuard no_grad;
  return named("heaviside", [&] { return where(eq(a, 0), values, gt(a, 0).to(dtype)); });
}

Tensor gcd(const Tensor& a, const Tensor& b) {
  const OpScope scope("gcd");
  return kernel::binary("gcd", BinaryOp::Gcd, promoted("gcd", a, b), a, b);
}

Tensor lcm(const Tensor& a, const Tensor& b) {
  const OpScope scope("lcm");
  return kernel::binary("lcm", BinaryOp::Lcm, promoted("lcm", a, b), a, b);
}

// --- methods of Tensor

Tensor Tensor::pow(const Tensor& other) const {
  return gradus::pow(*this, other);
}
Tensor Tensor::pow(const Scalar& other) const {
  return gradus::pow(*this, other);
}
Tensor& Tensor::pow_(const Tensor& other) const {
  return pow_in_place(self(), other);
}
Tensor& Tensor::pow_(const Scalar& other) const {
  return pow_in_place(self(), other);
}
Tensor Tensor::atan2(const Tensor& other) const {
  return gradus::atan2(*this, other);
}
Tensor Tensor::maximum(const Tensor& other) const {
  return gradus::maximum(*this, other);
}
Tensor Tensor::max(const Tensor& other) const {
  return gradus::maximum(*this, other);
}
Tensor Tensor::minimum(const Tensor& other) const {
  return gradus::minimum(*this, other);
}
Tensor Tensor::min(const Tensor& other) const {
  return gradus::minimum(*this, other);
}

Tensor Tensor::hypot(const Tensor& other) const {
  return gradus::hypot(*this, other);
}

Tensor Tensor::logaddexp(const Tensor& other) const {
  return gradus::logaddexp(*this, other);
}

Tensor Tensor::copysign(const Tensor& other) const {
  return gradus::copysign(*this, other);
}

Tensor Tensor::copysign(const Scalar& other) const {
  return gradus::copysign(*this, other);
}

// --- made of pow

Tensor float_power(const Tensor& base, const Tensor& exponent) {
  require_tensors("float_power", base, exponent);
  return named("float_power", [&] { return pow(base.to(kDouble), exponent.to(kDouble)); });
}

Tensor float_power(const Tensor& base, const Scalar& exponent) {
  require_tensors("float_power", base);
  return pow(base.to(kDouble), exponent.toDouble());
}

Tensor float_power(const Scalar& base, const Tensor& exponent) {
  require_tensors("float_power", exponent);
  return pow(base.toDouble(), exponent.to(kDouble));
}

Tensor ldexp(const Tensor& x, const Tensor& other) {
  require_tensors("ldexp", x, other);
  return named("ldexp", [&] { return mul(x, pow(2.0, other)); });
}

namespace {

double mantissa(double x) {
  int exponent = 0;
  return std::frexp(x, &exponent);
}

double exponent(double x) {
  int exponent = 0;
  if (std::isfinite(x)) std::frexp(x, &exponent);
  return exponent;
}

}  // namespace

std::tuple<Tensor, Tensor> frexp(const Tensor& x) {
  const OpScope scope("frexp");
  require_tensors("frexp", x);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "frexp: expected floating-point numbers, got {}",
                    x.dtype());
  const Tensor places = kernel::special_unary<exponent>("frexp", x);
  Tensor y = record(
      "frexp", {x}, kernel::special_unary<mantissa>("frexp", x),
      [places = Saved(places)](const Tensor& dy) -> Grads { return {dy / exp2(places.get())}; });
  return {y, places.to(kInt)};
}

}  // namespace gradus
