#include "nn/modules/activation.h"

#include <ostream>

#include "autograd/ops/activation.h"
#include "core/factory.h"
#include "nn/functional/activation.h"

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
  return functional::silu(input);
}

void MishImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Mish()";
}
Tensor MishImpl::forward(const Tensor& input) {
  return functional::mish(input);
}

void LogSigmoidImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::LogSigmoid()";
}
Tensor LogSigmoidImpl::forward(const Tensor& input) {
  return functional::logsigmoid(input);
}

void SoftsignImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softsign()";
}
Tensor SoftsignImpl::forward(const Tensor& input) {
  return functional::softsign(input);
}

void TanhshrinkImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Tanhshrink()";
}
Tensor TanhshrinkImpl::forward(const Tensor& input) {
  return functional::tanhshrink(input);
}

void HardswishImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardswish()";
}
Tensor HardswishImpl::forward(const Tensor& input) {
  return functional::hardswish(input);
}

void HardsigmoidImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardsigmoid()";
}
Tensor HardsigmoidImpl::forward(const Tensor& input) {
  return functional::hardsigmoid(input);
}

ReLUImpl::ReLUImpl(const ReLUOptions& options) : options(options) {}

void ReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ReLU(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor ReLUImpl::forward(Tensor input) {
  return functional::relu(std::move(input), options);
}

ReLU6Impl::ReLU6Impl(const ReLU6Options& options) : options(options) {}

void ReLU6Impl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ReLU6(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor ReLU6Impl::forward(Tensor input) {
  return functional::relu6(std::move(input), options);
}

SELUImpl::SELUImpl(const SELUOptions& options) : options(options) {}

void SELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::SELU(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor SELUImpl::forward(Tensor input) {
  return functional::selu(std::move(input), options);
}

GELUImpl::GELUImpl(const GELUOptions& options) : options(options) {}

void GELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::GELU()";
}
Tensor GELUImpl::forward(const Tensor& input) {
  return functional::gelu(input, options);
}

LeakyReLUImpl::LeakyReLUImpl(const LeakyReLUOptions& options) : options(options) {}

void LeakyReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::LeakyReLU("
         << "negative_slope=" << options.negative_slope()
         << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor LeakyReLUImpl::forward(Tensor input) {
  return functional::leaky_relu(std::move(input), options);
}

ELUImpl::ELUImpl(const ELUOptions& options) : options(options) {}

void ELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ELU("
         << "alpha=" << options.alpha() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor ELUImpl::forward(Tensor input) {
  return functional::elu(std::move(input), options);
}

CELUImpl::CELUImpl(const CELUOptions& options) : options(options) {}

void CELUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CELU("
         << "alpha=" << options.alpha() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor CELUImpl::forward(Tensor input) {
  return functional::celu(std::move(input), options);
}

HardtanhImpl::HardtanhImpl(const HardtanhOptions& options) : options(options) {
  HardtanhImpl::reset();
}
void HardtanhImpl::reset() {
  GRADUS_CHECK_VALUE(options.min_val() < options.max_val(),
                     "Hardtanh: max_val must be greater than min_val, got {} and {}",
                     options.max_val(), options.min_val());
}
void HardtanhImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardtanh("
         << "min_val=" << options.min_val() << ", "
         << "max_val=" << options.max_val() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor HardtanhImpl::forward(Tensor input) {
  return functional::hardtanh(std::move(input), options);
}

HardshrinkImpl::HardshrinkImpl(const HardshrinkOptions& options) : options(options) {}

void HardshrinkImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Hardshrink(" << options.lambda() << ")";
}
Tensor HardshrinkImpl::forward(const Tensor& input) {
  return functional::hardshrink(input, options);
}

SoftshrinkImpl::SoftshrinkImpl(const SoftshrinkOptions& options) : options(options) {}

void SoftshrinkImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softshrink(" << options.lambda() << ")";
}
Tensor SoftshrinkImpl::forward(const Tensor& input) {
  return functional::softshrink(input, options);
}

SoftplusImpl::SoftplusImpl(const SoftplusOptions& options) : options(options) {}

void SoftplusImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softplus("
         << "beta=" << options.beta() << ", "
         << "threshold=" << options.threshold() << ")";
}
Tensor SoftplusImpl::forward(const Tensor& input) {
  return functional::softplus(input, options);
}

GLUImpl::GLUImpl(const GLUOptions& options) : options(options) {}

void GLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::GLU("
         << "dim=" << options.dim() << ")";
}
Tensor GLUImpl::forward(const Tensor& input) {
  return functional::glu(input, options);
}

SoftmaxImpl::SoftmaxImpl(int64_t dim) : SoftmaxImpl(SoftmaxOptions(dim)) {}
SoftmaxImpl::SoftmaxImpl(const SoftmaxOptions& options) : options(options) {}

void SoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softmax(dim=" << options.dim() << ")";
}
Tensor SoftmaxImpl::forward(const Tensor& input) {
  return functional::softmax(input, options.dim());
}

LogSoftmaxImpl::LogSoftmaxImpl(int64_t dim) : LogSoftmaxImpl(LogSoftmaxOptions(dim)) {}
LogSoftmaxImpl::LogSoftmaxImpl(const LogSoftmaxOptions& options) : options(options) {}

void LogSoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::LogSoftmax(dim=" << options.dim() << ")";
}
Tensor LogSoftmaxImpl::forward(const Tensor& input) {
  return functional::log_softmax(input, options.dim());
}

SoftminImpl::SoftminImpl(int64_t dim) : SoftminImpl(SoftminOptions(dim)) {}
SoftminImpl::SoftminImpl(const SoftminOptions& options) : options(options) {}

void SoftminImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softmin(dim=" << options.dim() << ")";
}
Tensor SoftminImpl::forward(const Tensor& input) {
  return functional::softmin(input, options.dim());
}

void Softmax2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Softmax2d()";
}
Tensor Softmax2dImpl::forward(const Tensor& input) {
  GRADUS_CHECK(input.dim() == 3 || input.dim() == 4,
               "Softmax2d: expected [N, C, H, W] or [C, H, W], got {}", input.sizes());
  return functional::softmax(input, -3);
}

PReLUImpl::PReLUImpl(const PReLUOptions& options) : options(options) {
  PReLUImpl::reset();
}
void PReLUImpl::reset() {
  GRADUS_CHECK_VALUE(options.num_parameters() > 0, "PReLU: num_parameters must be positive, got {}",
                     options.num_parameters());
  weight = register_parameter("weight", full(options.num_parameters(), options.init()));
}
void PReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::PReLU(num_parameters=" << options.num_parameters() << ")";
}
Tensor PReLUImpl::forward(const Tensor& input) {
  return functional::prelu(input, weight);
}

RReLUImpl::RReLUImpl(const RReLUOptions& options) : options(options) {}

void RReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::RReLU(lower=" << options.lower() << ", upper=" << options.upper()
         << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor RReLUImpl::forward(Tensor input) {
  return functional::rrelu(std::move(input), functional::RReLUFuncOptions()
                                                 .lower(options.lower())
                                                 .upper(options.upper())
                                                 .training(is_training())
                                                 .inplace(options.inplace()));
}

ThresholdImpl::ThresholdImpl(double threshold, double value)
    : ThresholdImpl(ThresholdOptions(threshold, value)) {}
ThresholdImpl::ThresholdImpl(const ThresholdOptions& options) : options(options) {}

void ThresholdImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Threshold(threshold=" << options.threshold()
         << ", value=" << options.value() << (options.inplace() ? ", inplace=true" : "") << ")";
}
Tensor ThresholdImpl::forward(Tensor input) {
  return functional::threshold(std::move(input), options);
}

}  // namespace gradus::nn
