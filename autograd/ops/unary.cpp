#include "autograd/ops/unary.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/elementwise-inl.h"
#include "core/factory.h"
#include "core/kernels/unary.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using elementwise::unary_forward;
using elementwise::unary_in_place;
using elementwise::unary_out;
using kernel::UnaryOp;

namespace {

double largest_finite(ScalarType dtype) {
  switch (dtype) {
    case kDouble:
      return std::numeric_limits<double>::max();
    case kHalf:
      return 65504;
    case kBFloat16:
      return 0x1.fep127;
    default:
      return std::numeric_limits<float>::max();
  }
}

}  // namespace

Tensor abs(const Tensor& x) {
  const OpScope scope("abs");
  Tensor y = unary_forward("abs", UnaryOp::Abs, x);
  return record("abs", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, sign(x.get()))}; });
}
Tensor& abs_(Tensor& x) {
  return unary_in_place("abs_", UnaryOp::Abs, x, abs);
}
Tensor& abs_out(Tensor& out, const Tensor& x) {
  return unary_out("abs_out", UnaryOp::Abs, out, x);
}

Tensor neg(const Tensor& x) {
  const OpScope scope("neg");
  Tensor y = unary_forward("neg", UnaryOp::Neg, x);
  return record("neg", {x}, y, [](const Tensor& dy) -> Grads { return {neg(dy)}; });
}
Tensor& neg_(Tensor& x) {
  return unary_in_place("neg_", UnaryOp::Neg, x, neg);
}
Tensor& neg_out(Tensor& out, const Tensor& x) {
  return unary_out("neg_out", UnaryOp::Neg, out, x);
}

Tensor sign(const Tensor& x) {
  const OpScope scope("sign");
  Tensor y = unary_forward("sign", UnaryOp::Sign, x);
  return record("sign", {x}, y, [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
}
Tensor& sign_(Tensor& x) {
  return unary_in_place("sign_", UnaryOp::Sign, x, sign);
}
Tensor& sign_out(Tensor& out, const Tensor& x) {
  return unary_out("sign_out", UnaryOp::Sign, out, x);
}

Tensor square(const Tensor& x) {
  const OpScope scope("square");
  if (x.defined() && x.dtype() == kBool) return square(x.to(kLong));  // as pow(x, 2)
  Tensor y = unary_forward("square", UnaryOp::Square, x);
  return record("square", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, mul(x.get(), 2))}; });
}
Tensor& square_(Tensor& x) {
  return unary_in_place("square_", UnaryOp::Square, x, square);
}
Tensor& square_out(Tensor& out, const Tensor& x) {
  const bool truth = x.defined() && x.dtype() == kBool;
  return unary_out("square_out", UnaryOp::Square, out, truth ? x.to(kLong) : x);
}

Tensor floor(const Tensor& x) {
  const OpScope scope("floor");
  Tensor y = unary_forward("floor", UnaryOp::Floor, x);
  return record("floor", {x}, y, [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
}
Tensor& floor_(Tensor& x) {
  return unary_in_place("floor_", UnaryOp::Floor, x, floor);
}
Tensor& floor_out(Tensor& out, const Tensor& x) {
  return unary_out("floor_out", UnaryOp::Floor, out, x);
}

Tensor ceil(const Tensor& x) {
  const OpScope scope("ceil");
  Tensor y = unary_forward("ceil", UnaryOp::Ceil, x);
  return record("ceil", {x}, y, [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
}
Tensor& ceil_(Tensor& x) {
  return unary_in_place("ceil_", UnaryOp::Ceil, x, ceil);
}
Tensor& ceil_out(Tensor& out, const Tensor& x) {
  return unary_out("ceil_out", UnaryOp::Ceil, out, x);
}

Tensor round(const Tensor& x) {
  const OpScope scope("round");
  Tensor y = unary_forward("round", UnaryOp::Round, x);
  return record("round", {x}, y, [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
}
Tensor& round_(Tensor& x) {
  return unary_in_place("round_", UnaryOp::Round, x, round);
}
Tensor& round_out(Tensor& out, const Tensor& x) {
  return unary_out("round_out", UnaryOp::Round, out, x);
}

Tensor trunc(const Tensor& x) {
  const OpScope scope("trunc");
  Tensor y = unary_forward("trunc", UnaryOp::Trunc, x);
  return record("trunc", {x}, y, [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
}
Tensor& trunc_(Tensor& x) {
  return unary_in_place("trunc_", UnaryOp::Trunc, x, trunc);
}
Tensor& trunc_out(Tensor& out, const Tensor& x) {
  return unary_out("trunc_out", UnaryOp::Trunc, out, x);
}

Tensor frac(const Tensor& x) {
  const OpScope scope("frac");
  Tensor y = unary_forward("frac", UnaryOp::Frac, x);
  return record("frac", {x}, y, [](const Tensor& dy) -> Grads { return {dy}; });
}
Tensor& frac_(Tensor& x) {
  return unary_in_place("frac_", UnaryOp::Frac, x, frac);
}
Tensor& frac_out(Tensor& out, const Tensor& x) {
  return unary_out("frac_out", UnaryOp::Frac, out, x);
}

Tensor exp(const Tensor& x) {
  const OpScope scope("exp");
  Tensor y = unary_forward("exp", UnaryOp::Exp, x);
  return record("exp", {x}, y,
                [y = Saved(y)](const Tensor& dy) -> Grads { return {mul(dy, y.get())}; });
}
Tensor& exp_(Tensor& x) {
  return unary_in_place("exp_", UnaryOp::Exp, x, exp);
}
Tensor& exp_out(Tensor& out, const Tensor& x) {
  return unary_out("exp_out", UnaryOp::Exp, out, x);
}

Tensor exp2(const Tensor& x) {
  const OpScope scope("exp2");
  Tensor y = unary_forward("exp2", UnaryOp::Exp2, x);
  return record("exp2", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    return {mul(mul(dy, y.get()), M_LN2)};
  });
}
Tensor& exp2_(Tensor& x) {
  return unary_in_place("exp2_", UnaryOp::Exp2, x, exp2);
}
Tensor& exp2_out(Tensor& out, const Tensor& x) {
  return unary_out("exp2_out", UnaryOp::Exp2, out, x);
}

Tensor expm1(const Tensor& x) {
  const OpScope scope("expm1");
  Tensor y = unary_forward("expm1", UnaryOp::Expm1, x);
  return record("expm1", {x}, y,
                [y = Saved(y)](const Tensor& dy) -> Grads { return {mul(dy, add(y.get(), 1))}; });
}
Tensor& expm1_(Tensor& x) {
  return unary_in_place("expm1_", UnaryOp::Expm1, x, expm1);
}
Tensor& expm1_out(Tensor& out, const Tensor& x) {
  return unary_out("expm1_out", UnaryOp::Expm1, out, x);
}

Tensor log(const Tensor& x) {
  const OpScope scope("log");
  Tensor y = unary_forward("log", UnaryOp::Log, x);
  return record("log", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {div(dy, x.get())}; });
}
Tensor& log_(Tensor& x) {
  return unary_in_place("log_", UnaryOp::Log, x, log);
}
Tensor& log_out(Tensor& out, const Tensor& x) {
  return unary_out("log_out", UnaryOp::Log, out, x);
}

Tensor log1p(const Tensor& x) {
  const OpScope scope("log1p");
  Tensor y = unary_forward("log1p", UnaryOp::Log1p, x);
  return record("log1p", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {div(dy, add(x.get(), 1))}; });
}
Tensor& log1p_(Tensor& x) {
  return unary_in_place("log1p_", UnaryOp::Log1p, x, log1p);
}
Tensor& log1p_out(Tensor& out, const Tensor& x) {
  return unary_out("log1p_out", UnaryOp::Log1p, out, x);
}

Tensor log2(const Tensor& x) {
  const OpScope scope("log2");
  Tensor y = unary_forward("log2", UnaryOp::Log2, x);
  return record("log2", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {div(dy, mul(x.get(), M_LN2))};
  });
}
Tensor& log2_(Tensor& x) {
  return unary_in_place("log2_", UnaryOp::Log2, x, log2);
}
Tensor& log2_out(Tensor& out, const Tensor& x) {
  return unary_out("log2_out", UnaryOp::Log2, out, x);
}

Tensor log10(const Tensor& x) {
  const OpScope scope("log10");
  Tensor y = unary_forward("log10", UnaryOp::Log10, x);
  return record("log10", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {div(dy, mul(x.get(), M_LN10))};
  });
}
Tensor& log10_(Tensor& x) {
  return unary_in_place("log10_", UnaryOp::Log10, x, log10);
}
Tensor& log10_out(Tensor& out, const Tensor& x) {
  return unary_out("log10_out", UnaryOp::Log10, out, x);
}

Tensor sqrt(const Tensor& x) {
  const OpScope scope("sqrt");
  Tensor y = unary_forward("sqrt", UnaryOp::Sqrt, x);
  return record("sqrt", {x}, y,
                [y = Saved(y)](const Tensor& dy) -> Grads { return {div(dy, mul(y.get(), 2))}; });
}
Tensor& sqrt_(Tensor& x) {
  return unary_in_place("sqrt_", UnaryOp::Sqrt, x, sqrt);
}
Tensor& sqrt_out(Tensor& out, const Tensor& x) {
  return unary_out("sqrt_out", UnaryOp::Sqrt, out, x);
}

Tensor rsqrt(const Tensor& x) {
  const OpScope scope("rsqrt");
  Tensor y = unary_forward("rsqrt", UnaryOp::Rsqrt, x);
  return record("rsqrt", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    const Tensor r = y.get();
    return {mul(mul(dy, -0.5), mul(r, square(r)))};
  });
}
Tensor& rsqrt_(Tensor& x) {
  return unary_in_place("rsqrt_", UnaryOp::Rsqrt, x, rsqrt);
}
Tensor& rsqrt_out(Tensor& out, const Tensor& x) {
  return unary_out("rsqrt_out", UnaryOp::Rsqrt, out, x);
}

Tensor reciprocal(const Tensor& x) {
  const OpScope scope("reciprocal");
  Tensor y = unary_forward("reciprocal", UnaryOp::Reciprocal, x);
  return record("reciprocal", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    return {neg(mul(dy, square(y.get())))};
  });
}
Tensor& reciprocal_(Tensor& x) {
  return unary_in_place("reciprocal_", UnaryOp::Reciprocal, x, reciprocal);
}
Tensor& reciprocal_out(Tensor& out, const Tensor& x) {
  return unary_out("reciprocal_out", UnaryOp::Reciprocal, out, x);
}

Tensor sin(const Tensor& x) {
  const OpScope scope("sin");
  Tensor y = unary_forward("sin", UnaryOp::Sin, x);
  return record("sin", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, cos(x.get()))}; });
}
Tensor& sin_(Tensor& x) {
  return unary_in_place("sin_", UnaryOp::Sin, x, sin);
}
Tensor& sin_out(Tensor& out, const Tensor& x) {
  return unary_out("sin_out", UnaryOp::Sin, out, x);
}

Tensor cos(const Tensor& x) {
  const OpScope scope("cos");
  Tensor y = unary_forward("cos", UnaryOp::Cos, x);
  return record("cos", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {neg(mul(dy, sin(x.get())))}; });
}
Tensor& cos_(Tensor& x) {
  return unary_in_place("cos_", UnaryOp::Cos, x, cos);
}
Tensor& cos_out(Tensor& out, const Tensor& x) {
  return unary_out("cos_out", UnaryOp::Cos, out, x);
}

Tensor tan(const Tensor& x) {
  const OpScope scope("tan");
  Tensor y = unary_forward("tan", UnaryOp::Tan, x);
  return record("tan", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    return {mul(dy, add(square(y.get()), 1))};
  });
}
Tensor& tan_(Tensor& x) {
  return unary_in_place("tan_", UnaryOp::Tan, x, tan);
}
Tensor& tan_out(Tensor& out, const Tensor& x) {
  return unary_out("tan_out", UnaryOp::Tan, out, x);
}

Tensor asin(const Tensor& x) {
  const OpScope scope("asin");
  Tensor y = unary_forward("asin", UnaryOp::Asin, x);
  return record("asin", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {mul(dy, rsqrt(rsub(square(x.get()), 1)))};
  });
}
Tensor& asin_(Tensor& x) {
  return unary_in_place("asin_", UnaryOp::Asin, x, asin);
}
Tensor& asin_out(Tensor& out, const Tensor& x) {
  return unary_out("asin_out", UnaryOp::Asin, out, x);
}

Tensor acos(const Tensor& x) {
  const OpScope scope("acos");
  Tensor y = unary_forward("acos", UnaryOp::Acos, x);
  return record("acos", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {neg(mul(dy, rsqrt(rsub(square(x.get()), 1))))};
  });
}
Tensor& acos_(Tensor& x) {
  return unary_in_place("acos_", UnaryOp::Acos, x, acos);
}
Tensor& acos_out(Tensor& out, const Tensor& x) {
  return unary_out("acos_out", UnaryOp::Acos, out, x);
}

Tensor atan(const Tensor& x) {
  const OpScope scope("atan");
  Tensor y = unary_forward("atan", UnaryOp::Atan, x);
  return record("atan", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {div(dy, add(square(x.get()), 1))};
  });
}
Tensor& atan_(Tensor& x) {
  return unary_in_place("atan_", UnaryOp::Atan, x, atan);
}
Tensor& atan_out(Tensor& out, const Tensor& x) {
  return unary_out("atan_out", UnaryOp::Atan, out, x);
}

Tensor sinh(const Tensor& x) {
  const OpScope scope("sinh");
  Tensor y = unary_forward("sinh", UnaryOp::Sinh, x);
  return record("sinh", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, cosh(x.get()))}; });
}
Tensor& sinh_(Tensor& x) {
  return unary_in_place("sinh_", UnaryOp::Sinh, x, sinh);
}
Tensor& sinh_out(Tensor& out, const Tensor& x) {
  return unary_out("sinh_out", UnaryOp::Sinh, out, x);
}

Tensor cosh(const Tensor& x) {
  const OpScope scope("cosh");
  Tensor y = unary_forward("cosh", UnaryOp::Cosh, x);
  return record("cosh", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, sinh(x.get()))}; });
}
Tensor& cosh_(Tensor& x) {
  return unary_in_place("cosh_", UnaryOp::Cosh, x, cosh);
}
Tensor& cosh_out(Tensor& out, const Tensor& x) {
  return unary_out("cosh_out", UnaryOp::Cosh, out, x);
}

Tensor asinh(const Tensor& x) {
  const OpScope scope("asinh");
  Tensor y = unary_forward("asinh", UnaryOp::Asinh, x);
  return record("asinh", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {mul(dy, rsqrt(add(square(x.get()), 1)))};
  });
}
Tensor& asinh_(Tensor& x) {
  return unary_in_place("asinh_", UnaryOp::Asinh, x, asinh);
}
Tensor& asinh_out(Tensor& out, const Tensor& x) {
  return unary_out("asinh_out", UnaryOp::Asinh, out, x);
}

Tensor acosh(const Tensor& x) {
  const OpScope scope("acosh");
  Tensor y = unary_forward("acosh", UnaryOp::Acosh, x);
  return record("acosh", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {mul(dy, rsqrt(sub(square(x.get()), 1)))};
  });
}
Tensor& acosh_(Tensor& x) {
  return unary_in_place("acosh_", UnaryOp::Acosh, x, acosh);
}
Tensor& acosh_out(Tensor& out, const Tensor& x) {
  return unary_out("acosh_out", UnaryOp::Acosh, out, x);
}

Tensor atanh(const Tensor& x) {
  const OpScope scope("atanh");
  Tensor y = unary_forward("atanh", UnaryOp::Atanh, x);
  return record("atanh", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {div(dy, rsub(square(x.get()), 1))};
  });
}
Tensor& atanh_(Tensor& x) {
  return unary_in_place("atanh_", UnaryOp::Atanh, x, atanh);
}
Tensor& atanh_out(Tensor& out, const Tensor& x) {
  return unary_out("atanh_out", UnaryOp::Atanh, out, x);
}

// --- the others

Tensor round(const Tensor& x, int64_t decimals) {
  const OpScope scope("round");
  check_defined("round", "self", x);
  if (decimals == 0) return round(x);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "round: decimals need a floating-point dtype, got {}",
                    x.dtype());
  const double scale = std::pow(10.0, static_cast<double>(std::abs(decimals)));
  return decimals > 0 ? div(round(mul(x, scale)), scale) : mul(round(div(x, scale)), scale);
}

Tensor& round_(Tensor& x, int64_t decimals) {
  return write_in_place("round_", x, round(x, decimals));
}

Tensor deg2rad(const Tensor& x) {
  const OpScope scope("deg2rad");
  check_defined("deg2rad", "self", x);
  return mul(x, M_PI / 180);
}
Tensor rad2deg(const Tensor& x) {
  const OpScope scope("rad2deg");
  check_defined("rad2deg", "self", x);
  return mul(x, 180 / M_PI);
}

Tensor nan_to_num(const Tensor& x, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
  const OpScope scope("nan_to_num");
  check_defined("nan_to_num", "self", x);
  const double largest = largest_finite(x.dtype());
  const kernel::Params params{
      {nan.value_or(0), posinf.value_or(largest), neginf.value_or(-largest)}};
  Tensor y = kernel::unary("nan_to_num", UnaryOp::NanToNum, x, nullptr, &params);
  return record("nan_to_num", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, isfinite(x.get()))}; });
}

// --- methods of Tensor

Tensor Tensor::abs() const {
  return gradus::abs(*this);
}
Tensor& Tensor::abs_() const {
  return gradus::abs_(self());
}
Tensor Tensor::neg() const {
  return gradus::neg(*this);
}
Tensor& Tensor::neg_() const {
  return gradus::neg_(self());
}
Tensor Tensor::exp() const {
  return gradus::exp(*this);
}
Tensor& Tensor::exp_() const {
  return gradus::exp_(self());
}
Tensor Tensor::exp2() const {
  return gradus::exp2(*this);
}
Tensor& Tensor::exp2_() const {
  return gradus::exp2_(self());
}
Tensor Tensor::expm1() const {
  return gradus::expm1(*this);
}
Tensor& Tensor::expm1_() const {
  return gradus::expm1_(self());
}
Tensor Tensor::log() const {
  return gradus::log(*this);
}
Tensor& Tensor::log_() const {
  return gradus::log_(self());
}
Tensor Tensor::log1p() const {
  return gradus::log1p(*this);
}
Tensor& Tensor::log1p_() const {
  return gradus::log1p_(self());
}
Tensor Tensor::log2() const {
  return gradus::log2(*this);
}
Tensor& Tensor::log2_() const {
  return gradus::log2_(self());
}
Tensor Tensor::log10() const {
  return gradus::log10(*this);
}
Tensor& Tensor::log10_() const {
  return gradus::log10_(self());
}
Tensor Tensor::sqrt() const {
  return gradus::sqrt(*this);
}
Tensor& Tensor::sqrt_() const {
  return gradus::sqrt_(self());
}
Tensor Tensor::rsqrt() const {
  return gradus::rsqrt(*this);
}
Tensor& Tensor::rsqrt_() const {
  return gradus::rsqrt_(self());
}
Tensor Tensor::square() const {
  return gradus::square(*this);
}
Tensor& Tensor::square_() const {
  return gradus::square_(self());
}
Tensor Tensor::sin() const {
  return gradus::sin(*this);
}
Tensor& Tensor::sin_() const {
  return gradus::sin_(self());
}
Tensor Tensor::cos() const {
  return gradus::cos(*this);
}
Tensor& Tensor::cos_() const {
  return gradus::cos_(self());
}
Tensor Tensor::tan() const {
  return gradus::tan(*this);
}
Tensor& Tensor::tan_() const {
  return gradus::tan_(self());
}
Tensor Tensor::asin() const {
  return gradus::asin(*this);
}
Tensor& Tensor::asin_() const {
  return gradus::asin_(self());
}
Tensor Tensor::acos() const {
  return gradus::acos(*this);
}
Tensor& Tensor::acos_() const {
  return gradus::acos_(self());
}
Tensor Tensor::atan() const {
  return gradus::atan(*this);
}
Tensor& Tensor::atan_() const {
  return gradus::atan_(self());
}
Tensor Tensor::sinh() const {
  return gradus::sinh(*this);
}
Tensor& Tensor::sinh_() const {
  return gradus::sinh_(self());
}
Tensor Tensor::cosh() const {
  return gradus::cosh(*this);
}
Tensor& Tensor::cosh_() const {
  return gradus::cosh_(self());
}
Tensor Tensor::asinh() const {
  return gradus::asinh(*this);
}
Tensor& Tensor::asinh_() const {
  return gradus::asinh_(self());
}
Tensor Tensor::acosh() const {
  return gradus::acosh(*this);
}
Tensor& Tensor::acosh_() const {
  return gradus::acosh_(self());
}
Tensor Tensor::atanh() const {
  return gradus::atanh(*this);
}
Tensor& Tensor::atanh_() const {
  return gradus::atanh_(self());
}
Tensor Tensor::floor() const {
  return gradus::floor(*this);
}
Tensor& Tensor::floor_() const {
  return gradus::floor_(self());
}
Tensor Tensor::ceil() const {
  return gradus::ceil(*this);
}
Tensor& Tensor::ceil_() const {
  return gradus::ceil_(self());
}
Tensor Tensor::round() const {
  return gradus::round(*this);
}
Tensor& Tensor::round_() const {
  return gradus::round_(self());
}
Tensor& Tensor::round_(int64_t decimals) const {
  return gradus::round_(self(), decimals);
}
Tensor Tensor::trunc() const {
  return gradus::trunc(*this);
}
Tensor& Tensor::trunc_() const {
  return gradus::trunc_(self());
}
Tensor Tensor::frac() const {
  return gradus::frac(*this);
}
Tensor& Tensor::frac_() const {
  return gradus::frac_(self());
}
Tensor Tensor::sign() const {
  return gradus::sign(*this);
}
Tensor& Tensor::sign_() const {
  return gradus::sign_(self());
}
Tensor Tensor::reciprocal() const {
  return gradus::reciprocal(*this);
}
Tensor& Tensor::reciprocal_() const {
  return gradus::reciprocal_(self());
}

Tensor Tensor::deg2rad() const {
  return gradus::deg2rad(*this);
}

Tensor Tensor::rad2deg() const {
  return gradus::rad2deg(*this);
}

Tensor Tensor::nan_to_num(std::optional<double> nan, std::optional<double> posinf,
                          std::optional<double> neginf) const {
  return gradus::nan_to_num(*this, nan, posinf, neginf);
}

Tensor Tensor::round(int64_t decimals) const {
  return gradus::round(*this, decimals);
}

}  // namespace gradus
