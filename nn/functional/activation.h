#pragma once

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
using LogSoftmaxFuncOptions = LogSoftmaxOptions;
using ReLU6FuncOptions = ReLU6Options;
using ReLUFuncOptions = ReLUOptions;
using SELUFuncOptions = SELUOptions;
using SoftmaxFuncOptions = SoftmaxOptions;
using SoftminFuncOptions = SoftminOptions;
using SoftplusFuncOptions = SoftplusOptions;
using SoftshrinkFuncOptions = SoftshrinkOptions;

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
GRADUS_API Tensor softsign(const Tensor& input);
GRADUS_API Tensor tanhshrink(const Tensor& input);

}  // namespace gradus::nn::functional
