#include "nn/modules/vision.h"

#include <ostream>

#include "core/format.h"
#include "nn/functional/vision.h"

namespace gradus::nn {

namespace {

template <size_t D>
std::string text(const ExpandingArray<D>& values) {
  return to_string(IntArrayRef(values));
}

// "scale_factor=[2, 1.5]" or "size=[4]".
void print_size(std::ostream& stream, const std::optional<std::vector<int64_t>>& size,
                const std::optional<std::vector<double>>& scale_factor) {
  if (!scale_factor) {
    stream << "size=" << (size ? to_string(IntArrayRef(*size)) : "None");
    return;
  }
  stream << "scale_factor=[";
  for (size_t i = 0; i < scale_factor->size(); ++i) {
    stream << (i == 0 ? "" : ", ") << (*scale_factor)[i];
  }
  stream << "]";
}

template <class Mode>
functional::InterpolateFuncOptions with_size(const Upsampling2dOptions& options, Mode mode) {
  return functional::InterpolateFuncOptions()
      .size(options.size())
      .scale_factor(options.scale_factor())
      .mode(mode);
}

}  // namespace

UpsampleImpl::UpsampleImpl(UpsampleOptions options) : options(std::move(options)) {}

void UpsampleImpl::pretty_print(std::ostream& stream) const {
  constexpr const char* kModes[] = {"kNearest", "kLinear",    "kBilinear",
                                    "kBicubic", "kTrilinear", "kNearestExact"};
  stream << "gradus::nn::Upsample(";
  print_size(stream, options.size(), options.scale_factor());
  stream << ", mode=" << kModes[options.mode().index()] << ")";
}

Tensor UpsampleImpl::forward(const Tensor& input) {
  functional::InterpolateFuncOptions::mode_t mode = kNearest;
  std::visit([&](auto value) { mode = value; }, options.mode());
  return functional::interpolate(input, functional::InterpolateFuncOptions()
                                            .size(options.size())
                                            .scale_factor(options.scale_factor())
                                            .mode(mode)
                                            .align_corners(options.align_corners()));
}

UpsamplingNearest2dImpl::UpsamplingNearest2dImpl(Upsampling2dOptions options)
    : options(std::move(options)) {}

void UpsamplingNearest2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::UpsamplingNearest2d(";
  print_size(stream, options.size(), options.scale_factor());
  stream << ", mode=kNearest)";
}

Tensor UpsamplingNearest2dImpl::forward(const Tensor& input) {
  GRADUS_CHECK(input.defined() && input.dim() == 4,
               "UpsamplingNearest2d: expected an input of 4 dims, got {}",
               input.defined() ? to_string(input.sizes()) : "undefined");
  return functional::interpolate(input, with_size(options, kNearest));
}

UpsamplingBilinear2dImpl::UpsamplingBilinear2dImpl(Upsampling2dOptions options)
    : options(std::move(options)) {}

void UpsamplingBilinear2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::UpsamplingBilinear2d(";
  print_size(stream, options.size(), options.scale_factor());
  stream << ", mode=kBilinear)";
}

Tensor UpsamplingBilinear2dImpl::forward(const Tensor& input) {
  return functional::interpolate(input, with_size(options, kBilinear).align_corners(true));
}

FoldImpl::FoldImpl(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size)
    : FoldImpl(FoldOptions(output_size, kernel_size)) {}
FoldImpl::FoldImpl(const FoldOptions& options) : options(options) {}

void FoldImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Fold(output_size=" << text(options.output_size())
         << ", kernel_size=" << text(options.kernel_size())
         << ", dilation=" << text(options.dilation()) << ", padding=" << text(options.padding())
         << ", stride=" << text(options.stride()) << ")";
}

Tensor FoldImpl::forward(const Tensor& input) {
  return functional::fold(input, options);
}

UnfoldImpl::UnfoldImpl(ExpandingArray<2> kernel_size) : UnfoldImpl(UnfoldOptions(kernel_size)) {}
UnfoldImpl::UnfoldImpl(const UnfoldOptions& options) : options(options) {}

void UnfoldImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Unfold(kernel_size=" << text(options.kernel_size())
         << ", dilation=" << text(options.dilation()) << ", padding=" << text(options.padding())
         << ", stride=" << text(options.stride()) << ")";
}

Tensor UnfoldImpl::forward(const Tensor& input) {
  return functional::unfold(input, options);
}

}  // namespace gradus::nn
