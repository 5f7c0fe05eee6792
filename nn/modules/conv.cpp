#include "nn/modules/conv.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

#include "autograd/ops/conv.h"
#include "core/factory.h"
#include "nn/functional/conv.h"
#include "nn/init.h"

namespace gradus::nn {

namespace {

bool all_equal(IntArrayRef values, int64_t value) {
  return std::all_of(values.begin(), values.end(), [=](int64_t v) { return v == value; });
}

// "3" or "[3, 3]".
std::string text(IntArrayRef values) {
  return values.size() == 1 ? std::to_string(values[0]) : to_string(values);
}

const char* name_of(const ConvPaddingMode& mode) {
  constexpr const char* kNames[] = {"kZeros", "kReflect", "kReplicate", "kCircular"};
  return kNames[mode.index()];
}

// "Conv2d", "ConvTranspose3d".
template <size_t D>
std::string class_name(const ConvOptions<D>& options) {
  return detail::lazy_prefix(options) + ("Conv" + std::to_string(D) + "d");
}
template <size_t D>
std::string class_name(const ConvTransposeOptions<D>& options) {
  return detail::lazy_prefix(options) + ("ConvTranspose" + std::to_string(D) + "d");
}

template <class Options>
void check_options(const Options& options) {
  const int64_t in = options.in_channels(), out = options.out_channels(), groups = options.groups();
  const std::string name = class_name(options);
  GRADUS_CHECK_VALUE((in > 0 || options.is_lazy()) && out > 0 && groups > 0,
                     "{}: in_channels, out_channels and groups must be positive, got {}, {} and {}",
                     name, in, out, groups);
  GRADUS_CHECK_VALUE(in % groups == 0, "{}: in_channels {} must be divisible by groups {}", name,
                     in, groups);
  GRADUS_CHECK_VALUE(out % groups == 0, "{}: out_channels {} must be divisible by groups {}", name,
                     out, groups);
  const auto check_positive = [&](const char* what, IntArrayRef values) {
    for (int64_t value : values) {
      GRADUS_CHECK_VALUE(value > 0, "{}: {} must be positive, got {}", name, what, values);
    }
  };
  check_positive("kernel_size", options.kernel_size());
  check_positive("stride", options.stride());
}

// Registers weight [first, second, kernel...] and, where there is one, bias [out_channels].
template <class M>
void register_weights(M& module, int64_t first, int64_t second) {
  const auto& options = module.options;
  DimVector sizes{first, second};
  for (int64_t size : options.kernel_size()) sizes.push_back(size);
  const auto make = [&](IntArrayRef shape) {
    return detail::empty_or_uninitialized(options, shape);
  };
  module.weight = module.register_parameter("weight", make(sizes));
  module.bias =
      module.register_parameter("bias", options.bias() ? make({options.out_channels()}) : Tensor());
}

void initialize(const Tensor& weight, const Tensor& bias) {
  // Kaiming with slope sqrt(5) is uniform in 1 / sqrt(fan_in): PyTorch's way to write it.
  init::kaiming_uniform_(weight, std::sqrt(5));
  if (bias.defined()) {
    const auto [fan_in, fan_out] = init::_calculate_fan_in_and_fan_out(weight);
    const double limit = 1 / std::sqrt(static_cast<double>(fan_in));
    init::uniform_(bias, -limit, limit);
  }
}

// The options with the channels of the first input.
template <size_t D, class Options>
Options with_channels_of(const Tensor& input, Options options) {
  const auto rank = static_cast<int64_t>(D);
  GRADUS_CHECK(input.defined() && (input.dim() == rank + 1 || input.dim() == rank + 2),
               "{}: expected an input of {} or {} dims, got {}", class_name(options), rank + 1,
               rank + 2, input.defined() ? to_string(input.sizes()) : "an undefined tensor");
  options.in_channels(input.size(-rank - 1)).set_lazy(false);
  return options;
}

template <class Options>
void print_start(std::ostream& stream, const Options& options) {
  stream << "gradus::nn::" << class_name(options) << "(" << options.in_channels() << ", "
         << options.out_channels() << ", kernel_size=" << text(options.kernel_size())
         << ", stride=" << text(options.stride());
}

void print_unless(std::ostream& stream, const char* what, IntArrayRef values, int64_t usual) {
  if (!all_equal(values, usual)) stream << ", " << what << "=" << text(values);
}

template <class Options>
void print_end(std::ostream& stream, const Options& options) {
  if (options.groups() != 1) stream << ", groups=" << options.groups();
  if (!options.bias()) stream << ", bias=" << std::boolalpha << false;
  if (!std::holds_alternative<enumtype::kZeros>(options.padding_mode())) {
    stream << ", padding_mode=" << name_of(options.padding_mode());
  }
  stream << ")";
}

}  // namespace

// --- convolutions

template <size_t D, class Derived>
ConvNdImpl<D, Derived>::ConvNdImpl(const ConvOptions<D>& options) : options(options) {
  ConvNdImpl::reset();
}

template <size_t D, class Derived>
void ConvNdImpl<D, Derived>::reset() {
  check_options(options);
  if (options.padding().kind() == ConvPadding<D>::Kind::Same) {
    GRADUS_CHECK_VALUE(all_equal(options.stride(), 1),
                       "{}: padding kSame is not supported for strided convolutions, got stride {}",
                       class_name(options), IntArrayRef(options.stride()));
  }
  for (int64_t padding : options.padding().values()) {
    GRADUS_CHECK_VALUE(padding >= 0, "{}: padding must not be negative, got {}",
                       class_name(options), IntArrayRef(options.padding().values()));
  }
  register_weights(*this, options.out_channels(), options.in_channels() / options.groups());
  reset_parameters();
}

template <size_t D, class Derived>
void ConvNdImpl<D, Derived>::reset_parameters() {
  if (!options.is_lazy()) initialize(weight, bias);
}

template <size_t D, class Derived>
void ConvNdImpl<D, Derived>::pretty_print(std::ostream& stream) const {
  using Kind = typename ConvPadding<D>::Kind;
  print_start(stream, options);
  if (options.padding().kind() == Kind::Same) stream << ", padding='same'";
  if (options.padding().kind() == Kind::Valid) stream << ", padding='valid'";
  print_unless(stream, "padding", options.padding().values(), 0);
  print_unless(stream, "dilation", options.dilation(), 1);
  print_end(stream, options);
}

template <size_t D, class Derived>
void ConvNdImpl<D, Derived>::infer_in_channels(const Tensor& input) {
  const ConvOptions<D> plain = with_channels_of<D>(input, options);
  if (this->has_uninitialized_params()) this->materialize_from(ConvNdImpl(plain));
  options = plain;
}

template <size_t D, class Derived>
Tensor ConvNdImpl<D, Derived>::convolve(const Tensor& input) {
  if (options.is_lazy()) [[unlikely]]
    infer_in_channels(input);
  return functional::detail::convolution(input, weight,
                                         functional::ConvFuncOptions<D>()
                                             .bias(bias)
                                             .stride(options.stride())
                                             .padding(options.padding())
                                             .dilation(options.dilation())
                                             .groups(options.groups()),
                                         options.padding_mode());
}

template class ConvNdImpl<1, Conv1dImpl>;
template class ConvNdImpl<2, Conv2dImpl>;
template class ConvNdImpl<3, Conv3dImpl>;

Conv1dImpl::Conv1dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<1> kernel_size)
    : Conv1dImpl(Conv1dOptions(in_channels, out_channels, kernel_size)) {}
Conv1dImpl::Conv1dImpl(const Conv1dOptions& options) : ConvNdImpl(options) {}

Tensor Conv1dImpl::forward(const Tensor& input) {
  return convolve(input);
}
Conv2dImpl::Conv2dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<2> kernel_size)
    : Conv2dImpl(Conv2dOptions(in_channels, out_channels, kernel_size)) {}
Conv2dImpl::Conv2dImpl(const Conv2dOptions& options) : ConvNdImpl(options) {}

Tensor Conv2dImpl::forward(const Tensor& input) {
  return convolve(input);
}
Conv3dImpl::Conv3dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<3> kernel_size)
    : Conv3dImpl(Conv3dOptions(in_channels, out_channels, kernel_size)) {}
Conv3dImpl::Conv3dImpl(const Conv3dOptions& options) : ConvNdImpl(options) {}

Tensor Conv3dImpl::forward(const Tensor& input) {
  return convolve(input);
}

// --- transposed convolutions

template <size_t D, class Derived>
ConvTransposeNdImpl<D, Derived>::ConvTransposeNdImpl(const ConvTransposeOptions<D>& options)
    : options(options) {
  ConvTransposeNdImpl::reset();
}

template <size_t D, class Derived>
void ConvTransposeNdImpl<D, Derived>::reset() {
  check_options(options);
  GRADUS_CHECK_VALUE(std::holds_alternative<enumtype::kZeros>(options.padding_mode()),
                     "{}: only the padding_mode kZeros is supported, got {}", class_name(options),
                     name_of(options.padding_mode()));
  register_weights(*this, options.in_channels(), options.out_channels() / options.groups());
  reset_parameters();
}

template <size_t D, class Derived>
void ConvTransposeNdImpl<D, Derived>::reset_parameters() {
  if (!options.is_lazy()) initialize(weight, bias);
}

template <size_t D, class Derived>
void ConvTransposeNdImpl<D, Derived>::pretty_print(std::ostream& stream) const {
  print_start(stream, options);
  print_unless(stream, "padding", options.padding(), 0);
  print_unless(stream, "dilation", options.dilation(), 1);
  print_unless(stream, "output_padding", options.output_padding(), 0);
  print_end(stream, options);
}

template <size_t D, class Derived>
std::array<int64_t, D> ConvTransposeNdImpl<D, Derived>::output_padding_for(
    const Tensor& input, IntArrayRef output_size) const {
  const std::string name = class_name(options);
  const auto rank = static_cast<int64_t>(D);
  GRADUS_CHECK(input.defined() && (input.dim() == rank + 1 || input.dim() == rank + 2),
               "{}: expected an input of {} or {} dims, got {}", name, rank + 1, rank + 2,
               input.defined() ? to_string(input.sizes()) : "undefined");
  const size_t leading = static_cast<size_t>(input.dim()) - D;
  if (output_size.size() == D + leading) output_size = output_size.slice(leading);
  GRADUS_CHECK_VALUE(output_size.size() == D, "{}: output_size must have {} or {} elements, got {}",
                     name, D, D + leading, output_size);
  std::array<int64_t, D> padding;
  for (size_t i = 0; i < D; ++i) {
    const int64_t in = input.size(static_cast<int64_t>(i + leading)), step = options.stride()[i];
    const int64_t least = (in - 1) * step - 2 * options.padding()[i] +
                          options.dilation()[i] * (options.kernel_size()[i] - 1) + 1;
    GRADUS_CHECK_VALUE(output_size[i] >= least && output_size[i] - least < step,
                       "{}: output_size {} is not possible in dim {}: between {} and {} (input {})",
                       name, output_size, i, least, least + step - 1, input.sizes());
    padding[i] = output_size[i] - least;
  }
  return padding;
}

template <size_t D, class Derived>
void ConvTransposeNdImpl<D, Derived>::infer_in_channels(const Tensor& input) {
  const ConvTransposeOptions<D> plain = with_channels_of<D>(input, options);
  if (this->has_uninitialized_params()) this->materialize_from(ConvTransposeNdImpl(plain));
  options = plain;
}

template <size_t D, class Derived>
Tensor ConvTransposeNdImpl<D, Derived>::convolve(const Tensor& input,
                                                 const std::optional<IntArrayRef>& output_size) {
  if (options.is_lazy()) [[unlikely]]
    infer_in_channels(input);
  std::array<int64_t, D> extra = *options.output_padding();
  if (output_size) extra = output_padding_for(input, *output_size);
  constexpr auto op = D == 1   ? &gradus::conv_transpose1d
                      : D == 2 ? &gradus::conv_transpose2d
                               : &gradus::conv_transpose3d;
  return op(input, weight, bias, options.stride(), options.padding(), extra, options.groups(),
            options.dilation());
}

template class ConvTransposeNdImpl<1, ConvTranspose1dImpl>;
template class ConvTransposeNdImpl<2, ConvTranspose2dImpl>;
template class ConvTransposeNdImpl<3, ConvTranspose3dImpl>;

ConvTranspose1dImpl::ConvTranspose1dImpl(int64_t in_channels, int64_t out_channels,
                                         ExpandingArray<1> kernel_size)
    : ConvTranspose1dImpl(ConvTranspose1dOptions(in_channels, out_channels, kernel_size)) {}
ConvTranspose1dImpl::ConvTranspose1dImpl(const ConvTranspose1dOptions& options)
    : ConvTransposeNdImpl(options) {}

Tensor ConvTranspose1dImpl::forward(const Tensor& input,
                                    const std::optional<IntArrayRef>& output_size) {
  return convolve(input, output_size);
}
ConvTranspose2dImpl::ConvTranspose2dImpl(int64_t in_channels, int64_t out_channels,
                                         ExpandingArray<2> kernel_size)
    : ConvTranspose2dImpl(ConvTranspose2dOptions(in_channels, out_channels, kernel_size)) {}
ConvTranspose2dImpl::ConvTranspose2dImpl(const ConvTranspose2dOptions& options)
    : ConvTransposeNdImpl(options) {}

Tensor ConvTranspose2dImpl::forward(const Tensor& input,
                                    const std::optional<IntArrayRef>& output_size) {
  return convolve(input, output_size);
}
ConvTranspose3dImpl::ConvTranspose3dImpl(int64_t in_channels, int64_t out_channels,
                                         ExpandingArray<3> kernel_size)
    : ConvTranspose3dImpl(ConvTranspose3dOptions(in_channels, out_channels, kernel_size)) {}
ConvTranspose3dImpl::ConvTranspose3dImpl(const ConvTranspose3dOptions& options)
    : ConvTransposeNdImpl(options) {}

Tensor ConvTranspose3dImpl::forward(const Tensor& input,
                                    const std::optional<IntArrayRef>& output_size) {
  return convolve(input, output_size);
}

}  // namespace gradus::nn
