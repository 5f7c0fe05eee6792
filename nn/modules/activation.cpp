#include "nn/modules/activation.h"

#include <ostream>

#include "autograd/ops/activation.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/unary.h"

namespace gradus::nn {

void SigmoidImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Sigmoid()";
}
Tensor SigmoidImpl::forward(const Tensor& input) {
  return sigmoid(input);
}

void TanhImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Tanh()";
}
Tensor TanhImpl::forward(const Tensor& input) {
  return tanh(input);
}

void SiLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SiLU()";
}
Tensor SiLUImpl::forward(const Tensor& input) {
  return silu(input);
}

void MishImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Mish()";
}
Tensor MishImpl::forward(const Tensor& input) {
  return mish(input);
}

void LogSigmoidImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::LogSigmoid()";
}
Tensor LogSigmoidImpl::forward(const Tensor& input) {
  return logsigmoid(input);
}

void SoftsignImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softsign()";
}
Tensor SoftsignImpl::forward(const Tensor& input) {
  return softsign(input);
}

void TanhshrinkImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Tanhshrink()";
}
Tensor TanhshrinkImpl::forward(const Tensor& input) {
  return tanhshrink(input);
}

void HardswishImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardswish()";
}
Tensor HardswishImpl::forward(const Tensor& input) {
  return hardswish(input);
}

void HardsigmoidImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardsigmoid()";
}
Tensor HardsigmoidImpl::forward(const Tensor& input) {
  return hardsigmoid(input);
}

void ReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ReLU(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor ReLUImpl::forward(Tensor input) {
  return options.inplace() ? relu_(input) : relu(input);
}

void ReLU6Impl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ReLU6(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor ReLU6Impl::forward(Tensor input) {
  return options.inplace() ? relu6_(input) : relu6(input);
}

void SELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SELU(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor SELUImpl::forward(Tensor input) {
  return options.inplace() ? selu_(input) : selu(input);
}

void GELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::GELU("
         << "approximate=" << options.approximate() << ")";
}
Tensor GELUImpl::forward(const Tensor& input) {
  return gelu(input, options.approximate());
}

void LeakyReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::LeakyReLU("
         << "negative_slope=" << options.negative_slope()
         << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor LeakyReLUImpl::forward(Tensor input) {
  return options.inplace() ? leaky_relu_(input, options.negative_slope())
                           : leaky_relu(input, options.negative_slope());
}

void ELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ELU("
         << "alpha=" << options.alpha() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor ELUImpl::forward(Tensor input) {
  return options.inplace() ? elu_(input, options.alpha()) : elu(input, options.alpha());
}

void CELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CELU("
         << "alpha=" << options.alpha() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor CELUImpl::forward(Tensor input) {
  return options.inplace() ? celu_(input, options.alpha()) : celu(input, options.alpha());
}

void HardtanhImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardtanh("
         << "min_val=" << options.min_val() << ", "
         << "max_val=" << options.max_val() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor HardtanhImpl::forward(Tensor input) {
  return options.inplace() ? hardtanh_(input, options.min_val(), options.max_val())
                           : hardtanh(input, options.min_val(), options.max_val());
}

void HardshrinkImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardshrink("
         << "lambda=" << options.lambda() << ")";
}
Tensor HardshrinkImpl::forward(const Tensor& input) {
  return hardshrink(input, options.lambda());
}

void SoftshrinkImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softshrink("
         << "lambda=" << options.lambda() << ")";
}
Tensor SoftshrinkImpl::forward(const Tensor& input) {
  return softshrink(input, options.lambda());
}

void SoftplusImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softplus("
         << "beta=" << options.beta() << ", "
         << "threshold=" << options.threshold() << ")";
}
Tensor SoftplusImpl::forward(const Tensor& input) {
  return softplus(input, options.beta(), options.threshold());
}

void GLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::GLU("
         << "dim=" << options.dim() << ")";
}
Tensor GLUImpl::forward(const Tensor& input) {
  return glu(input, options.dim());
}

void SoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softmax(dim=" << options.dim() << ")";
}
Tensor SoftmaxImpl::forward(const Tensor& input) {
  return softmax(input, options.dim());
}

void LogSoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::LogSoftmax(dim=" << options.dim() << ")";
}
Tensor LogSoftmaxImpl::forward(const Tensor& input) {
  return log_softmax(input, options.dim());
}

void SoftminImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softmin(dim=" << options.dim() << ")";
}
Tensor SoftminImpl::forward(const Tensor& input) {
  return softmax(-input, options.dim());
}

}  // namespace gradus::nn
