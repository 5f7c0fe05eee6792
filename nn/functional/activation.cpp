#include "nn/functional/activation.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/noise.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus::nn::functional {

Tensor celu(Tensor input, const CELUFuncOptions& options) {
  return options.inplace() ? gradus::celu_(input, options.alpha())
                           : gradus::celu(input, options.alpha());
}

Tensor elu(Tensor input, const ELUFuncOptions& options) {
  return options.inplace() ? gradus::elu_(input, options.alpha())
                           : gradus::elu(input, options.alpha());
}

Tensor gelu(const Tensor& input, const GELUFuncOptions& options) {
  return gradus::gelu(input, options.approximate());
}

Tensor glu(const Tensor& input, const GLUFuncOptions& options) {
  return gradus::glu(input, options.dim());
}

Tensor hardshrink(const Tensor& input, const HardshrinkFuncOptions& options) {
  return gradus::hardshrink(input, options.lambda());
}

Tensor hardsigmoid(const Tensor& input) {
  return gradus::hardsigmoid(input);
}

Tensor hardswish(const Tensor& input) {
  return gradus::hardswish(input);
}

Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options) {
  return options.inplace() ? gradus::hardtanh_(input, options.min_val(), options.max_val())
                           : gradus::hardtanh(input, options.min_val(), options.max_val());
}

Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options) {
  return options.inplace() ? gradus::leaky_relu_(input, options.negative_slope())
                           : gradus::leaky_relu(input, options.negative_slope());
}

Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options) {
  return gradus::log_softmax(input, options.dim(), options.dtype());
}

Tensor logsigmoid(const Tensor& input) {
  return gradus::logsigmoid(input);
}

Tensor mish(const Tensor& input) {
  return gradus::mish(input);
}

Tensor relu(Tensor input, const ReLUFuncOptions& options) {
  return options.inplace() ? gradus::relu_(input) : gradus::relu(input);
}

Tensor relu6(Tensor input, const ReLU6FuncOptions& options) {
  return options.inplace() ? gradus::relu6_(input) : gradus::relu6(input);
}

Tensor selu(Tensor input, const SELUFuncOptions& options) {
  return options.inplace() ? gradus::selu_(input) : gradus::selu(input);
}

Tensor silu(const Tensor& input) {
  return gradus::silu(input);
}

Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options) {
  return gradus::softmax(input, options.dim(), options.dtype());
}

Tensor softmin(const Tensor& input, const SoftminFuncOptions& options) {
  return gradus::softmax(-input, options.dim(), options.dtype());
}

Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options) {
  return gradus::softplus(input, options.beta(), options.threshold());
}

Tensor softshrink(const Tensor& input, const SoftshrinkFuncOptions& options) {
  return gradus::softshrink(input, options.lambda());
}

Tensor softsign(const Tensor& input) {
  return gradus::softsign(input);
}

Tensor tanhshrink(const Tensor& input) {
  return gradus::tanhshrink(input);
}

Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options) {
  GRADUS_CHECK_VALUE(options.tau() > 0, "gumbel_softmax: tau must be positive, got {}",
                     options.tau());
  GRADUS_CHECK_TYPE(logits.is_floating_point(),
                    "gumbel_softmax: expected floating-point logits, got {}", logits.dtype());
  const int64_t dim = wrap_dim("gumbel_softmax", options.dim(), logits.dim());
  const Tensor noise = -empty(logits.sizes(), logits.options()).exponential_().log();
  const Tensor soft = ((logits + noise) / options.tau()).softmax(dim);
  if (!options.hard()) return soft;
  // One-hot in value; the differences of equal numbers leave the soft one's gradient.
  const Tensor chosen = soft.detach().argmax(dim, /*keepdim=*/true);
  const Tensor hard = zeros_like(soft.detach()).scatter_(dim, chosen, Scalar(1));
  return hard - soft.detach() + soft;
}

Tensor prelu(const Tensor& input, const Tensor& weight) {
  return gradus::prelu(input, weight);
}

Tensor rrelu(Tensor input, const RReLUFuncOptions& options) {
  return options.inplace()
             ? gradus::rrelu_(input, options.lower(), options.upper(), options.training())
             : gradus::rrelu(input, options.lower(), options.upper(), options.training());
}

Tensor threshold(Tensor input, const ThresholdFuncOptions& options) {
  return options.inplace() ? gradus::threshold_(input, options.threshold(), options.value())
                           : gradus::threshold(input, options.threshold(), options.value());
}

}  // namespace gradus::nn::functional
