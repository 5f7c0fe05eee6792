#include "autograd/ops/activation.h"

#include <cmath>

#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/kernels/activation.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using elementwise::unary_forward;
using elementwise::unary_in_place;
using elementwise::unary_out;
using kernel::ActivationBackwardOp;
using kernel::ActivationOp;
using kernel::Params;
using kernel::UnaryOp;

namespace {

constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSeluScale = 1.0507009873554804934193349852946;

Tensor forward(const char* name, ActivationOp op, const Tensor& x, const Params& params = {}) {
  check_defined(name, "self", x);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: not implemented for {}", name, x.dtype());
  return kernel::activation(name, op, x, &params);
}

template <class Compute>
Tensor& in_place(const char* name, ActivationOp op, Tensor& x, const Params& params,
                 Compute compute) {
  check_defined(name, "self", x);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: not implemented for {}", name, x.dtype());
  return elementwise::in_place(name, x, {x}, x.sizes(), x.dtype(), compute, [&](const Tensor& out) {
    kernel::activation(name, op, x, &params, &out);
  });
}

// y = slope(x) dy, where slope is constant between its steps: its backward is itself.
Tensor piecewise_backward(const char* name, ActivationBackwardOp op, const Tensor& dy,
                          const Tensor& x, const Params& params = {}) {
  const OpScope scope(name);
  return record(name, {dy}, kernel::activation_backward(name, op, dy, x, &params),
                [name, op, x = Saved(x), params](const Tensor& ddx) -> Grads {
                  return {piecewise_backward(name, op, ddx, x.get(), params)};
                });
}

// y = slope(x) dy. `slope_backward(dy, x)` is dy times the derivative of slope, made of ops.
template <class F>
Tensor curved_backward(const char* name, ActivationBackwardOp op, const Tensor& dy, const Tensor& x,
                       const Params& params, F slope_backward) {
  const OpScope scope(name);
  return record(name, {dy, x}, kernel::activation_backward(name, op, dy, x, &params),
                [name, op, dy = Saved(dy), x = Saved(x), params, slope_backward](
                    const Tensor& ddx, const Needs& needs) -> Grads {
                  const Tensor input = x.get();
                  Tensor d_dy, d_x;
                  if (needs[0]) {
                    d_dy = curved_backward(name, op, ddx, input, params, slope_backward);
                  }
                  if (needs[1]) d_x = slope_backward(mul(ddx, dy.get()), input);
                  return {d_dy, d_x};
                });
}

}  // namespace

// --- backward passes that others use

Tensor threshold_backward(const Tensor& dy, const Tensor& x, const Scalar& threshold) {
  check_defined("threshold_backward", "grad_output", dy);
  check_defined("threshold_backward", "self", x);
  return piecewise_backward("threshold_backward", ActivationBackwardOp::Threshold, dy, x,
                            {{threshold}});
}

Tensor tanh_backward(const Tensor& dy, const Tensor& y) {
  check_defined("tanh_backward", "grad_output", dy);
  check_defined("tanh_backward", "output", y);
  return curved_backward("tanh_backward", ActivationBackwardOp::Tanh, dy, y, {},
                         [](const Tensor& d, const Tensor& y) { return mul(mul(d, y), -2); });
}

Tensor sigmoid_backward(const Tensor& dy, const Tensor& y) {
  check_defined("sigmoid_backward", "grad_output", dy);
  check_defined("sigmoid_backward", "output", y);
  return curved_backward(
      "sigmoid_backward", ActivationBackwardOp::Sigmoid, dy, y, {},
      [](const Tensor& d, const Tensor& y) { return mul(d, rsub(mul(y, 2), 1)); });
}

// --- the plain ones

Tensor relu(const Tensor& x) {
  const OpScope scope("relu");
  Tensor y = unary_forward("relu", UnaryOp::Relu, x);
  return record("relu", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    return {threshold_backward(dy, y.get(), 0)};
  });
}
Tensor& relu_(Tensor& x) {
  return unary_in_place("relu_", UnaryOp::Relu, x, relu);
}
Tensor& relu_out(Tensor& out, const Tensor& x) {
  return unary_out("relu_out", UnaryOp::Relu, out, x);
}

Tensor sigmoid(const Tensor& x) {
  const OpScope scope("sigmoid");
  Tensor y = unary_forward("sigmoid", UnaryOp::Sigmoid, x);
  return record("sigmoid", {x}, y, [y = Saved(y)](const Tensor& dy) -> Grads {
    return {sigmoid_backward(dy, y.get())};
  });
}
Tensor& sigmoid_(Tensor& x) {
  return unary_in_place("sigmoid_", UnaryOp::Sigmoid, x, sigmoid);
}
Tensor& sigmoid_out(Tensor& out, const Tensor& x) {
  return unary_out("sigmoid_out", UnaryOp::Sigmoid, out, x);
}

Tensor tanh(const Tensor& x) {
  const OpScope scope("tanh");
  Tensor y = unary_forward("tanh", UnaryOp::Tanh, x);
  return record("tanh", {x}, y,
                [y = Saved(y)](const Tensor& dy) -> Grads { return {tanh_backward(dy, y.get())}; });
}
Tensor& tanh_(Tensor& x) {
  return unary_in_place("tanh_", UnaryOp::Tanh, x, tanh);
}
Tensor& tanh_out(Tensor& out, const Tensor& x) {
  return unary_out("tanh_out", UnaryOp::Tanh, out, x);
}

// --- piecewise linear

Tensor relu6(const Tensor& x) {
  return named("relu6", [&] { return hardtanh(x, 0, 6); });
}
Tensor& relu6_(Tensor& x) {
  return named("relu6_", [&]() -> Tensor& { return hardtanh_(x, 0, 6); });
}

Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope) {
  const OpScope scope("leaky_relu");
  const Params params{{negative_slope}};
  return record("leaky_relu", {x}, forward("leaky_relu", ActivationOp::LeakyRelu, x, params),
                [x = Saved(x), params](const Tensor& dy) -> Grads {
                  return {piecewise_backward("leaky_relu_backward", ActivationBackwardOp::LeakyRelu,
                                             dy, x.get(), params)};
                });
}
Tensor& leaky_relu_(Tensor& x, const Scalar& negative_slope) {
  return in_place("leaky_relu_", ActivationOp::LeakyRelu, x, {{negative_slope}},
                  [&] { return leaky_relu(x, negative_slope); });
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  if (autocast::is_on()) return autocast::lower_precision(prelu, x, weight);
  const OpScope scope("prelu");
  check_defined("prelu", "self", x);
  check_defined("prelu", "weight", weight);
  GRADUS_CHECK_TYPE(x.dtype() == weight.dtype() && x.is_floating_point(),
                    "prelu: expected equal floating-point dtypes, got {} and {}", x.dtype(),
                    weight.dtype());
  GRADUS_CHECK(weight.dim() <= 1, "prelu: expected a weight of at most 1 dim, got shape {}",
               weight.sizes());
  Tensor slope = weight;
  if (weight.numel() != 1) {
    const int64_t channels = x.dim() >= 2 ? x.size(1) : 1;
    GRADUS_CHECK(weight.dim() == 1 && weight.numel() == channels,
                 "prelu: expected weight of 1 or {} elements for input {}, got shape {}", channels,
                 x.sizes(), weight.sizes());
    DimVector sizes(static_cast<size_t>(x.dim()), 1);
    sizes[1] = channels;
    slope = reshape(weight, sizes);
  } else {
    slope = reshape(weight, {});
  }
  return where(gt(x, 0), x, mul(x, slope));
}

Tensor hardtanh(const Tensor& x, const Scalar& min_val, const Scalar& max_val) {
  const OpScope scope("hardtanh");
  check_defined("hardtanh", "self", x);
  const Params params{{min_val, max_val}};
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "hardtanh: not implemented for Bool");
  return record("hardtanh", {x}, kernel::activation("hardtanh", ActivationOp::Clamp, x, &params),
                [x = Saved(x), params](const Tensor& dy) -> Grads {
                  return {piecewise_backward("hardtanh_backward", ActivationBackwardOp::Hardtanh,
                                             dy, x.get(), params)};
                });
}
Tensor& hardtanh_(Tensor& x, const Scalar& min_val, const Scalar& max_val) {
  return in_place("hardtanh_", ActivationOp::Clamp, x, {{min_val, max_val}},
                  [&] { return hardtanh(x, min_val, max_val); });
}

Tensor hardsigmoid(const Tensor& x) {
  const OpScope scope("hardsigmoid");
  return record("hardsigmoid", {x}, forward("hardsigmoid", ActivationOp::Hardsigmoid, x),
                [x = Saved(x)](const Tensor& dy) -> Grads {
                  return {piecewise_backward("hardsigmoid_backward",
                                             ActivationBackwardOp::Hardsigmoid, dy, x.get())};
                });
}
Tensor& hardsigmoid_(Tensor& x) {
  return in_place("hardsigmoid_", ActivationOp::Hardsigmoid, x, {}, [&] { return hardsigmoid(x); });
}

Tensor hardshrink(const Tensor& x, const Scalar& lambd) {
  const OpScope scope("hardshrink");
  const Params params{{lambd}};
  return record("hardshrink", {x}, forward("hardshrink", ActivationOp::Hardshrink, x, params),
                [x = Saved(x), params](const Tensor& dy) -> Grads {
                  return {piecewise_backward("hardshrink_backward", ActivationBackwardOp::Shrink,
                                             dy, x.get(), params)};
                });
}

Tensor softshrink(const Tensor& x, const Scalar& lambd) {
  const OpScope scope("softshrink");
  GRADUS_CHECK_VALUE(lambd.toDouble() >= 0, "softshrink: lambd must not be negative, got {}",
                     lambd.toDouble());
  const Params params{{lambd}};
  return record("softshrink", {x}, forward("softshrink", ActivationOp::Softshrink, x, params),
                [x = Saved(x), params](const Tensor& dy) -> Grads {
                  return {piecewise_backward("softshrink_backward", ActivationBackwardOp::Shrink,
                                             dy, x.get(), params)};
                });
}

Tensor threshold(const Tensor& x, const Scalar& threshold, const Scalar& value) {
  const OpScope scope("threshold");
  if (x.defined() && is_integral(x.dtype(), /*include_bool=*/false)) {
    return masked_fill(x, le(x, threshold), value);
  }
  return record("threshold", {x},
                forward("threshold", ActivationOp::Threshold, x, {{threshold, value}}),
                [x = Saved(x), threshold](const Tensor& dy) -> Grads {
                  return {threshold_backward(dy, x.get(), threshold)};
                });
}
Tensor& threshold_(Tensor& x, const Scalar& threshold, const Scalar& value) {
  if (x.defined() && is_integral(x.dtype(), /*include_bool=*/false)) {
    return masked_fill_(x, le(x, threshold), value);
  }
  return in_place("threshold_", ActivationOp::Threshold, x, {{threshold, value}},
                  [&] { return gradus::threshold(x, threshold, value); });
}

Tensor hardswish(const Tensor& x) {
  const OpScope scope("hardswish");
  return record("hardswish", {x}, forward("hardswish", ActivationOp::Hardswish, x),
                [x = Saved(x)](const Tensor& dy) -> Grads {
                  return {curved_backward("hardswish_backward", ActivationBackwardOp::Hardswish, dy,
                                          x.get(), {}, [](const Tensor& d, const Tensor& x) {
                                            return masked_fill(div(d, 3), gt(abs(x), 3), 0);
                                          })};
                });
}
Tensor& hardswish_(Tensor& x) {
  return in_place("hardswish_", ActivationOp::Hardswish, x, {}, [&] { return hardswish(x); });
}

// --- exponential

namespace {

Tensor elu_backward(const Tensor& dy, const Tensor& x, const Params& params) {
  // The slope grows where x <= 0, and there by input_scale times itself.
  return curved_backward("elu_backward", ActivationBackwardOp::Elu, dy, x, params,
                         [params](const Tensor& d, const Tensor& x) {
                           return masked_fill(mul(elu_backward(d, x, params), params.values[2]),
                                              gt(x, 0), 0);
                         });
}

Tensor elu_with(const char* name, const Tensor& x, const Params& params) {
  const OpScope scope(name);
  return record(name, {x}, forward(name, ActivationOp::Elu, x, params),
                [x = Saved(x), params](const Tensor& dy) -> Grads {
                  return {elu_backward(dy, x.get(), params)};
                });
}

Tensor& elu_in_place(const char* name, Tensor& x, const Params& params) {
  return in_place(name, ActivationOp::Elu, x, params, [&] { return elu_with(name, x, params); });
}

Params celu_params(const char* name, const Scalar& alpha) {
  GRADUS_CHECK_VALUE(alpha.toDouble() != 0, "{}: alpha must not be 0", name);
  return {{alpha, 1, 1 / alpha.toDouble()}};
}

}  // namespace

Tensor elu(const Tensor& x, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
  return elu_with("elu", x, {{alpha, scale, input_scale}});
}
Tensor& elu_(Tensor& x, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
  return elu_in_place("elu_", x, {{alpha, scale, input_scale}});
}

Tensor selu(const Tensor& x) {
  return elu_with("selu", x, {{kSeluAlpha, kSeluScale, 1}});
}
Tensor& selu_(Tensor& x) {
  return elu_in_place("selu_", x, {{kSeluAlpha, kSeluScale, 1}});
}

Tensor celu(const Tensor& x, const Scalar& alpha) {
  return elu_with("celu", x, celu_params("celu", alpha));
}
Tensor& celu_(Tensor& x, const Scalar& alpha) {
  return elu_in_place("celu_", x, celu_params("celu_", alpha));
}

// --- smooth

namespace {

// phi(x) = e^(-x^2 / 2) / sqrt(2 pi), whose slope is -x phi(x).
Tensor normal_density(const Tensor& x) {
  return mul(exp(mul(square(x), -0.5)), 0.5 * M_2_SQRTPI * M_SQRT1_2);
}

// d/dx (Phi(x) + x phi(x)) = (2 - x^2) phi(x)
Tensor gelu_slope_backward(const Tensor& d, const Tensor& x) {
  return mul(d, mul(rsub(square(x), 2), normal_density(x)));
}

// With u = k (x + c x^3), t = tanh u, the slope is (1 + t)/2 + x (1 - t^2) u' / 2, and its
// derivative (1 - t^2) (u' + x (u'' - 2 t u'^2) / 2).
Tensor gelu_tanh_slope_backward(const Tensor& d, const Tensor& x) {
  constexpr double k = M_2_SQRTPI * M_SQRT1_2, c = 0.044715;
  const Tensor x2 = square(x);
  const Tensor t = tanh(mul(mul(x, add(mul(x2, c), 1)), k));
  const Tensor du = mul(add(mul(x2, 3 * c), 1), k);
  const Tensor bend = sub(mul(x, 6 * k * c), mul(mul(t, square(du)), 2));
  return mul(d, mul(rsub(square(t), 1), add(du, mul(mul(x, bend), 0.5))));
}

// With s = sigmoid(x): d/dx (s + x s (1 - s)) = s (1 - s) (2 + x (1 - 2 s))
Tensor silu_slope_backward(const Tensor& d, const Tensor& x) {
  const Tensor s = sigmoid(x);
  return mul(d, mul(mul(s, rsub(s, 1)), add(mul(x, rsub(mul(s, 2), 1)), 2)));
}

// With s = sigmoid(x), t = tanh(softplus(x)): t' = s (1 - t^2), and the derivative of t + x t' is
// 2 t' + x t' (1 - s - 2 t s).
Tensor mish_slope_backward(const Tensor& d, const Tensor& x) {
  const Tensor s = sigmoid(x), t = tanh(softplus(x));
  const Tensor dt = mul(s, rsub(square(t), 1));
  return mul(d, mul(dt, add(mul(x, sub(rsub(s, 1), mul(mul(t, s), 2))), 2)));
}

}  // namespace

Tensor gelu(const Tensor& x, std::string_view approximate) {
  const OpScope scope("gelu");
  if (approximate == "none") {
    return record("gelu", {x}, forward("gelu", ActivationOp::Gelu, x),
                  [x = Saved(x)](const Tensor& dy) -> Grads {
                    return {curved_backward("gelu_backward", ActivationBackwardOp::Gelu, dy,
                                            x.get(), {}, gelu_slope_backward)};
                  });
  }
  GRADUS_CHECK_VALUE(approximate == "tanh", "gelu: approximate must be none or tanh, got {}",
                     approximate);
  return record("gelu", {x}, forward("gelu", ActivationOp::GeluTanh, x),
                [x = Saved(x)](const Tensor& dy) -> Grads {
                  return {curved_backward("gelu_backward", ActivationBackwardOp::GeluTanh, dy,
                                          x.get(), {}, gelu_tanh_slope_backward)};
                });
}

Tensor silu(const Tensor& x) {
  const OpScope scope("silu");
  return record("silu", {x}, forward("silu", ActivationOp::Silu, x),
                [x = Saved(x)](const Tensor& dy) -> Grads {
                  return {curved_backward("silu_backward", ActivationBackwardOp::Silu, dy, x.get(),
                                          {}, silu_slope_backward)};
                });
}
Tensor& gelu_(Tensor& x, std::string_view approximate) {
  return write_in_place("gelu_", x, named("gelu_", [&] { return gelu(x, approximate); }));
}

Tensor& silu_(Tensor& x) {
  return in_place("silu_", ActivationOp::Silu, x, {}, [&] { return silu(x); });
}

Tensor mish(const Tensor& x) {
  const OpScope scope("mish");
  return record("mish", {x}, forward("mish", ActivationOp::Mish, x),
                [x = Saved(x)](const Tensor& dy) -> Grads {
                  return {curved_backward("mish_backward", ActivationBackwardOp::Mish, dy, x.get(),
                                          {}, mish_slope_backward)};
                });
}
Tensor& mish_(Tensor& x) {
  return in_place("mish_", ActivationOp::Mish, x, {}, [&] { return mish(x); });
}

Tensor softplus(const Tensor& x, const Scalar& beta, const Scalar& threshold) {
  const OpScope scope("softplus");
  const Params params{{beta, threshold}};
  return record(
      "softplus", {x}, forward("softplus", ActivationOp::Softplus, x, params),
      [x = Saved(x), params](const Tensor& dy) -> Grads {
        const Scalar beta = params.values[0], threshold = params.values[1];
        // The slope is s = sigmoid(beta x), its derivative beta s (1 - s).
        return {curved_backward("softplus_backward", ActivationBackwardOp::Softplus, dy, x.get(),
                                params, [beta, threshold](const Tensor& d, const Tensor& x) {
                                  const Tensor scaled = mul(x, beta), s = sigmoid(scaled);
                                  return masked_fill(mul(d, mul(mul(s, rsub(s, 1)), beta)),
                                                     gt(scaled, threshold), 0);
                                })};
      });
}

Tensor logsigmoid(const Tensor& x) {
  const OpScope scope("log_sigmoid");
  return record(
      "log_sigmoid", {x},
      named("logsigmoid", [&] { return forward("log_sigmoid", ActivationOp::LogSigmoid, x); }),
      [x = Saved(x)](const Tensor& dy) -> Grads {
        return {curved_backward("log_sigmoid_backward", ActivationBackwardOp::LogSigmoid, dy,
                                x.get(), {}, [](const Tensor& d, const Tensor& x) {
                                  const Tensor s = sigmoid(x);
                                  return neg(mul(d, mul(s, rsub(s, 1))));
                                })};
      });
}
Tensor log_sigmoid(const Tensor& x) {
  return logsigmoid(x);
}

// --- composed

Tensor tanhshrink(const Tensor& x) {
  const OpScope scope("tanhshrink");
  check_defined("tanhshrink", "self", x);
  return sub(x, tanh(x));
}

Tensor softsign(const Tensor& x) {
  const OpScope scope("softsign");
  check_defined("softsign", "self", x);
  return div(x, add(abs(x), 1));
}

Tensor glu(const Tensor& x, int64_t dim) {
  const OpScope scope("glu");
  check_defined("glu", "self", x);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "glu: not implemented for {}", x.dtype());
  GRADUS_CHECK(x.dim() > 0, "glu: expected a tensor of at least one dim");
  const int64_t d = wrap_dim("glu", dim, x.dim());
  const int64_t size = x.size(d);
  GRADUS_CHECK(size % 2 == 0, "glu: the size of dim {} must be even, got {} in {}", dim, size,
               x.sizes());
  return mul(narrow(x, d, 0, size / 2), sigmoid(narrow(x, d, size / 2, size / 2)));
}

// --- methods of Tensor

Tensor Tensor::relu() const {
  return gradus::relu(*this);
}
Tensor& Tensor::relu_() const {
  return gradus::relu_(self());
}
Tensor Tensor::sigmoid() const {
  return gradus::sigmoid(*this);
}
Tensor& Tensor::sigmoid_() const {
  return gradus::sigmoid_(self());
}
Tensor Tensor::tanh() const {
  return gradus::tanh(*this);
}
Tensor& Tensor::tanh_() const {
  return gradus::tanh_(self());
}

}  // namespace gradus
