#pragma once

#include "core/kernels/loop.h"
#include "core/tensor.h"

namespace gradus::kernel {

/// Activation functions with one input; p0, p1, p2 are their params.
enum class ActivationOp : uint8_t {
  LeakyRelu,    // x > 0 ? x : p0 x
  Elu,          // x > 0 ? p1 x : p0 p1 (e^(p2 x) - 1)
  Gelu,         // x Phi(x)
  GeluTanh,     // its approximation by tanh
  Silu,         // x / (1 + e^-x)
  Mish,         // x tanh(softplus(x))
  Hardswish,    // x clamp(x + 3, 0, 6) / 6
  Hardsigmoid,  // clamp(x + 3, 0, 6) / 6
  Hardshrink,   // |x| <= p0 ? 0 : x
  Softshrink,   // |x| <= p0 ? 0 : x - sign(x) p0
  Softplus,     // p0 x > p1 ? x : log(1 + e^(p0 x)) / p0
  LogSigmoid,   // -log(1 + e^-x)
  Threshold,    // x <= p0 ? p1 : x
  // The next take integers too; bounds beyond the range of the dtype are no bounds.
  Clamp,     // between p0 and p1; p1 where they cross
  ClampMin,  // at least p0
  ClampMax,  // at most p0
};

/// y = op(x); x is floating point but for the clamps.
Tensor activation(const char* name, ActivationOp op, const Tensor& x,
                  const Params* params = nullptr, const Tensor* out = nullptr);

/// Their backward: dx from dy and x (or y).
enum class ActivationBackwardOp : uint8_t {
  LeakyRelu,  // (dy, x), params as above
  Elu,
  Gelu,
  GeluTanh,
  Silu,
  Mish,
  Hardswish,
  Hardsigmoid,
  Shrink,  // of Hardshrink and Softshrink
  Softplus,
  LogSigmoid,
  Threshold,  // x <= p0 ? 0 : dy; also of relu, from y
  Clamp,      // p0 <= x <= p1 ? dy : 0
  Hardtanh,   // p0 < x < p1 ? dy : 0
  Tanh,       // (dy, y): dy (1 - y^2)
  Sigmoid,    // (dy, y): dy y (1 - y)
};

Tensor activation_backward(const char* name, ActivationBackwardOp op, const Tensor& dy,
                           const Tensor& x, const Params* params = nullptr);

/// The plain loops for float and double: the reference.
template <class T>
BlockFunction activation_plain_function(ActivationOp op);
template <class T>
BlockFunction activation_backward_plain_function(ActivationBackwardOp op);

/// The vectorized block functions for float32; all ops have one.
BlockFunction activation_vector_function(ActivationOp op);
BlockFunction activation_backward_vector_function(ActivationBackwardOp op);

}  // namespace gradus::kernel
