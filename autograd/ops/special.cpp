#include "autograd/ops/special.h"

#include <cmath>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/kernels/binary.h"
#include "core/kernels/unary.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using elementwise::unary_forward;
using elementwise::unary_in_place;
using elementwise::unary_out;
using kernel::BinaryOp;
using kernel::UnaryOp;

Tensor erf(const Tensor& x) {
  const OpScope scope("erf");
  Tensor y = unary_forward("erf", UnaryOp::Erf, x);
  return record("erf", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {mul(dy, mul(exp(neg(square(x.get()))), M_2_SQRTPI))};
  });
}
Tensor& erf_(Tensor& x) {
  return unary_in_place("erf_", UnaryOp::Erf, x, erf);
}
Tensor& erf_out(Tensor& out, const Tensor& x) {
  return unary_out("erf_out", UnaryOp::Erf, out, x);
}

Tensor erfc(const Tensor& x) {
  const OpScope scope("erfc");
  Tensor y = unary_forward("erfc", UnaryOp::Erfc, x);
  return record("erfc", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {mul(dy, mul(exp(neg(square(x.get()))), -M_2_SQRTPI))};
  });
}
Tensor& erfc_(Tensor& x) {
  return unary_in_place("erfc_", UnaryOp::Erfc, x, erfc);
}
Tensor& erfc_out(Tensor& out, const Tensor& x) {
  return unary_out("erfc_out", UnaryOp::Erfc, out, x);
}

Tensor erfinv(const Tensor& x) {
  const OpScope scope("erfinv");
  Tensor y = unary_forward("erfinv", UnaryOp::Erfinv, x);
  return record("erfinv", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    return {mul(dy, mul(exp(square(y.get())), 1 / M_2_SQRTPI))};
  });
}
Tensor& erfinv_(Tensor& x) {
  return unary_in_place("erfinv_", UnaryOp::Erfinv, x, erfinv);
}
Tensor& erfinv_out(Tensor& out, const Tensor& x) {
  return unary_out("erfinv_out", UnaryOp::Erfinv, out, x);
}

Tensor lgamma(const Tensor& x) {
  const OpScope scope("lgamma");
  Tensor y = unary_forward("lgamma", UnaryOp::Lgamma, x);
  return record("lgamma", {x}, y,
                [x = Saved(x)](const Tensor& dy) -> Grads { return {mul(dy, digamma(x.get()))}; });
}
Tensor& lgamma_(Tensor& x) {
  return unary_in_place("lgamma_", UnaryOp::Lgamma, x, lgamma);
}
Tensor& lgamma_out(Tensor& out, const Tensor& x) {
  return unary_out("lgamma_out", UnaryOp::Lgamma, out, x);
}

Tensor digamma(const Tensor& x) {
  const OpScope scope("digamma");
  Tensor y = unary_forward("digamma", UnaryOp::Digamma, x);
  return record("digamma", {x}, y, [x = Saved(x)](const Tensor& dy) -> Grads {
    return {mul(dy, polygamma(1, x.get()))};
  });
}
Tensor& digamma_(Tensor& x) {
  return unary_in_place("digamma_", UnaryOp::Digamma, x, digamma);
}
Tensor& digamma_out(Tensor& out, const Tensor& x) {
  return unary_out("digamma_out", UnaryOp::Digamma, out, x);
}

Tensor polygamma(int64_t n, const Tensor& x) {
  const OpScope scope("polygamma");
  check_defined("polygamma", "self", x);
  GRADUS_CHECK_VALUE(n >= 0, "polygamma: n must not be negative, got {}", n);
  if (n == 0) return digamma(x);
  const kernel::Params params{{n}};
  Tensor y = kernel::unary("polygamma", UnaryOp::Polygamma, x, nullptr, &params);
  return record("polygamma", {x}, y, [x = Saved(x), n](const Tensor& dy) -> Grads {
    return {mul(dy, polygamma(n + 1, x.get()))};
  });
}

Tensor logit(const Tensor& x, std::optional<double> eps) {
  const OpScope scope("logit");
  check_defined("logit", "self", x);
  const Tensor chance = x.is_floating_point() ? x : x.to(get_default_dtype());
  const double low = eps.value_or(0), high = 1 - low;
  Tensor y;
  {
    NoGradGuard no_grad;
    const Tensor p = eps ? clamp(chance, low, high) : chance;
    y = log(div(p, rsub(p, 1)));
  }
  // dx = dy / (x (1 - x)). Outside of [low, high] y is constant, or NaN.
  return record("logit", {chance}, y,
                [x = Saved(chance), low, high, slope = eps ? 0 : NAN](const Tensor& dy) -> Grads {
                  const Tensor p = x.get();
                  const Tensor outside = logical_or(lt(p, low), gt(p, high));
                  const Tensor inner = masked_fill(p, outside, 0.5);
                  return {masked_fill(div(dy, mul(inner, rsub(inner, 1))), outside, slope)};
                });
}

Tensor sinc(const Tensor& x) {
  const OpScope scope("sinc");
  check_defined("sinc", "self", x);
  // Where x is 0 the quotient is taken at 1 instead, so that no gradient is NaN.
  const Tensor is_zero = eq(x, 0);
  const Tensor t = masked_fill(mul(x, M_PI), is_zero, 1);
  return masked_fill(div(sin(t), t), is_zero, 1);
}

namespace {

template <class X, class Y>
Tensor xlogy_kernel(const X& x, const Y& y) {
  check_defined("xlogy", "self", x);
  check_defined("xlogy", "other", y);
  return kernel::binary("xlogy", BinaryOp::Xlogy, elementwise::floating(result_type(x, y)), x, y);
}

// log y; 0 where x is 0 and y not positive, where xlogy is 0 and has no slope.
Tensor xlogy_slope(const Tensor& x, const Tensor& y) {
  return masked_fill(log(y), logical_and(eq(x, 0), le(y, 0)), 0);
}

}  // namespace

Tensor xlogy(const Tensor& x, const Tensor& y) {
  const OpScope scope("xlogy");
  return record("xlogy", {x, y}, xlogy_kernel(x, y),
                [x = Saved(x), y = Saved(y)](const Tensor& dy, const Needs& needs) -> Grads {
                  Tensor d_x, d_y;
                  if (needs[0]) d_x = mul(dy, xlogy_slope(x.get(), y.get()));
                  if (needs[1]) d_y = mul(dy, div(x.get(), y.get()));
                  return {d_x, d_y};
                });
}

Tensor xlogy(const Tensor& x, const Scalar& y) {
  const OpScope scope("xlogy");
  return record("xlogy", {x}, xlogy_kernel(x, y), [x = Saved(x), y](const Tensor& dy) -> Grads {
    const Tensor dx = mul(dy, std::log(y.toDouble()));
    return {y.toDouble() <= 0 ? masked_fill(dx, eq(x.get(), 0), 0) : dx};
  });
}

Tensor xlogy(const Scalar& x, const Tensor& y) {
  const OpScope scope("xlogy");
  return record("xlogy", {y}, xlogy_kernel(x, y), [y = Saved(y), x](const Tensor& dy) -> Grads {
    return {div(mul(dy, x), y.get())};
  });
}

// --- methods of Tensor

Tensor Tensor::erf() const {
  return gradus::erf(*this);
}
Tensor& Tensor::erf_() const {
  return gradus::erf_(self());
}
Tensor Tensor::erfc() const {
  return gradus::erfc(*this);
}
Tensor& Tensor::erfc_() const {
  return gradus::erfc_(self());
}
Tensor Tensor::erfinv() const {
  return gradus::erfinv(*this);
}
Tensor& Tensor::erfinv_() const {
  return gradus::erfinv_(self());
}

Tensor Tensor::lgamma() const {
  return gradus::lgamma(*this);
}

Tensor& Tensor::lgamma_() const {
  return gradus::lgamma_(self());
}

Tensor Tensor::digamma() const {
  return gradus::digamma(*this);
}

Tensor& Tensor::digamma_() const {
  return gradus::digamma_(self());
}

Tensor Tensor::polygamma(int64_t n) const {
  return gradus::polygamma(n, *this);
}

Tensor Tensor::logit(std::optional<double> eps) const {
  return gradus::logit(*this, eps);
}

Tensor Tensor::sinc() const {
  return gradus::sinc(*this);
}

Tensor Tensor::xlogy(const Tensor& other) const {
  return gradus::xlogy(*this, other);
}

Tensor Tensor::xlogy(const Scalar& other) const {
  return gradus::xlogy(*this, other);
}

}  // namespace gradus
