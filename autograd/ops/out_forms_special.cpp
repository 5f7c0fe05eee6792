// The out= forms in autograd/ops/out_forms.h: special functions.

#include "autograd/ops/aliases.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/out_forms.h"
#include "autograd/ops/special.h"
#include "autograd/ops/special_names.h"

namespace gradus {

Tensor& i0_out(Tensor& out, const Tensor& x) {
  return compute_out("i0_out", {x}, out, [&] { return i0(x); });
}

Tensor& igamma_out(Tensor& out, const Tensor& a, const Tensor& x) {
  return compute_out("igamma_out", {a, x}, out, [&] { return igamma(a, x); });
}

Tensor& igammac_out(Tensor& out, const Tensor& a, const Tensor& x) {
  return compute_out("igammac_out", {a, x}, out, [&] { return igammac(a, x); });
}

Tensor& mvlgamma_out(Tensor& out, const Tensor& x, int64_t p) {
  return compute_out("mvlgamma_out", {x}, out, [&] { return mvlgamma(x, p); });
}

Tensor& polygamma_out(Tensor& out, int64_t n, const Tensor& x) {
  return compute_out("polygamma_out", {x}, out, [&] { return polygamma(n, x); });
}

Tensor& special_bessel_j0_out(Tensor& out, const Tensor& x) {
  return compute_out("special_bessel_j0_out", {x}, out, [&] { return special_bessel_j0(x); });
}

Tensor& special_bessel_j1_out(Tensor& out, const Tensor& x) {
  return compute_out("special_bessel_j1_out", {x}, out, [&] { return special_bessel_j1(x); });
}

Tensor& special_bessel_y0_out(Tensor& out, const Tensor& x) {
  return compute_out("special_bessel_y0_out", {x}, out, [&] { return special_bessel_y0(x); });
}

Tensor& special_bessel_y1_out(Tensor& out, const Tensor& x) {
  return compute_out("special_bessel_y1_out", {x}, out, [&] { return special_bessel_y1(x); });
}

Tensor& special_digamma_out(Tensor& out, const Tensor& x) {
  return compute_out("special_digamma_out", {x}, out, [&] { return special_digamma(x); });
}

Tensor& special_entr_out(Tensor& out, const Tensor& x) {
  return compute_out("special_entr_out", {x}, out, [&] { return special_entr(x); });
}

Tensor& special_erf_out(Tensor& out, const Tensor& x) {
  return compute_out("special_erf_out", {x}, out, [&] { return special_erf(x); });
}

Tensor& special_erfc_out(Tensor& out, const Tensor& x) {
  return compute_out("special_erfc_out", {x}, out, [&] { return special_erfc(x); });
}

Tensor& special_erfcx_out(Tensor& out, const Tensor& x) {
  return compute_out("special_erfcx_out", {x}, out, [&] { return special_erfcx(x); });
}

Tensor& special_erfinv_out(Tensor& out, const Tensor& x) {
  return compute_out("special_erfinv_out", {x}, out, [&] { return special_erfinv(x); });
}

Tensor& special_exp2_out(Tensor& out, const Tensor& x) {
  return compute_out("special_exp2_out", {x}, out, [&] { return special_exp2(x); });
}

Tensor& special_expit_out(Tensor& out, const Tensor& x) {
  return compute_out("special_expit_out", {x}, out, [&] { return special_expit(x); });
}

Tensor& special_expm1_out(Tensor& out, const Tensor& x) {
  return compute_out("special_expm1_out", {x}, out, [&] { return special_expm1(x); });
}

Tensor& special_gammaln_out(Tensor& out, const Tensor& x) {
  return compute_out("special_gammaln_out", {x}, out, [&] { return special_gammaln(x); });
}

Tensor& special_i0_out(Tensor& out, const Tensor& x) {
  return compute_out("special_i0_out", {x}, out, [&] { return special_i0(x); });
}

Tensor& special_i0e_out(Tensor& out, const Tensor& x) {
  return compute_out("special_i0e_out", {x}, out, [&] { return special_i0e(x); });
}

Tensor& special_i1_out(Tensor& out, const Tensor& x) {
  return compute_out("special_i1_out", {x}, out, [&] { return special_i1(x); });
}

Tensor& special_i1e_out(Tensor& out, const Tensor& x) {
  return compute_out("special_i1e_out", {x}, out, [&] { return special_i1e(x); });
}

Tensor& special_log1p_out(Tensor& out, const Tensor& x) {
  return compute_out("special_log1p_out", {x}, out, [&] { return special_log1p(x); });
}

Tensor& special_log_ndtr_out(Tensor& out, const Tensor& x) {
  return compute_out("special_log_ndtr_out", {x}, out, [&] { return special_log_ndtr(x); });
}

Tensor& special_ndtr_out(Tensor& out, const Tensor& x) {
  return compute_out("special_ndtr_out", {x}, out, [&] { return special_ndtr(x); });
}

Tensor& special_ndtri_out(Tensor& out, const Tensor& x) {
  return compute_out("special_ndtri_out", {x}, out, [&] { return special_ndtri(x); });
}

Tensor& special_psi_out(Tensor& out, const Tensor& x) {
  return compute_out("special_psi_out", {x}, out, [&] { return special_psi(x); });
}

Tensor& special_sinc_out(Tensor& out, const Tensor& x) {
  return compute_out("special_sinc_out", {x}, out, [&] { return special_sinc(x); });
}

Tensor& special_gammainc_out(Tensor& out, const Tensor& a, const Tensor& x) {
  return compute_out("special_gammainc_out", {a, x}, out, [&] { return special_gammainc(a, x); });
}

Tensor& special_gammaincc_out(Tensor& out, const Tensor& a, const Tensor& x) {
  return compute_out("special_gammaincc_out", {a, x}, out, [&] { return special_gammaincc(a, x); });
}

Tensor& special_logit_out(Tensor& out, const Tensor& x, std::optional<double> eps) {
  return compute_out("special_logit_out", {x}, out, [&] { return special_logit(x, eps); });
}

Tensor& special_logsumexp_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim) {
  return compute_out("special_logsumexp_out", {x}, out,
                     [&] { return special_logsumexp(x, dim, keepdim); });
}

Tensor& special_multigammaln_out(Tensor& out, const Tensor& x, int64_t p) {
  return compute_out("special_multigammaln_out", {x}, out,
                     [&] { return special_multigammaln(x, p); });
}

Tensor& special_polygamma_out(Tensor& out, int64_t n, const Tensor& x) {
  return compute_out("special_polygamma_out", {x}, out, [&] { return special_polygamma(n, x); });
}

Tensor& special_round_out(Tensor& out, const Tensor& x, int64_t decimals) {
  return compute_out("special_round_out", {x}, out, [&] { return special_round(x, decimals); });
}

Tensor& special_xlog1py_out(Tensor& out, const Tensor& x, const Tensor& y) {
  return compute_out("special_xlog1py_out", {x, y}, out, [&] { return special_xlog1py(x, y); });
}

Tensor& special_xlog1py_out(Tensor& out, const Tensor& x, const Scalar& y) {
  return compute_out("special_xlog1py_out", {x}, out, [&] { return special_xlog1py(x, y); });
}

Tensor& special_xlog1py_out(Tensor& out, const Scalar& x, const Tensor& y) {
  return compute_out("special_xlog1py_out", {y}, out, [&] { return special_xlog1py(x, y); });
}

Tensor& special_xlogy_out(Tensor& out, const Tensor& x, const Tensor& y) {
  return compute_out("special_xlogy_out", {x, y}, out, [&] { return special_xlogy(x, y); });
}

Tensor& special_xlogy_out(Tensor& out, const Tensor& x, const Scalar& y) {
  return compute_out("special_xlogy_out", {x}, out, [&] { return special_xlogy(x, y); });
}

Tensor& special_xlogy_out(Tensor& out, const Scalar& x, const Tensor& y) {
  return compute_out("special_xlogy_out", {y}, out, [&] { return special_xlogy(x, y); });
}

Tensor& special_zeta_out(Tensor& out, const Tensor& x, const Tensor& y) {
  return compute_out("special_zeta_out", {x, y}, out, [&] { return special_zeta(x, y); });
}

Tensor& special_zeta_out(Tensor& out, const Tensor& x, const Scalar& y) {
  return compute_out("special_zeta_out", {x}, out, [&] { return special_zeta(x, y); });
}

Tensor& special_zeta_out(Tensor& out, const Scalar& x, const Tensor& y) {
  return compute_out("special_zeta_out", {y}, out, [&] { return special_zeta(x, y); });
}

}  // namespace gradus
