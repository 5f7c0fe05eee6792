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

MaxPool1dImpl::MaxPool1dImpl(ExpandingArray<1> kernel_size)
    : MaxPool1dImpl(MaxPool1dOptions(kernel_size)) {}
MaxPool1dImpl::MaxPool1dImpl(const MaxPool1dOptions& options) : options(options) {}

void MaxPool1dImpl::pretty_print(std::ostream& stream) const {
  print_max_pool(stream, options);
}
Tensor MaxPool1dImpl::forward(const Tensor& input) {
  return functional::max_pool1d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool1dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool1d_with_indices(input, options);
}

MaxPool2dImpl::MaxPool2dImpl(ExpandingArray<2> kernel_size)
    : MaxPool2dImpl(MaxPool2dOptions(kernel_size)) {}
MaxPool2dImpl::MaxPool2dImpl(const MaxPool2dOptions& options) : options(options) {}

void MaxPool2dImpl::pretty_print(std::ostream& stream) const {
  print_max_pool(stream, options);
}
Tensor MaxPool2dImpl::forward(const Tensor& input) {
  return functional::max_pool2d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool2dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool2d_with_indices(input, options);
}

MaxPool3dImpl::MaxPool3dImpl(ExpandingArray<3> kernel_size)
    : MaxPool3dImpl(MaxPool3dOptions(kernel_size)) {}
MaxPool3dImpl::MaxPool3dImpl(const MaxPool3dOptions& options) : options(options) {}

void MaxPool3dImpl::pretty_print(std::ostream& stream) const {
  print_max_pool(stream, options);
}
Tensor MaxPool3dImpl::forward(const Tensor& input) {
  return functional::max_pool3d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool3dImpl::forward_with_indices(const Tensor& input) {
  return functional::max_pool3d_with_indices(input, options);
}

MaxUnpool1dImpl::MaxUnpool1dImpl(ExpandingArray<1> kernel_size)
    : MaxUnpool1dImpl(MaxUnpool1dOptions(kernel_size)) {}
MaxUnpool1dImpl::MaxUnpool1dImpl(const MaxUnpool1dOptions& options) : options(options) {}

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

MaxUnpool2dImpl::MaxUnpool2dImpl(ExpandingArray<2> kernel_size)
    : MaxUnpool2dImpl(MaxUnpool2dOptions(kernel_size)) {}
MaxUnpool2dImpl::MaxUnpool2dImpl(const MaxUnpool2dOptions& options) : options(options) {}

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

MaxUnpool3dImpl::MaxUnpool3dImpl(ExpandingArray<3> kernel_size)
    : MaxUnpool3dImpl(MaxUnpool3dOptions(kernel_size)) {}
MaxUnpool3dImpl::MaxUnpool3dImpl(const MaxUnpool3dOptions& options) : options(options) {}

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

AvgPool1dImpl::AvgPool1dImpl(ExpandingArray<1> kernel_size)
    : AvgPool1dImpl(AvgPool1dOptions(kernel_size)) {}
AvgPool1dImpl::AvgPool1dImpl(const AvgPool1dOptions& options) : options(options) {}

void AvgPool1dImpl::pretty_print(std::ostream& stream) const {
  print_avg_pool(stream, options);
}
Tensor AvgPool1dImpl::forward(const Tensor& input) {
  return functional::avg_pool1d(input, options);
}

AvgPool2dImpl::AvgPool2dImpl(ExpandingArray<2> kernel_size)
    : AvgPool2dImpl(AvgPool2dOptions(kernel_size)) {}
AvgPool2dImpl::AvgPool2dImpl(const AvgPool2dOptions& options) : options(options) {}

void AvgPool2dImpl::pretty_print(std::ostream& stream) const {
  print_avg_pool(stream, options);
}
Tensor AvgPool2dImpl::forward(const Tensor& input) {
  return functional::avg_pool2d(input, options);
}

AvgPool3dImpl::AvgPool3dImpl(ExpandingArray<3> kernel_size)
    : AvgPool3dImpl(AvgPool3dOptions(kernel_size)) {}
AvgPool3dImpl::AvgPool3dImpl(const AvgPool3dOptions& options) : options(options) {}

void AvgPool3dImpl::pretty_print(std::ostream& stream) const {
  print_avg_pool(stream, options);
}
Tensor AvgPool3dImpl::forward(const Tensor& input) {
  return functional::avg_pool3d(input, options);
}

AdaptiveAvgPool1dImpl::AdaptiveAvgPool1dImpl(AdaptiveOutputSize<1> output_size)
    : AdaptiveAvgPool1dImpl(AdaptiveAvgPool1dOptions(output_size)) {}
AdaptiveAvgPool1dImpl::AdaptiveAvgPool1dImpl(
    std::initializer_list<std::optional<int64_t>> output_size)
    : AdaptiveAvgPool1dImpl(AdaptiveOutputSize<1>(output_size)) {}
AdaptiveAvgPool1dImpl::AdaptiveAvgPool1dImpl(const AdaptiveAvgPool1dOptions& options)
    : options(options) {}

AdaptiveAvgPool1d::AdaptiveAvgPool1d(std::initializer_list<std::optional<int64_t>> output_size)
    : ModuleHolder(new AdaptiveAvgPool1dImpl(output_size)) {}
void AdaptiveAvgPool1dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool1d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveAvgPool1dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool1d(input, options);
}

AdaptiveAvgPool2dImpl::AdaptiveAvgPool2dImpl(AdaptiveOutputSize<2> output_size)
    : AdaptiveAvgPool2dImpl(AdaptiveAvgPool2dOptions(output_size)) {}
AdaptiveAvgPool2dImpl::AdaptiveAvgPool2dImpl(
    std::initializer_list<std::optional<int64_t>> output_size)
    : AdaptiveAvgPool2dImpl(AdaptiveOutputSize<2>(output_size)) {}
AdaptiveAvgPool2dImpl::AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& options)
    : options(options) {}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(std::initializer_list<std::optional<int64_t>> output_size)
    : ModuleHolder(new AdaptiveAvgPool2dImpl(output_size)) {}
void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool2d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool2d(input, options);
}

AdaptiveAvgPool3dImpl::AdaptiveAvgPool3dImpl(AdaptiveOutputSize<3> output_size)
    : AdaptiveAvgPool3dImpl(AdaptiveAvgPool3dOptions(output_size)) {}
AdaptiveAvgPool3dImpl::AdaptiveAvgPool3dImpl(
    std::initializer_list<std::optional<int64_t>> output_size)
    : AdaptiveAvgPool3dImpl(AdaptiveOutputSize<3>(output_size)) {}
AdaptiveAvgPool3dImpl::AdaptiveAvgPool3dImpl(const AdaptiveAvgPool3dOptions& options)
    : options(options) {}

AdaptiveAvgPool3d::AdaptiveAvgPool3d(std::initializer_list<std::optional<int64_t>> output_size)
    : ModuleHolder(new AdaptiveAvgPool3dImpl(output_size)) {}
void AdaptiveAvgPool3dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveAvgPool3d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveAvgPool3dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool3d(input, options);
}

AdaptiveMaxPool1dImpl::AdaptiveMaxPool1dImpl(AdaptiveOutputSize<1> output_size)
    : AdaptiveMaxPool1dImpl(AdaptiveMaxPool1dOptions(output_size)) {}
AdaptiveMaxPool1dImpl::AdaptiveMaxPool1dImpl(
    std::initializer_list<std::optional<int64_t>> output_size)
    : AdaptiveMaxPool1dImpl(AdaptiveOutputSize<1>(output_size)) {}
AdaptiveMaxPool1dImpl::AdaptiveMaxPool1dImpl(const AdaptiveMaxPool1dOptions& options)
    : options(options) {}

AdaptiveMaxPool1d::AdaptiveMaxPool1d(std::initializer_list<std::optional<int64_t>> output_size)
    : ModuleHolder(new AdaptiveMaxPool1dImpl(output_size)) {}
void AdaptiveMaxPool1dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveMaxPool1d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveMaxPool1dImpl::forward(const Tensor& input) {
  return functional::adaptive_max_pool1d(input, options);
}
std::tuple<Tensor, Tensor> AdaptiveMaxPool1dImpl::forward_with_indices(const Tensor& input) {
  return functional::adaptive_max_pool1d_with_indices(input, options);
}

AdaptiveMaxPool2dImpl::AdaptiveMaxPool2dImpl(AdaptiveOutputSize<2> output_size)
    : AdaptiveMaxPool2dImpl(AdaptiveMaxPool2dOptions(output_size)) {}
AdaptiveMaxPool2dImpl::AdaptiveMaxPool2dImpl(
    std::initializer_list<std::optional<int64_t>> output_size)
    : AdaptiveMaxPool2dImpl(AdaptiveOutputSize<2>(output_size)) {}
AdaptiveMaxPool2dImpl::AdaptiveMaxPool2dImpl(const AdaptiveMaxPool2dOptions& options)
    : options(options) {}

AdaptiveMaxPool2d::AdaptiveMaxPool2d(std::initializer_list<std::optional<int64_t>> output_size)
    : ModuleHolder(new AdaptiveMaxPool2dImpl(output_size)) {}
void AdaptiveMaxPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveMaxPool2d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveMaxPool2dImpl::forward(const Tensor& input) {
  return functional::adaptive_max_pool2d(input, options);
}
std::tuple<Tensor, Tensor> AdaptiveMaxPool2dImpl::forward_with_indices(const Tensor& input) {
  return functional::adaptive_max_pool2d_with_indices(input, options);
}

AdaptiveMaxPool3dImpl::AdaptiveMaxPool3dImpl(AdaptiveOutputSize<3> output_size)
    : AdaptiveMaxPool3dImpl(AdaptiveMaxPool3dOptions(output_size)) {}
AdaptiveMaxPool3dImpl::AdaptiveMaxPool3dImpl(
    std::initializer_list<std::optional<int64_t>> output_size)
    : AdaptiveMaxPool3dImpl(AdaptiveOutputSize<3>(output_size)) {}
AdaptiveMaxPool3dImpl::AdaptiveMaxPool3dImpl(const AdaptiveMaxPool3dOptions& options)
    : options(options) {}

AdaptiveMaxPool3d::AdaptiveMaxPool3d(std::initializer_list<std::optional<int64_t>> output_size)
    : ModuleHolder(new AdaptiveMaxPool3dImpl(output_size)) {}
void AdaptiveMaxPool3dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveMaxPool3d(output_size=" << text(options.output_size()) << ")";
}
Tensor AdaptiveMaxPool3dImpl::forward(const Tensor& input) {
  return functional::adaptive_max_pool3d(input, options);
}
std::tuple<Tensor, Tensor> AdaptiveMaxPool3dImpl::forward_with_indices(const Tensor& input) {
  return functional::adaptive_max_pool3d_with_indices(input, options);
}

FractionalMaxPool2dImpl::FractionalMaxPool2dImpl(ExpandingArray<2> kernel_size)
    : FractionalMaxPool2dImpl(FractionalMaxPool2dOptions(kernel_size)) {}

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

FractionalMaxPool3dImpl::FractionalMaxPool3dImpl(ExpandingArray<3> kernel_size)
    : FractionalMaxPool3dImpl(FractionalMaxPool3dOptions(kernel_size)) {}

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

LPPool1dImpl::LPPool1dImpl(double norm_type, ExpandingArray<1> kernel_size)
    : LPPool1dImpl(LPPool1dOptions(norm_type, kernel_size)) {}
LPPool1dImpl::LPPool1dImpl(const LPPool1dOptions& options) : options(options) {}

void LPPool1dImpl::pretty_print(std::ostream& stream) const {
  print_lp_pool(stream, options);
}
Tensor LPPool1dImpl::forward(const Tensor& input) {
  return functional::lp_pool1d(input, options);
}

LPPool2dImpl::LPPool2dImpl(double norm_type, ExpandingArray<2> kernel_size)
    : LPPool2dImpl(LPPool2dOptions(norm_type, kernel_size)) {}
LPPool2dImpl::LPPool2dImpl(const LPPool2dOptions& options) : options(options) {}

void LPPool2dImpl::pretty_print(std::ostream& stream) const {
  print_lp_pool(stream, options);
}
Tensor LPPool2dImpl::forward(const Tensor& input) {
  return functional::lp_pool2d(input, options);
}

LPPool3dImpl::LPPool3dImpl(double norm_type, ExpandingArray<3> kernel_size)
    : LPPool3dImpl(LPPool3dOptions(norm_type, kernel_size)) {}
LPPool3dImpl::LPPool3dImpl(const LPPool3dOptions& options) : options(options) {}

void LPPool3dImpl::pretty_print(std::ostream& stream) const {
  print_lp_pool(stream, options);
}
Tensor LPPool3dImpl::forward(const Tensor& input) {
  return functional::lp_pool3d(input, options);
}

}  // namespace gradus::nn
