// The out= forms in autograd/ops/out_forms.h: element-wise ops, and second names of such.

#include "autograd/ops/activation.h"
#include "autograd/ops/aliases.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/out_forms.h"
#include "autograd/ops/special.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"

namespace gradus {

Tensor& absolute_out(Tensor& out, const Tensor& x) {
  return compute_out("absolute_out", {x}, out, [&] { return absolute(x); });
}

Tensor& arccos_out(Tensor& out, const Tensor& x) {
  return compute_out("arccos_out", {x}, out, [&] { return arccos(x); });
}

Tensor& arccosh_out(Tensor& out, const Tensor& x) {
  return compute_out("arccosh_out", {x}, out, [&] { return arccosh(x); });
}

Tensor& arcsin_out(Tensor& out, const Tensor& x) {
  return compute_out("arcsin_out", {x}, out, [&] { return arcsin(x); });
}

Tensor& arcsinh_out(Tensor& out, const Tensor& x) {
  return compute_out("arcsinh_out", {x}, out, [&] { return arcsinh(x); });
}

Tensor& arctan_out(Tensor& out, const Tensor& x) {
  return compute_out("arctan_out", {x}, out, [&] { return arctan(x); });
}

Tensor& arctanh_out(Tensor& out, const Tensor& x) {
  return compute_out("arctanh_out", {x}, out, [&] { return arctanh(x); });
}

Tensor& bitwise_not_out(Tensor& out, const Tensor& x) {
  return compute_out("bitwise_not_out", {x}, out, [&] { return bitwise_not(x); });
}

Tensor& deg2rad_out(Tensor& out, const Tensor& x) {
  return compute_out("deg2rad_out", {x}, out, [&] { return deg2rad(x); });
}

Tensor& fix_out(Tensor& out, const Tensor& x) {
  return compute_out("fix_out", {x}, out, [&] { return fix(x); });
}

Tensor& hardsigmoid_out(Tensor& out, const Tensor& x) {
  return compute_out("hardsigmoid_out", {x}, out, [&] { return hardsigmoid(x); });
}

Tensor& hardswish_out(Tensor& out, const Tensor& x) {
  return compute_out("hardswish_out", {x}, out, [&] { return hardswish(x); });
}

Tensor& isneginf_out(Tensor& out, const Tensor& x) {
  return compute_out("isneginf_out", {x}, out, [&] { return isneginf(x); });
}

Tensor& isposinf_out(Tensor& out, const Tensor& x) {
  return compute_out("isposinf_out", {x}, out, [&] { return isposinf(x); });
}

Tensor& log_sigmoid_out(Tensor& out, const Tensor& x) {
  return compute_out("log_sigmoid_out", {x}, out, [&] { return log_sigmoid(x); });
}

Tensor& logical_not_out(Tensor& out, const Tensor& x) {
  return compute_out("logical_not_out", {x}, out, [&] { return logical_not(x); });
}

Tensor& mish_out(Tensor& out, const Tensor& x) {
  return compute_out("mish_out", {x}, out, [&] { return mish(x); });
}

Tensor& negative_out(Tensor& out, const Tensor& x) {
  return compute_out("negative_out", {x}, out, [&] { return negative(x); });
}

Tensor& rad2deg_out(Tensor& out, const Tensor& x) {
  return compute_out("rad2deg_out", {x}, out, [&] { return rad2deg(x); });
}

Tensor& sgn_out(Tensor& out, const Tensor& x) {
  return compute_out("sgn_out", {x}, out, [&] { return sgn(x); });
}

Tensor& signbit_out(Tensor& out, const Tensor& x) {
  return compute_out("signbit_out", {x}, out, [&] { return signbit(x); });
}

Tensor& silu_out(Tensor& out, const Tensor& x) {
  return compute_out("silu_out", {x}, out, [&] { return silu(x); });
}

Tensor& sinc_out(Tensor& out, const Tensor& x) {
  return compute_out("sinc_out", {x}, out, [&] { return sinc(x); });
}

Tensor& elu_out(Tensor& out, const Tensor& x, const Scalar& alpha, const Scalar& scale,
                const Scalar& input_scale) {
  return compute_out("elu_out", {x}, out, [&] { return elu(x, alpha, scale, input_scale); });
}

Tensor& gelu_out(Tensor& out, const Tensor& x, std::string_view approximate) {
  return compute_out("gelu_out", {x}, out, [&] { return gelu(x, approximate); });
}

Tensor& glu_out(Tensor& out, const Tensor& x, int64_t dim) {
  return compute_out("glu_out", {x}, out, [&] { return glu(x, dim); });
}

Tensor& hardshrink_out(Tensor& out, const Tensor& x, const Scalar& lambd) {
  return compute_out("hardshrink_out", {x}, out, [&] { return hardshrink(x, lambd); });
}

Tensor& hardtanh_out(Tensor& out, const Tensor& x, const Scalar& min_val, const Scalar& max_val) {
  return compute_out("hardtanh_out", {x}, out, [&] { return hardtanh(x, min_val, max_val); });
}

Tensor& leaky_relu_out(Tensor& out, const Tensor& x, const Scalar& negative_slope) {
  return compute_out("leaky_relu_out", {x}, out, [&] { return leaky_relu(x, negative_slope); });
}

Tensor& logit_out(Tensor& out, const Tensor& x, std::optional<double> eps) {
  return compute_out("logit_out", {x}, out, [&] { return logit(x, eps); });
}

Tensor& nan_to_num_out(Tensor& out, const Tensor& x, std::optional<double> nan,
                       std::optional<double> posinf, std::optional<double> neginf) {
  return compute_out("nan_to_num_out", {x}, out,
                     [&] { return nan_to_num(x, nan, posinf, neginf); });
}

Tensor& round_out(Tensor& out, const Tensor& x, int64_t decimals) {
  return compute_out("round_out", {x}, out, [&] { return round(x, decimals); });
}

Tensor& softplus_out(Tensor& out, const Tensor& x, const Scalar& beta, const Scalar& threshold) {
  return compute_out("softplus_out", {x}, out, [&] { return softplus(x, beta, threshold); });
}

Tensor& softshrink_out(Tensor& out, const Tensor& x, const Scalar& lambd) {
  return compute_out("softshrink_out", {x}, out, [&] { return softshrink(x, lambd); });
}

Tensor& threshold_out(Tensor& out, const Tensor& x, const Scalar& threshold, const Scalar& value) {
  return compute_out("threshold_out", {x}, out,
                     [&] { return gradus::threshold(x, threshold, value); });
}

Tensor& bitwise_and_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("bitwise_and_out", {a, b}, out, [&] { return bitwise_and(a, b); });
}

Tensor& bitwise_and_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("bitwise_and_out", {a}, out, [&] { return bitwise_and(a, b); });
}

Tensor& bitwise_left_shift_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("bitwise_left_shift_out", {a, b}, out,
                     [&] { return bitwise_left_shift(a, b); });
}

Tensor& bitwise_left_shift_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("bitwise_left_shift_out", {a}, out, [&] { return bitwise_left_shift(a, b); });
}

Tensor& bitwise_or_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("bitwise_or_out", {a, b}, out, [&] { return bitwise_or(a, b); });
}

Tensor& bitwise_or_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("bitwise_or_out", {a}, out, [&] { return bitwise_or(a, b); });
}

Tensor& bitwise_right_shift_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("bitwise_right_shift_out", {a, b}, out,
                     [&] { return bitwise_right_shift(a, b); });
}

Tensor& bitwise_right_shift_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("bitwise_right_shift_out", {a}, out,
                     [&] { return bitwise_right_shift(a, b); });
}

Tensor& bitwise_xor_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("bitwise_xor_out", {a, b}, out, [&] { return bitwise_xor(a, b); });
}

Tensor& bitwise_xor_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("bitwise_xor_out", {a}, out, [&] { return bitwise_xor(a, b); });
}

Tensor& copysign_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("copysign_out", {a, b}, out, [&] { return copysign(a, b); });
}

Tensor& copysign_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("copysign_out", {a}, out, [&] { return copysign(a, b); });
}

Tensor& greater_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("greater_out", {a, b}, out, [&] { return greater(a, b); });
}

Tensor& greater_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("greater_out", {a}, out, [&] { return greater(a, b); });
}

Tensor& greater_equal_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("greater_equal_out", {a, b}, out, [&] { return greater_equal(a, b); });
}

Tensor& greater_equal_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("greater_equal_out", {a}, out, [&] { return greater_equal(a, b); });
}

Tensor& less_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("less_out", {a, b}, out, [&] { return less(a, b); });
}

Tensor& less_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("less_out", {a}, out, [&] { return less(a, b); });
}

Tensor& less_equal_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("less_equal_out", {a, b}, out, [&] { return less_equal(a, b); });
}

Tensor& less_equal_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("less_equal_out", {a}, out, [&] { return less_equal(a, b); });
}

Tensor& not_equal_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("not_equal_out", {a, b}, out, [&] { return not_equal(a, b); });
}

Tensor& not_equal_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("not_equal_out", {a}, out, [&] { return not_equal(a, b); });
}

Tensor& bitwise_and_out(Tensor& out, const Scalar& a, const Tensor& b) {
  return compute_out("bitwise_and_out", {b}, out, [&] { return bitwise_and(a, b); });
}

Tensor& bitwise_left_shift_out(Tensor& out, const Scalar& a, const Tensor& b) {
  return compute_out("bitwise_left_shift_out", {b}, out, [&] { return bitwise_left_shift(a, b); });
}

Tensor& bitwise_or_out(Tensor& out, const Scalar& a, const Tensor& b) {
  return compute_out("bitwise_or_out", {b}, out, [&] { return bitwise_or(a, b); });
}

Tensor& bitwise_right_shift_out(Tensor& out, const Scalar& a, const Tensor& b) {
  return compute_out("bitwise_right_shift_out", {b}, out,
                     [&] { return bitwise_right_shift(a, b); });
}

Tensor& bitwise_xor_out(Tensor& out, const Scalar& a, const Tensor& b) {
  return compute_out("bitwise_xor_out", {b}, out, [&] { return bitwise_xor(a, b); });
}

Tensor& add_out(Tensor& out, const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return compute_out("add_out", {a}, out, [&] { return add(a, b, alpha); });
}

Tensor& sub_out(Tensor& out, const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return compute_out("sub_out", {a}, out, [&] { return sub(a, b, alpha); });
}

Tensor& mul_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("mul_out", {a}, out, [&] { return mul(a, b); });
}

Tensor& div_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("div_out", {a}, out, [&] { return div(a, b); });
}

Tensor& div_out(Tensor& out, const Tensor& a, const Scalar& b,
                std::optional<std::string_view> rounding_mode) {
  return compute_out("div_out", {a}, out, [&] { return div(a, b, rounding_mode); });
}

Tensor& floor_divide_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("floor_divide_out", {a}, out, [&] { return floor_divide(a, b); });
}

Tensor& remainder_out(Tensor& out, const Scalar& a, const Tensor& b) {
  return compute_out("remainder_out", {b}, out, [&] { return remainder(a, b); });
}

Tensor& eq_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("eq_out", {a}, out, [&] { return eq(a, b); });
}

Tensor& fmod_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("fmod_out", {a}, out, [&] { return fmod(a, b); });
}

Tensor& ge_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("ge_out", {a}, out, [&] { return ge(a, b); });
}

Tensor& gt_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("gt_out", {a}, out, [&] { return gt(a, b); });
}

Tensor& le_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("le_out", {a}, out, [&] { return le(a, b); });
}

Tensor& lt_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("lt_out", {a}, out, [&] { return lt(a, b); });
}

Tensor& ne_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("ne_out", {a}, out, [&] { return ne(a, b); });
}

Tensor& remainder_out(Tensor& out, const Tensor& a, const Scalar& b) {
  return compute_out("remainder_out", {a}, out, [&] { return remainder(a, b); });
}

Tensor& divide_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("divide_out", {a, b}, out, [&] { return divide(a, b); });
}

Tensor& floor_divide_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("floor_divide_out", {a, b}, out, [&] { return floor_divide(a, b); });
}

Tensor& fmax_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("fmax_out", {a, b}, out, [&] { return fmax(a, b); });
}

Tensor& fmin_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("fmin_out", {a, b}, out, [&] { return fmin(a, b); });
}

Tensor& gcd_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("gcd_out", {a, b}, out, [&] { return gcd(a, b); });
}

Tensor& hypot_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("hypot_out", {a, b}, out, [&] { return hypot(a, b); });
}

Tensor& lcm_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("lcm_out", {a, b}, out, [&] { return lcm(a, b); });
}

Tensor& logaddexp_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("logaddexp_out", {a, b}, out, [&] { return logaddexp(a, b); });
}

Tensor& logaddexp2_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("logaddexp2_out", {a, b}, out, [&] { return logaddexp2(a, b); });
}

Tensor& logical_and_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("logical_and_out", {a, b}, out, [&] { return logical_and(a, b); });
}

Tensor& logical_or_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("logical_or_out", {a, b}, out, [&] { return logical_or(a, b); });
}

Tensor& logical_xor_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("logical_xor_out", {a, b}, out, [&] { return logical_xor(a, b); });
}

Tensor& multiply_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("multiply_out", {a, b}, out, [&] { return multiply(a, b); });
}

Tensor& true_divide_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("true_divide_out", {a, b}, out, [&] { return true_divide(a, b); });
}

Tensor& arctan2_out(Tensor& out, const Tensor& y, const Tensor& x) {
  return compute_out("arctan2_out", {y, x}, out, [&] { return arctan2(y, x); });
}

Tensor& atan2_out(Tensor& out, const Tensor& y, const Tensor& x) {
  return compute_out("atan2_out", {y, x}, out, [&] { return atan2(y, x); });
}

Tensor& div_out(Tensor& out, const Tensor& a, const Tensor& b,
                std::optional<std::string_view> rounding_mode) {
  return compute_out("div_out", {a, b}, out, [&] { return div(a, b, rounding_mode); });
}

Tensor& divide_out(Tensor& out, const Tensor& a, const Tensor& b,
                   std::optional<std::string_view> rounding_mode) {
  return compute_out("divide_out", {a, b}, out, [&] { return divide(a, b, rounding_mode); });
}

Tensor& subtract_out(Tensor& out, const Tensor& a, const Tensor& b, const Scalar& alpha) {
  return compute_out("subtract_out", {a, b}, out, [&] { return subtract(a, b, alpha); });
}

std::tuple<Tensor&, Tensor&> frexp_out(Tensor& mantissa, Tensor& exponent, const Tensor& x) {
  return compute_out("frexp_out", {x}, std::tie(mantissa, exponent), [&] { return frexp(x); });
}

Tensor& heaviside_out(Tensor& out, const Tensor& x, const Tensor& values) {
  return compute_out("heaviside_out", {x, values}, out, [&] { return heaviside(x, values); });
}

Tensor& ldexp_out(Tensor& out, const Tensor& x, const Tensor& other) {
  return compute_out("ldexp_out", {x, other}, out, [&] { return ldexp(x, other); });
}

Tensor& float_power_out(Tensor& out, const Tensor& base, const Tensor& exponent) {
  return compute_out("float_power_out", {base, exponent}, out,
                     [&] { return float_power(base, exponent); });
}

Tensor& float_power_out(Tensor& out, const Tensor& base, const Scalar& exponent) {
  return compute_out("float_power_out", {base}, out, [&] { return float_power(base, exponent); });
}

Tensor& float_power_out(Tensor& out, const Scalar& base, const Tensor& exponent) {
  return compute_out("float_power_out", {exponent}, out,
                     [&] { return float_power(base, exponent); });
}

Tensor& pow_out(Tensor& out, const Tensor& base, const Scalar& exponent) {
  return compute_out("pow_out", {base}, out, [&] { return pow(base, exponent); });
}

Tensor& pow_out(Tensor& out, const Scalar& base, const Tensor& exponent) {
  return compute_out("pow_out", {exponent}, out, [&] { return pow(base, exponent); });
}

Tensor& xlogy_out(Tensor& out, const Tensor& x, const Tensor& y) {
  return compute_out("xlogy_out", {x, y}, out, [&] { return xlogy(x, y); });
}

Tensor& xlogy_out(Tensor& out, const Tensor& x, const Scalar& y) {
  return compute_out("xlogy_out", {x}, out, [&] { return xlogy(x, y); });
}

Tensor& xlogy_out(Tensor& out, const Scalar& x, const Tensor& y) {
  return compute_out("xlogy_out", {y}, out, [&] { return xlogy(x, y); });
}

Tensor& clamp_max_out(Tensor& out, const Tensor& x, const Scalar& max) {
  return compute_out("clamp_max_out", {x}, out, [&] { return clamp_max(x, max); });
}

Tensor& clamp_max_out(Tensor& out, const Tensor& x, const Tensor& max) {
  return compute_out("clamp_max_out", {x, max}, out, [&] { return clamp_max(x, max); });
}

Tensor& clamp_min_out(Tensor& out, const Tensor& x, const Scalar& min) {
  return compute_out("clamp_min_out", {x}, out, [&] { return clamp_min(x, min); });
}

Tensor& clamp_min_out(Tensor& out, const Tensor& x, const Tensor& min) {
  return compute_out("clamp_min_out", {x, min}, out, [&] { return clamp_min(x, min); });
}

Tensor& clip_out(Tensor& out, const Tensor& x, std::optional<Scalar> min,
                 std::optional<Scalar> max) {
  return compute_out("clip_out", {x}, out, [&] { return clip(x, min, max); });
}

Tensor& clip_out(Tensor& out, const Tensor& x, const Tensor& min, const Tensor& max) {
  return compute_out("clip_out", {x, min, max}, out, [&] { return clip(x, min, max); });
}

Tensor& addcdiv_out(Tensor& out, const Tensor& x, const Tensor& a, const Tensor& b,
                    const Scalar& value) {
  return compute_out("addcdiv_out", {x, a, b}, out, [&] { return addcdiv(x, a, b, value); });
}

Tensor& addcmul_out(Tensor& out, const Tensor& x, const Tensor& a, const Tensor& b,
                    const Scalar& value) {
  return compute_out("addcmul_out", {x, a, b}, out, [&] { return addcmul(x, a, b, value); });
}

Tensor& lerp_out(Tensor& out, const Tensor& start, const Tensor& end, const Scalar& weight) {
  return compute_out("lerp_out", {start, end}, out, [&] { return lerp(start, end, weight); });
}

Tensor& lerp_out(Tensor& out, const Tensor& start, const Tensor& end, const Tensor& weight) {
  return compute_out("lerp_out", {start, end, weight}, out,
                     [&] { return lerp(start, end, weight); });
}

}  // namespace gradus
