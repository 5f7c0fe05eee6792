#pragma once

#include <cstdint>
#include <optional>

#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/activation.h"

namespace gradus::nn::functional {

// Activations as functions; each takes the settings of its module, which documents the formula.

using CELUFuncOptions = CELUOptions;
using ELUFuncOptions = ELUOptions;
using GELUFuncOptions = GELUOptions;
using GLUFuncOptions = GLUOptions;
using HardshrinkFuncOptions = HardshrinkOptions;
using HardtanhFuncOptions = HardtanhOptions;
using LeakyReLUFuncOptions = LeakyReLUOptions;
using ReLU6FuncOptions = ReLU6Options;
using ReLUFuncOptions = ReLUOptions;
using SELUFuncOptions = SELUOptions;
using SoftplusFuncOptions = SoftplusOptions;
using SoftshrinkFuncOptions = SoftshrinkOptions;
using ThresholdFuncOptions = ThresholdOptions;

/// Settings of softmax.
struct GRADUS_API SoftmaxFuncOptions {
  SoftmaxFuncOptions(int64_t dim) : dim_(dim) {}
  /// Dim along which the sums are taken.
  GRADUS_ARG(int64_t, dim);
  /// What the input is cast to first. Default: its own dtype
  GRADUS_ARG(std::optional<ScalarType>, dtype) = std::nullopt;
};

/// Settings of softmin.
struct GRADUS_API SoftminFuncOptions {
  SoftminFuncOptions(int64_t dim) : dim_(dim) {}
  /// Dim along which the sums are taken.
  GRADUS_ARG(int64_t, dim);
  /// What the input is cast to first. Default: its own dtype
  GRADUS_ARG(std::optional<ScalarType>, dtype) = std::nullopt;
};

/// Settings of log_softmax.
struct GRADUS_API LogSoftmaxFuncOptions {
  LogSoftmaxFuncOptions(int64_t dim) : dim_(dim) {}
  /// Dim along which the sums are taken.
  GRADUS_ARG(int64_t, dim);
  /// What the input is cast to first. Default: its own dtype
  GRADUS_ARG(std::optional<ScalarType>, dtype) = std::nullopt;
};

/// Settings of rrelu.
struct GRADUS_API RReLUFuncOptions {
  /// Least slope. Default: 1/8
  GRADUS_ARG(double, lower) = 1.0 / 8;
  /// Greatest slope. Default: 1/3
  GRADUS_ARG(double, upper) = 1.0 / 3;
  /// Whether slopes are drawn. Default: false
  GRADUS_ARG(bool, training) = false;
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// Settings of gumbel_softmax.
struct GRADUS_API GumbelSoftmaxFuncOptions {
  /// Temperature. Default: 1.0
  GRADUS_ARG(double, tau) = 1.0;
  /// Whether the result is one-hot, with the gradient of the soft one. Default: false
  GRADUS_ARG(bool, hard) = false;
  /// Dim along which is drawn. Default: -1
  GRADUS_ARG(int64_t, dim) = -1;
};

GRADUS_API Tensor celu(Tensor input, const CELUFuncOptions& options = {});
GRADUS_API Tensor elu(Tensor input, const ELUFuncOptions& options = {});
GRADUS_API Tensor gelu(const Tensor& input, const GELUFuncOptions& options = {});
GRADUS_API Tensor glu(const Tensor& input, const GLUFuncOptions& options = {});
GRADUS_API Tensor hardshrink(const Tensor& input, const HardshrinkFuncOptions& options = {});
GRADUS_API Tensor hardsigmoid(const Tensor& input);
GRADUS_API Tensor hardswish(const Tensor& input);
GRADUS_API Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options = {});
GRADUS_API Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options = {});
GRADUS_API Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);
GRADUS_API Tensor logsigmoid(const Tensor& input);
GRADUS_API Tensor mish(const Tensor& input);
GRADUS_API Tensor relu(Tensor input, const ReLUFuncOptions& options = {});
GRADUS_API Tensor relu6(Tensor input, const ReLU6FuncOptions& options = {});
GRADUS_API Tensor selu(Tensor input, const SELUFuncOptions& options = {});
GRADUS_API Tensor silu(const Tensor& input);
GRADUS_API Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
GRADUS_API Tensor softmin(const Tensor& input, const SoftminFuncOptions& options);
GRADUS_API Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options = {});
GRADUS_API Tensor softshrink(const Tensor& input, const SoftshrinkFuncOptions& options = {});
/// Draws from the classes with unnormalized log-probabilities `logits`: softmax((logits + g) / tau)
/// with Gumbel noise g. Jang et al. 2017. @throws ValueError unless tau is positive
GRADUS_API Tensor gumbel_softmax(const Tensor& logits,
                                 const GumbelSoftmaxFuncOptions& options = {});
GRADUS_API Tensor prelu(const Tensor& input, const Tensor& weight);
GRADUS_API Tensor rrelu(Tensor input, const RReLUFuncOptions& options = {});
GRADUS_API Tensor threshold(Tensor input, const ThresholdFuncOptions& options);
GRADUS_API Tensor softsign(const Tensor& input);
GRADUS_API Tensor tanhshrink(const Tensor& input);

}  // namespace gradus::nn::functional
