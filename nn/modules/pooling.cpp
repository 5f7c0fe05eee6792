#include "nn/modules/pooling.h"

#include <ostream>

#include "nn/functional/pooling.h"

namespace gradus::nn {

namespace {

std::string text(const ExpandingArray<2>& values) {
  return to_string(IntArrayRef(values));
}

std::string text(const std::optional<int64_t>& size) {
  return size ? std::to_string(*size) : "None";
}

}  // namespace

void MaxPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::MaxPool2d(kernel_size=" << text(options.kernel_size())
         << ", stride=" << text(options.stride()) << ", padding=" << text(options.padding())
         << ", dilation=" << text(options.dilation()) << ", ceil_mode=" << options.ceil_mode()
         << ")";
}

Tensor MaxPool2dImpl::forward(const Tensor& input) {
  return functional::max_pool2d(input, options);
}

std::tuple<Tensor, Tensor> MaxPool2dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool2d_with_indices(input, options);
}

void AvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AvgPool2d(kernel_size=" << text(options.kernel_size())
         << ", stride=" << text(options.stride()) << ", padding=" << text(options.padding()) << ")";
}

Tensor AvgPool2dImpl::forward(const Tensor& input) {
  return functional::avg_pool2d(input, options);
}

void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool2d(output_size=[" << text(options.output_size()[0]) << ", "
         << text(options.output_size()[1]) << "])";
}

Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool2d(input, options);
}

}  // namespace gradus::nn
