#include "autograd/ops/special_functions.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/kernels/special.h"
#include "core/kernels/special_loop.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {
namespace special {

namespace {

// y = F(x) with dy/dx = slope(x), which is made of ops.
template <double (*F)(double), class Slope>
Tensor unary(const char* op, const Tensor& x, Slope slope) {
  const OpScope scope(op);
  require_tensors(op, x);
  return record(
      op, {x}, kernel::special_unary<F>(op, x),
      [x = Saved(x), slope](const Tensor& dy) -> Grads { return {mul(dy, slope(x.get()))}; });
}

// f(x, x with 1 for 0), and at 0 its limit there.
template <class F>
Tensor with_limit(const Tensor& x, double limit, F f) {
  const Tensor zero = eq(x.detach(), 0);
  return masked_fill(f(masked_fill(x, zero, 1)), zero, limit);
}

// f(x) = j0(x) - j1(x) / x for sign -1, i0(x) - i1(x) / x for sign 1. Where x is small that
// cancels, and its derivatives even more, so that the series takes its place: 1/2 + 3/16 sign x^2 +
// ...
template <class F>
Tensor slope_of_first_order(const Tensor& x, double sign, F f) {
  const Tensor small = lt(abs(x.detach()), 0.01);
  const Tensor t = square(masked_fill(x, logical_not(small), 0)) * sign;
  const Tensor series = ((t * (7.0 / 18432) + 5.0 / 384) * t + 3.0 / 16) * t + 0.5;
  return where(small, series, f(masked_fill(x, small, 1)));
}

// A number beside a tensor, which as in PyTorch decides of which floating-point dtype the result
// is.
Tensor as_tensor(const char* op, const Scalar& value, const Tensor& beside) {
  require_tensors(op, beside);
  if (!is_floating_point(value.type())) return scalar_tensor(value, value.type());
  return scalar_tensor(value,
                       beside.is_floating_point() ? beside.dtype() : TypeMeta(get_default_dtype()));
}

constexpr double kInvSqrtTwoPi = M_2_SQRTPI * M_SQRT1_2 / 2;

}  // namespace

// --- normal distribution, entropy

Tensor erfcx(const Tensor& x) {
  return unary<kernel::erfcx>(
      "erfcx", x, [](const Tensor& x) { return sub(mul(mul(x, 2), erfcx(x)), M_2_SQRTPI); });
}

Tensor ndtr(const Tensor& x) {
  return unary<kernel::ndtr>(
      "ndtr", x, [](const Tensor& x) { return mul(exp(mul(square(x), -0.5)), kInvSqrtTwoPi); });
}

Tensor log_ndtr(const Tensor& x) {
  return unary<kernel::log_ndtr>("log_ndtr", x, [](const Tensor& x) {
    return div(2 * kInvSqrtTwoPi, erfcx(mul(x, -M_SQRT1_2)));
  });
}

Tensor ndtri(const Tensor& x) {
  return unary<kernel::ndtri>("ndtri", x, [](const Tensor& x) {
    return mul(exp(mul(square(ndtri(x)), 0.5)), 1 / kInvSqrtTwoPi);
  });
}

Tensor entr(const Tensor& x) {
  return unary<kernel::entr>("entr", x, [](const Tensor& x) { return sub(neg(log(x)), 1); });
}

// --- two arguments

Tensor xlog1py(const Tensor& x, const Tensor& y) {
  const OpScope scope("xlog1py");
  require_tensors("xlog1py", x, y);
  return record("xlog1py", {x, y}, kernel::special_binary<kernel::xlog1py>("xlog1py", x, y),
                [x = Saved(x), y = Saved(y)](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor u = x.get(), v = y.get();
                  Tensor d_x, d_y;
                  if (needs[0]) {
                    const Tensor none = logical_and(eq(u.detach(), 0), le(v.detach(), -1));
                    d_x = mul(dy, masked_fill(log1p(v), none, 0));
                  }
                  if (needs[1]) d_y = mul(dy, div(u, add(v, 1)));
                  return {d_x, d_y};
                });
}

Tensor xlog1py(const Tensor& x, const Scalar& y) {
  return xlog1py(x, as_tensor("xlog1py", y, x));
}

Tensor xlog1py(const Scalar& x, const Tensor& y) {
  return xlog1py(as_tensor("xlog1py", x, y), y);
}

Tensor zeta(const Tensor& x, const Tensor& q) {
  const OpScope scope("zeta");
  require_tensors("zeta", x, q);
  Tensor y = kernel::special_binary<kernel::zeta>("zeta", x, q);
  // As PyTorch: not differentiable in x.
  return record("zeta", {q}, y, [x = Saved(x.detach()), q = Saved(q)](const Tensor& dy) -> Grads {
    const Tensor s = x.get();
    return {mul(dy, neg(mul(s, zeta(add(s, 1), q.get()))))};
  });
}

Tensor zeta(const Tensor& x, const Scalar& q) {
  return zeta(x, as_tensor("zeta", q, x));
}

Tensor zeta(const Scalar& x, const Tensor& q) {
  return zeta(as_tensor("zeta", x, q), q);
}

namespace {

// dP/dx = x^(a - 1) e^-x / gamma(a).
Tensor gamma_density(const Tensor& a, const Tensor& x) {
  return exp(sub(sub(xlogy(sub(a, 1), x), x), lgamma(a)));
}

}  // namespace

namespace {

void check_floating(const char* op, const Tensor& a, const Tensor& b) {
  const ScalarType dtype = result_type(a, b);
  GRADUS_CHECK_TYPE(is_floating_point(dtype), "{}: not implemented for {}", op, dtype);
}

}  // namespace

Tensor gammainc(const Tensor& a, const Tensor& x) {
  const OpScope scope("gammainc");
  require_tensors("gammainc", a, x);
  check_floating("gammainc", a, x);
  Tensor y = kernel::special_binary<kernel::gamma_p>("gammainc", a, x);
  return record("gammainc", {x}, y,
                [a = Saved(a.detach()), x = Saved(x)](const Tensor& dy) -> Grads {
                  return {mul(dy, gamma_density(a.get(), x.get()))};
                });
}

Tensor gammaincc(const Tensor& a, const Tensor& x) {
  const OpScope scope("gammaincc");
  require_tensors("gammaincc", a, x);
  check_floating("gammaincc", a, x);
  Tensor y = kernel::special_binary<kernel::gamma_q>("gammaincc", a, x);
  return record("gammaincc", {x}, y,
                [a = Saved(a.detach()), x = Saved(x)](const Tensor& dy) -> Grads {
                  return {neg(mul(dy, gamma_density(a.get(), x.get())))};
                });
}

Tensor multigammaln(const Tensor& x, int64_t p) {
  const OpScope scope("multigammaln");
  require_tensors("multigammaln", x);
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "multigammaln: not implemented for Bool");
  GRADUS_CHECK_VALUE(p >= 1, "multigammaln: p must be positive, got {}", p);
  GRADUS_CHECK_VALUE(p <= 1000000, "multigammaln: p = {} is too great", p);
  Tensor y = full({}, 0.25 * static_cast<double>(p) * static_cast<double>(p - 1) * std::log(M_PI),
                  x.is_floating_point() ? x.dtype() : get_default_dtype());
  for (int64_t j = 0; j < p; ++j) y = add(y, lgamma(sub(x, 0.5 * static_cast<double>(j))));
  return y;
}

// --- Bessel functions

Tensor bessel_j0(const Tensor& x) {
  return unary<kernel::bessel_j0>("bessel_j0", x,
                                  [](const Tensor& x) { return neg(bessel_j1(x)); });
}

Tensor bessel_j1(const Tensor& x) {
  return unary<kernel::bessel_j1>("bessel_j1", x, [](const Tensor& x) {
    return slope_of_first_order(
        x, -1, [](const Tensor& x) { return sub(bessel_j0(x), div(bessel_j1(x), x)); });
  });
}

Tensor bessel_y0(const Tensor& x) {
  return unary<kernel::bessel_y0>("bessel_y0", x,
                                  [](const Tensor& x) { return neg(bessel_y1(x)); });
}

Tensor bessel_y1(const Tensor& x) {
  return unary<kernel::bessel_y1>(
      "bessel_y1", x, [](const Tensor& x) { return sub(bessel_y0(x), div(bessel_y1(x), x)); });
}

Tensor i0(const Tensor& x) {
  return unary<kernel::bessel_i0>("i0", x, [](const Tensor& x) { return i1(x); });
}

Tensor i0e(const Tensor& x) {
  return unary<kernel::bessel_i0e>(
      "i0e", x, [](const Tensor& x) { return sub(i1e(x), mul(sign(x), i0e(x))); });
}

Tensor i1(const Tensor& x) {
  return unary<kernel::bessel_i1>("i1", x, [](const Tensor& x) {
    return slope_of_first_order(x, 1, [](const Tensor& x) { return sub(i0(x), div(i1(x), x)); });
  });
}

Tensor i1e(const Tensor& x) {
  return unary<kernel::bessel_i1e>("i1e", x, [](const Tensor& x) {
    return with_limit(x, 0.5, [](const Tensor& x) {
      return sub(i0e(x), mul(i1e(x), add(sign(x), reciprocal(x))));
    });
  });
}

Tensor modified_bessel_k0(const Tensor& x) {
  return unary<kernel::bessel_k0>("modified_bessel_k0", x,
                                  [](const Tensor& x) { return neg(modified_bessel_k1(x)); });
}

Tensor modified_bessel_k1(const Tensor& x) {
  return unary<kernel::bessel_k1>("modified_bessel_k1", x, [](const Tensor& x) {
    return neg(add(modified_bessel_k0(x), div(modified_bessel_k1(x), x)));
  });
}

Tensor scaled_modified_bessel_k0(const Tensor& x) {
  return unary<kernel::bessel_k0e>("scaled_modified_bessel_k0", x, [](const Tensor& x) {
    return sub(scaled_modified_bessel_k0(x), scaled_modified_bessel_k1(x));
  });
}

Tensor scaled_modified_bessel_k1(const Tensor& x) {
  return unary<kernel::bessel_k1e>("scaled_modified_bessel_k1", x, [](const Tensor& x) {
    const Tensor k1 = scaled_modified_bessel_k1(x);
    return sub(sub(k1, scaled_modified_bessel_k0(x)), div(k1, x));
  });
}

namespace {

Tensor airy_ai_prime(const Tensor& x) {
  return unary<kernel::airy_ai_prime>("airy_ai_prime", x,
                                      [](const Tensor& x) { return mul(x, airy_ai(x)); });
}

}  // namespace

Tensor airy_ai(const Tensor& x) {
  return unary<kernel::airy_ai>("airy_ai", x, [](const Tensor& x) { return airy_ai_prime(x); });
}

Tensor spherical_bessel_j0(const Tensor& x) {
  const OpScope scope("spherical_bessel_j0");
  require_tensors("spherical_bessel_j0", x);
  return sinc(mul(x, M_1_PI));
}

// --- polynomials

namespace {

template <double (*F)(double, double)>
Tensor polynomial(const char* op, const Tensor& x, const Tensor& n, bool any_degree) {
  require_tensors(op, x, n);
  if (!any_degree && n.numel() > 0) {
    GRADUS_CHECK_VALUE(le(n.detach(), 1000000).all().item<bool>(),
                       "{}: a degree is above a million", op);
  }
  return kernel::special_binary<F>(op, x.detach(), n.detach());
}

template <double (*F)(double, double)>
Tensor shifted_polynomial(const char* op, const Tensor& x, const Tensor& n) {
  require_tensors(op, x, n);
  return polynomial<F>(op, sub(mul(x.detach(), 2), 1), n, /*any_degree=*/true);
}

}  // namespace

Tensor chebyshev_polynomial_t(const Tensor& x, const Tensor& n) {
  const OpScope scope("chebyshev_polynomial_t");
  return polynomial<kernel::chebyshev_t>("chebyshev_polynomial_t", x, n, /*any_degree=*/true);
}
Tensor chebyshev_polynomial_t(const Tensor& x, const Scalar& n) {
  return chebyshev_polynomial_t(x, as_tensor("chebyshev_polynomial_t", n, x));
}
Tensor chebyshev_polynomial_t(const Scalar& x, const Tensor& n) {
  return chebyshev_polynomial_t(as_tensor("chebyshev_polynomial_t", x, n), n);
}
Tensor chebyshev_polynomial_u(const Tensor& x, const Tensor& n) {
  const OpScope scope("chebyshev_polynomial_u");
  return polynomial<kernel::chebyshev_u>("chebyshev_polynomial_u", x, n, /*any_degree=*/true);
}
Tensor chebyshev_polynomial_u(const Tensor& x, const Scalar& n) {
  return chebyshev_polynomial_u(x, as_tensor("chebyshev_polynomial_u", n, x));
}
Tensor chebyshev_polynomial_u(const Scalar& x, const Tensor& n) {
  return chebyshev_polynomial_u(as_tensor("chebyshev_polynomial_u", x, n), n);
}
Tensor chebyshev_polynomial_v(const Tensor& x, const Tensor& n) {
  const OpScope scope("chebyshev_polynomial_v");
  return polynomial<kernel::chebyshev_v>("chebyshev_polynomial_v", x, n, /*any_degree=*/true);
}
Tensor chebyshev_polynomial_v(const Tensor& x, const Scalar& n) {
  return chebyshev_polynomial_v(x, as_tensor("chebyshev_polynomial_v", n, x));
}
Tensor chebyshev_polynomial_v(const Scalar& x, const Tensor& n) {
  return chebyshev_polynomial_v(as_tensor("chebyshev_polynomial_v", x, n), n);
}
Tensor chebyshev_polynomial_w(const Tensor& x, const Tensor& n) {
  const OpScope scope("chebyshev_polynomial_w");
  return polynomial<kernel::chebyshev_w>("chebyshev_polynomial_w", x, n, /*any_degree=*/true);
}
Tensor chebyshev_polynomial_w(const Tensor& x, const Scalar& n) {
  return chebyshev_polynomial_w(x, as_tensor("chebyshev_polynomial_w", n, x));
}
Tensor chebyshev_polynomial_w(const Scalar& x, const Tensor& n) {
  return chebyshev_polynomial_w(as_tensor("chebyshev_polynomial_w", x, n), n);
}
Tensor shifted_chebyshev_polynomial_t(const Tensor& x, const Tensor& n) {
  const OpScope scope("shifted_chebyshev_polynomial_t");
  return shifted_polynomial<kernel::chebyshev_t>("shifted_chebyshev_polynomial_t", x, n);
}
Tensor shifted_chebyshev_polynomial_t(const Tensor& x, const Scalar& n) {
  return shifted_chebyshev_polynomial_t(x, as_tensor("shifted_chebyshev_polynomial_t", n, x));
}
Tensor shifted_chebyshev_polynomial_t(const Scalar& x, const Tensor& n) {
  return shifted_chebyshev_polynomial_t(as_tensor("shifted_chebyshev_polynomial_t", x, n), n);
}
Tensor shifted_chebyshev_polynomial_u(const Tensor& x, const Tensor& n) {
  const OpScope scope("shifted_chebyshev_polynomial_u");
  return shifted_polynomial<kernel::chebyshev_u>("shifted_chebyshev_polynomial_u", x, n);
}
Tensor shifted_chebyshev_polynomial_u(const Tensor& x, const Scalar& n) {
  return shifted_chebyshev_polynomial_u(x, as_tensor("shifted_chebyshev_polynomial_u", n, x));
}
Tensor shifted_chebyshev_polynomial_u(const Scalar& x, const Tensor& n) {
  return shifted_chebyshev_polynomial_u(as_tensor("shifted_chebyshev_polynomial_u", x, n), n);
}
Tensor shifted_chebyshev_polynomial_v(const Tensor& x, const Tensor& n) {
  const OpScope scope("shifted_chebyshev_polynomial_v");
  return shifted_polynomial<kernel::chebyshev_v>("shifted_chebyshev_polynomial_v", x, n);
}
Tensor shifted_chebyshev_polynomial_v(const Tensor& x, const Scalar& n) {
  return shifted_chebyshev_polynomial_v(x, as_tensor("shifted_chebyshev_polynomial_v", n, x));
}
Tensor shifted_chebyshev_polynomial_v(const Scalar& x, const Tensor& n) {
  return shifted_chebyshev_polynomial_v(as_tensor("shifted_chebyshev_polynomial_v", x, n), n);
}
Tensor shifted_chebyshev_polynomial_w(const Tensor& x, const Tensor& n) {
  const OpScope scope("shifted_chebyshev_polynomial_w");
  return shifted_polynomial<kernel::chebyshev_w>("shifted_chebyshev_polynomial_w", x, n);
}
Tensor shifted_chebyshev_polynomial_w(const Tensor& x, const Scalar& n) {
  return shifted_chebyshev_polynomial_w(x, as_tensor("shifted_chebyshev_polynomial_w", n, x));
}
Tensor shifted_chebyshev_polynomial_w(const Scalar& x, const Tensor& n) {
  return shifted_chebyshev_polynomial_w(as_tensor("shifted_chebyshev_polynomial_w", x, n), n);
}
Tensor hermite_polynomial_h(const Tensor& x, const Tensor& n) {
  const OpScope scope("hermite_polynomial_h");
  return polynomial<kernel::hermite_h>("hermite_polynomial_h", x, n, /*any_degree=*/false);
}
Tensor hermite_polynomial_h(const Tensor& x, const Scalar& n) {
  return hermite_polynomial_h(x, as_tensor("hermite_polynomial_h", n, x));
}
Tensor hermite_polynomial_h(const Scalar& x, const Tensor& n) {
  return hermite_polynomial_h(as_tensor("hermite_polynomial_h", x, n), n);
}
Tensor hermite_polynomial_he(const Tensor& x, const Tensor& n) {
  const OpScope scope("hermite_polynomial_he");
  return polynomial<kernel::hermite_he>("hermite_polynomial_he", x, n, /*any_degree=*/false);
}
Tensor hermite_polynomial_he(const Tensor& x, const Scalar& n) {
  return hermite_polynomial_he(x, as_tensor("hermite_polynomial_he", n, x));
}
Tensor hermite_polynomial_he(const Scalar& x, const Tensor& n) {
  return hermite_polynomial_he(as_tensor("hermite_polynomial_he", x, n), n);
}
Tensor laguerre_polynomial_l(const Tensor& x, const Tensor& n) {
  const OpScope scope("laguerre_polynomial_l");
  return polynomial<kernel::laguerre_l>("laguerre_polynomial_l", x, n, /*any_degree=*/false);
}
Tensor laguerre_polynomial_l(const Tensor& x, const Scalar& n) {
  return laguerre_polynomial_l(x, as_tensor("laguerre_polynomial_l", n, x));
}
Tensor laguerre_polynomial_l(const Scalar& x, const Tensor& n) {
  return laguerre_polynomial_l(as_tensor("laguerre_polynomial_l", x, n), n);
}
Tensor legendre_polynomial_p(const Tensor& x, const Tensor& n) {
  const OpScope scope("legendre_polynomial_p");
  return polynomial<kernel::legendre_p>("legendre_polynomial_p", x, n, /*any_degree=*/false);
}
Tensor legendre_polynomial_p(const Tensor& x, const Scalar& n) {
  return legendre_polynomial_p(x, as_tensor("legendre_polynomial_p", n, x));
}
Tensor legendre_polynomial_p(const Scalar& x, const Tensor& n) {
  return legendre_polynomial_p(as_tensor("legendre_polynomial_p", x, n), n);
}

}  // namespace special

// --- nextafter

namespace {

// Neighbouring numbers of one sign have neighbouring bits.
template <class T, class Bits>
T next_after(T a, T b) {
  constexpr Bits kSign = Bits(Bits(1) << (8 * sizeof(Bits) - 1));
  if (a != a) return a;
  if (b != b || a == b) return b;
  Bits bits;
  std::memcpy(&bits, &a, sizeof bits);
  const bool up = b > a;
  if (a == T(0.0f)) {
    bits = Bits(up ? 1 : kSign | 1);
  } else {
    bits = Bits(up == (a > T(0.0f)) ? bits + 1 : bits - 1);
  }
  T next;
  std::memcpy(static_cast<void*>(&next), &bits, sizeof bits);
  return next;
}

}  // namespace

Tensor nextafter(const Tensor& a, const Tensor& b) {
  const OpScope scope("nextafter");
  require_tensors("nextafter", a, b);
  const ScalarType dtype = result_type(a, b);
  kernel::BlockKernel kernel;
  kernel.in[0] = kernel.in[1] = kernel.out = dtype;
  kernel.grain = kernel::kGrainVector;
  kernel.function = kernel::dispatch_floating("nextafter", dtype, [](auto tag) {
    using T = typename decltype(tag)::type;
    using Bits = std::conditional_t<sizeof(T) == 8, uint64_t,
                                    std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>>;
    return kernel::plain_loop<T>([](T u, T v) { return next_after<T, Bits>(u, v); });
  });
  return kernel::run_blocks("nextafter", kernel, dtype, {a.detach(), b.detach()});
}

Tensor& nextafter_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("nextafter_out", {a, b}, out, [&] { return nextafter(a, b); });
}

}  // namespace gradus
