#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/tensor.h"

namespace gradus {

// Activation functions, element-wise on floating-point tensors; relu takes integers too, sigmoid
// and tanh compute in the default dtype for them. `op_` writes to its argument, `op_out` to `out`.

/// max(x, 0); NaN stays NaN. The gradient is 0 at 0.
GRADUS_API Tensor relu(const Tensor& x);
GRADUS_API Tensor& relu_(Tensor& x);
GRADUS_API Tensor& relu_out(Tensor& out, const Tensor& x);

/// 1 / (1 + e^-x).
GRADUS_API Tensor sigmoid(const Tensor& x);
GRADUS_API Tensor& sigmoid_(Tensor& x);
GRADUS_API Tensor& sigmoid_out(Tensor& out, const Tensor& x);

/// Hyperbolic tangent.
GRADUS_API Tensor tanh(const Tensor& x);
GRADUS_API Tensor& tanh_(Tensor& x);
GRADUS_API Tensor& tanh_out(Tensor& out, const Tensor& x);

/// min(max(x, 0), 6).
GRADUS_API Tensor relu6(const Tensor& x);
GRADUS_API Tensor& relu6_(Tensor& x);

/// x for x > 0, else negative_slope x.
GRADUS_API Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope = 0.01);
GRADUS_API Tensor& leaky_relu_(Tensor& x, const Scalar& negative_slope = 0.01);

/// x for x > 0, else weight x. `weight` has one element, or one for each channel (dim 1 of x).
/// @throws Error where the number of channels differs
GRADUS_API Tensor prelu(const Tensor& x, const Tensor& weight);

/// scale x for x > 0, else scale alpha (e^(input_scale x) - 1).
GRADUS_API Tensor elu(const Tensor& x, const Scalar& alpha = 1, const Scalar& scale = 1,
                      const Scalar& input_scale = 1);
GRADUS_API Tensor& elu_(Tensor& x, const Scalar& alpha = 1, const Scalar& scale = 1,
                        const Scalar& input_scale = 1);
/// elu with the scale 1.0507... and alpha 1.6732... that keep mean 0 and variance 1 (Klambauer et
/// al. 2017).
GRADUS_API Tensor selu(const Tensor& x);
GRADUS_API Tensor& selu_(Tensor& x);
/// max(0, x) + min(0, alpha (e^(x / alpha) - 1)). @throws ValueError for alpha 0
GRADUS_API Tensor celu(const Tensor& x, const Scalar& alpha = 1.0);
GRADUS_API Tensor& celu_(Tensor& x, const Scalar& alpha = 1.0);

/// x Phi(x) where `approximate` is "none", x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 where it
/// is "tanh". @throws ValueError for another
GRADUS_API Tensor gelu(const Tensor& x, std::string_view approximate = "none");
GRADUS_API Tensor& gelu_(Tensor& x, std::string_view approximate = "none");
/// x sigmoid(x), also called swish.
GRADUS_API Tensor silu(const Tensor& x);
GRADUS_API Tensor& silu_(Tensor& x);
/// x tanh(softplus(x)).
GRADUS_API Tensor mish(const Tensor& x);
GRADUS_API Tensor& mish_(Tensor& x);

/// min(max(x, min_val), max_val). The gradient is 0 at the bounds.
GRADUS_API Tensor hardtanh(const Tensor& x, const Scalar& min_val = -1, const Scalar& max_val = 1);
GRADUS_API Tensor& hardtanh_(Tensor& x, const Scalar& min_val = -1, const Scalar& max_val = 1);
/// x min(max(x + 3, 0), 6) / 6.
GRADUS_API Tensor hardswish(const Tensor& x);
GRADUS_API Tensor& hardswish_(Tensor& x);
/// min(max(x + 3, 0), 6) / 6.
GRADUS_API Tensor hardsigmoid(const Tensor& x);
GRADUS_API Tensor& hardsigmoid_(Tensor& x);
/// x, or 0 where |x| <= lambd.
GRADUS_API Tensor hardshrink(const Tensor& x, const Scalar& lambd = 0.5);
/// x - lambd for x > lambd, x + lambd for x < -lambd, else 0. @throws ValueError for lambd < 0
GRADUS_API Tensor softshrink(const Tensor& x, const Scalar& lambd = 0.5);
/// x - tanh(x).
GRADUS_API Tensor tanhshrink(const Tensor& x);

/// log(1 + e^(beta x)) / beta; x where beta x > threshold.
GRADUS_API Tensor softplus(const Tensor& x, const Scalar& beta = 1, const Scalar& threshold = 20);
/// x / (1 + |x|).
GRADUS_API Tensor softsign(const Tensor& x);
/// log(sigmoid(x)).
GRADUS_API Tensor logsigmoid(const Tensor& x);
GRADUS_API Tensor log_sigmoid(const Tensor& x);
/// x where x > threshold, else `value`.
GRADUS_API Tensor threshold(const Tensor& x, const Scalar& threshold, const Scalar& value);
GRADUS_API Tensor& threshold_(Tensor& x, const Scalar& threshold, const Scalar& value);

/// a sigmoid(b), where a and b are the halves of x along dim. @throws Error where the size is odd
GRADUS_API Tensor glu(const Tensor& x, int64_t dim = -1);

// Backward passes that others use too; differentiable themselves.

/// dy where x > threshold, else 0. x may be the output of relu.
GRADUS_API Tensor threshold_backward(const Tensor& dy, const Tensor& x, const Scalar& threshold);
/// dy (1 - y^2), for y = tanh(x).
GRADUS_API Tensor tanh_backward(const Tensor& dy, const Tensor& y);
/// dy y (1 - y), for y = sigmoid(x).
GRADUS_API Tensor sigmoid_backward(const Tensor& dy, const Tensor& y);

}  // namespace gradus
