#include "nn/modules/conv.h"

#include <cmath>
#include <ostream>

#include "core/factory.h"
#include "nn/functional/conv.h"
#include "nn/init.h"

namespace gradus::nn {

Conv2dImpl::Conv2dImpl(const Conv2dOptions& options) : options(options) {
  Conv2dImpl::reset();
}

void Conv2dImpl::reset() {
  const int64_t in = options.in_channels(), out = options.out_channels(), groups = options.groups();
  GRADUS_CHECK_VALUE(
      in > 0 && out > 0 && groups > 0,
      "Conv2d: in_channels, out_channels and groups must be positive, got {}, {} and {}", in, out,
      groups);
  GRADUS_CHECK_VALUE(in % groups == 0, "Conv2d: in_channels {} must be divisible by groups {}", in,
                     groups);
  GRADUS_CHECK_VALUE(out % groups == 0, "Conv2d: out_channels {} must be divisible by groups {}",
                     out, groups);
  for (int64_t size : options.kernel_size()) {
    GRADUS_CHECK_VALUE(size > 0, "Conv2d: kernel_size must be positive, got {}",
                       IntArrayRef(options.kernel_size()));
  }
  if (options.padding().kind() == ConvPadding<2>::Kind::Same) {
    GRADUS_CHECK_VALUE(
        options.stride()[0] == 1 && options.stride()[1] == 1,
        "Conv2d: padding kSame is not supported for strided convolutions, got stride {}",
        IntArrayRef(options.stride()));
  }
  GRADUS_CHECK_AS(NotImplementedError,
                  std::holds_alternative<enumtype::kZeros>(options.padding_mode()),
                  "Conv2d: only padding_mode kZeros is implemented");
  weight = register_parameter(
      "weight", empty({out, in / groups, options.kernel_size()[0], options.kernel_size()[1]}));
  bias = register_parameter("bias", options.bias() ? empty({out}) : Tensor());
  reset_parameters();
}

void Conv2dImpl::reset_parameters() {
  init::kaiming_uniform_(weight, std::sqrt(5));
  if (bias.defined()) {
    const auto [fan_in, fan_out] = init::_calculate_fan_in_and_fan_out(weight);
    const double limit = 1 / std::sqrt(static_cast<double>(fan_in));
    init::uniform_(bias, -limit, limit);
  }
}

void Conv2dImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Conv2d(" << options.in_channels() << ", " << options.out_channels()
         << ", kernel_size=" << to_string(IntArrayRef(options.kernel_size()))
         << ", stride=" << to_string(IntArrayRef(options.stride()));
  const IntArrayRef padding = options.padding().values(), dilation = options.dilation();
  if (options.padding().kind() == ConvPadding<2>::Kind::Same) stream << ", padding='same'";
  if (options.padding().kind() == ConvPadding<2>::Kind::Valid) stream << ", padding='valid'";
  if (padding[0] != 0 || padding[1] != 0) stream << ", padding=" << to_string(padding);
  if (dilation[0] != 1 || dilation[1] != 1) stream << ", dilation=" << to_string(dilation);
  if (options.groups() != 1) stream << ", groups=" << options.groups();
  if (!options.bias()) stream << ", bias=" << std::boolalpha << false;
  stream << ")";
}

Tensor Conv2dImpl::forward(const Tensor& input) {
  return functional::conv2d(input, weight,
                            functional::Conv2dFuncOptions()
                                .bias(bias)
                                .stride(options.stride())
                                .padding(options.padding())
                                .dilation(options.dilation())
                                .groups(options.groups()));
}

}  // namespace gradus::nn
