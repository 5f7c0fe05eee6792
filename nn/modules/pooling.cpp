#include "nn/modules/pooling.h"

#include <ostream>
#include <string>

#include "nn/functional/pooling.h"

namespace gradus::nn {

namespace {

template <size_t D>
std::string text(const ExpandingArray<D>& values) {
  return D == 1 ? std::to_string(values[0]) : to_string(IntArrayRef(values));
}

template <size_t D>
std::string text(const AdaptiveOutputSize<D>& sizes) {
  std::string list;
  for (size_t i = 0; i < D; ++i) {
    list += (i == 0 ? "" : ", ") + (sizes[i] ? std::to_string(*sizes[i]) : std::string("None"));
  }
  return D == 1 ? list : "[" + list + "]";
}

template <size_t D>
void print_max_pool(std::ostream& stream, const MaxPoolOptions<D>& options) {
  stream << std::boolalpha << "gradus::nn::MaxPool" << D
         << "d(kernel_size=" << text(options.kernel_size()) << ", stride=" << text(options.stride())
         << ", padding=" << text(options.padding()) << ", dilation=" << text(options.dilation())
         << ", ceil_mode=" << options.ceil_mode() << ")";
}

template <size_t D>
void print_max_unpool(std::ostream& stream, const MaxUnpoolOptions<D>& options) {
  stream << "gradus::nn::MaxUnpool" << D << "d(kernel_size=" << text(options.kernel_size())
         << ", stride=" << text(options.stride()) << ", padding=" << text(options.padding()) << ")";
}

template <size_t D>
void print_avg_pool(std::ostream& stream, const AvgPoolOptions<D>& options) {
  stream << "gradus::nn::AvgPool" << D << "d(kernel_size=" << text(options.kernel_size())
         << ", stride=" << text(options.stride()) << ", padding=" << text(options.padding()) << ")";
}

template <size_t D>
void print_lp_pool(std::ostream& stream, const LPPoolOptions<D>& options) {
  stream << std::boolalpha << "gradus::nn::LPPool" << D << "d(norm_type=" << options.norm_type()
         << ", kernel_size=" << text(options.kernel_size()) << ", stride=" << text(options.stride())
         << ", ceil_mode=" << options.ceil_mode() << ")";
}

template <size_t D>
void check_options(const FractionalMaxPoolOptions<D>& options) {
  GRADUS_CHECK_VALUE(
      options.output_size() || options.output_ratio(),
      "FractionalMaxPool{}d: requires specifying either an output size, or a pooling "
      "ratio",
      D);
  GRADUS_CHECK_VALUE(!options.output_size() || !options.output_ratio(),
                     "FractionalMaxPool{}d: only one of output_size and output_ratio may be "
                     "specified",
                     D);
  if (!options.output_ratio()) return;
  for (double ratio : *options.output_ratio()) {
    GRADUS_CHECK_VALUE(ratio > 0 && ratio < 1,
                       "FractionalMaxPool{}d: output_ratio must be in (0, 1), got {}", D, ratio);
  }
}

}  // namespace

void MaxPool1dImpl::pretty_print(std::ostream& stream) const {
  print_max_pool(stream, options);
}
Tensor MaxPool1dImpl::forward(const Tensor& input) {
  return functional::max_pool1d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool1dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool1d_with_indices(input, options);
}

void MaxPool2dImpl::pretty_print(std::ostream& stream) const {
  print_max_pool(stream, options);
}
Tensor MaxPool2dImpl::forward(const Tensor& input) {
  return functional::max_pool2d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool2dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool2d_with_indices(input, options);
}

void MaxPool3dImpl::pretty_print(std::ostream& stream) const {
  print_max_pool(stream, options);
}
Tensor MaxPool3dImpl::forward(const Tensor& input) {
  return functional::max_pool3d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool3dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool3d_with_indices(input, options);
}

void MaxUnpool1dImpl::pretty_print(std::ostream& stream) const {
  print_max_unpool(stream, options);
}
Tensor MaxUnpool1dImpl::forward(const Tensor& input, const Tensor& indices,
                                const std::optional<std::vector<int64_t>>& output_size) {
  return functional::max_unpool1d(input, indices,
                                  functional::MaxUnpool1dFuncOptions(options.kernel_size())
                                      .stride(options.stride())
                                      .padding(options.padding())
                                      .output_size(output_size));
}

void MaxUnpool2dImpl::pretty_print(std::ostream& stream) const {
  print_max_unpool(stream, options);
}
Tensor MaxUnpool2dImpl::forward(const Tensor& input, const Tensor& indices,
                                const std::optional<std::vector<int64_t>>& output_size) {
  return functional::max_unpool2d(input, indices,
                                  functional::MaxUnpool2dFuncOptions(options.kernel_size())
                                      .stride(options.stride())
                                      .padding(options.padding())
                                      .output_size(output_size));
}

void MaxUnpool3dImpl::pretty_print(std::ostream& stream) const {
  print_max_unpool(stream, options);
}
Tensor MaxUnpool3dImpl::forward(const Tensor& input, const Tensor& indices,
                                const std::optional<std::vector<int64_t>>& output_size) {
  return functional::max_unpool3d(input, indices,
                                  functional::MaxUnpool3dFuncOptions(options.kernel_size())
                                      .stride(options.stride())
                                      .padding(options.padding())
                                      .output_size(output_size));
}

void AvgPool1dImpl::pretty_print(std::ostream& stream) const {
  print_avg_pool(stream, options);
}
Tensor AvgPool1dImpl::forward(const Tensor& input) {
  return functional::avg_pool1d(input, options);
}

void AvgPool2dImpl::pretty_print(std::ostream& stream) const {
  print_avg_pool(stream, options);
}
Tensor AvgPool2dImpl::forward(const Tensor& input) {
  return functional::avg_pool2d(input, options);
}

void AvgPool3dImpl::pretty_print(std::ostream& stream) const {
  print_avg_pool(stream, options);
}
Tensor AvgPool3dImpl::forward(const Tensor& input) {
  return functional::avg_pool3d(input, options);
}

void AdaptiveAvgPool1dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool1d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveAvgPool1dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool1d(input, options);
}

void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool2d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool2d(input, options);
}

void AdaptiveAvgPool3dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool3d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveAvgPool3dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool3d(input, options);
}

void AdaptiveMaxPool1dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveMaxPool1d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveMaxPool1dImpl::forward(const Tensor& input) {
  return functional::adaptive_max_pool1d(input, options);
}
std::tuple<Tensor, Tensor> AdaptiveMaxPool1dImpl::forward_with_indices(const Tensor& input) {
  return functional::adaptive_max_pool1d_with_indices(input, options);
}

void AdaptiveMaxPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveMaxPool2d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveMaxPool2dImpl::forward(const Tensor& input) {
  return functional::adaptive_max_pool2d(input, options);
}
std::tuple<Tensor, Tensor> AdaptiveMaxPool2dImpl::forward_with_indices(const Tensor& input) {
  return functional::adaptive_max_pool2d_with_indices(input, options);
}

void AdaptiveMaxPool3dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveMaxPool3d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveMaxPool3dImpl::forward(const Tensor& input) {
  return functional::adaptive_max_pool3d(input, options);
}
std::tuple<Tensor, Tensor> AdaptiveMaxPool3dImpl::forward_with_indices(const Tensor& input) {
  return functional::adaptive_max_pool3d_with_indices(input, options);
}

FractionalMaxPool2dImpl::FractionalMaxPool2dImpl(FractionalMaxPool2dOptions options)
    : options(std::move(options)) {
  FractionalMaxPool2dImpl::reset();
}
void FractionalMaxPool2dImpl::reset() {
  check_options(options);
}
void FractionalMaxPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::FractionalMaxPool2d()";
}
Tensor FractionalMaxPool2dImpl::forward(const Tensor& input) {
  return functional::fractional_max_pool2d(input, options);
}
std::tuple<Tensor, Tensor> FractionalMaxPool2dImpl::forward_with_indices(const Tensor& input) {
  return functional::fractional_max_pool2d_with_indices(input, options);
}

FractionalMaxPool3dImpl::FractionalMaxPool3dImpl(FractionalMaxPool3dOptions options)
    : options(std::move(options)) {
  FractionalMaxPool3dImpl::reset();
}
void FractionalMaxPool3dImpl::reset() {
  check_options(options);
}
void FractionalMaxPool3dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::FractionalMaxPool3d()";
}
Tensor FractionalMaxPool3dImpl::forward(const Tensor& input) {
  return functional::fractional_max_pool3d(input, options);
}
std::tuple<Tensor, Tensor> FractionalMaxPool3dImpl::forward_with_indices(const Tensor& input) {
  return functional::fractional_max_pool3d_with_indices(input, options);
}

void LPPool1dImpl::pretty_print(std::ostream& stream) const {
  print_lp_pool(stream, options);
}
Tensor LPPool1dImpl::forward(const Tensor& input) {
  return functional::lp_pool1d(input, options);
}

void LPPool2dImpl::pretty_print(std::ostream& stream) const {
  print_lp_pool(stream, options);
}
Tensor LPPool2dImpl::forward(const Tensor& input) {
  return functional::lp_pool2d(input, options);
}

void LPPool3dImpl::pretty_print(std::ostream& stream) const {
  print_lp_pool(stream, options);
}
Tensor LPPool3dImpl::forward(const Tensor& input) {
  return functional::lp_pool3d(input, options);
}

}  // namespace gradus::nn
