#include "nn/functional/conv.h"

#include <array>

#include "autograd/ops/conv.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/shape.h"

namespace gradus::nn::functional {

namespace detail {

namespace {

const char* pad_mode(const ConvPaddingMode& mode) {
  if (std::holds_alternative<enumtype::kCircular>(mode)) return "circular";
  return std::holds_alternative<enumtype::kReflect>(mode) ? "reflect" : "replicate";
}

}  // namespace

template <size_t D>
Tensor convolution(const Tensor& input, const Tensor& weight, const ConvFuncOptions<D>& options,
                   const ConvPaddingMode& mode) {
  constexpr const char* name = D == 1 ? "conv1d" : D == 2 ? "conv2d" : "conv3d";
  constexpr auto rank = static_cast<int64_t>(D) + 2;
  const bool same = options.padding().kind() == ConvPadding<D>::Kind::Same;
  const auto convolve = [&](const Tensor& x, auto padding) {
    if constexpr (D == 1) {
      return gradus::conv1d(x, weight, options.bias(), options.stride(), padding,
                            options.dilation(), options.groups());
    } else if constexpr (D == 2) {
      return gradus::conv2d(x, weight, options.bias(), options.stride(), padding,
                            options.dilation(), options.groups());
    } else {
      return gradus::conv3d(x, weight, options.bias(), options.stride(), padding,
                            options.dilation(), options.groups());
    }
  };
  if (std::holds_alternative<enumtype::kZeros>(mode)) {
    return same ? convolve(input, PaddingName("same"))
                : convolve(input, IntArrayRef(options.padding().values()));
  }
  GRADUS_CHECK(input.defined() && (input.dim() == rank || input.dim() == rank - 1),
               "{}: expected an input of {} dims, or {} without a batch, got {}", name, rank,
               rank - 1, input.defined() ? to_string(input.sizes()) : "undefined");
  GRADUS_CHECK(weight.defined() && weight.dim() == rank, "{}: expected a weight of {} dims, got {}",
               name, rank, weight.defined() ? to_string(weight.sizes()) : "undefined");
  std::array<int64_t, D> before = *options.padding().values(), after = before;
  for (size_t i = 0; same && i < D; ++i) {
    GRADUS_CHECK_VALUE(options.stride()[i] == 1,
                       "{}: padding kSame is not supported for strided convolutions, got stride {}",
                       name, IntArrayRef(options.stride()));
    // An even kernel needs one more element at the end than at the start.
    const int64_t total = options.dilation()[i] * (weight.size(static_cast<int64_t>(i) + 2) - 1);
    before[i] = total / 2;
    after[i] = total - before[i];
  }
  std::array<int64_t, 2 * D> around;  // as pad() takes it: the last dim first
  for (size_t i = 0; i < D; ++i) {
    around[2 * (D - 1 - i)] = before[i];
    around[2 * (D - 1 - i) + 1] = after[i];
  }
  const Tensor padded = named(name, [&] { return pad(input, around, pad_mode(mode)); });
  return convolve(padded, IntArrayRef(0));
}

template Tensor convolution<1>(const Tensor&, const Tensor&, const ConvFuncOptions<1>&,
                               const ConvPaddingMode&);
template Tensor convolution<2>(const Tensor&, const Tensor&, const ConvFuncOptions<2>&,
                               const ConvPaddingMode&);
template Tensor convolution<3>(const Tensor&, const Tensor&, const ConvFuncOptions<3>&,
                               const ConvPaddingMode&);

}  // namespace detail

Tensor conv1d(const Tensor& input, const Tensor& weight, const Conv1dFuncOptions& options) {
  return detail::convolution(input, weight, options, kZeros);
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& options) {
  return detail::convolution(input, weight, options, kZeros);
}

Tensor conv3d(const Tensor& input, const Tensor& weight, const Conv3dFuncOptions& options) {
  return detail::convolution(input, weight, options, kZeros);
}

Tensor conv_transpose1d(const Tensor& input, const Tensor& weight,
                        const ConvTranspose1dFuncOptions& options) {
  return gradus::conv_transpose1d(input, weight, options.bias(), options.stride(),
                                  options.padding(), options.output_padding(), options.groups(),
                                  options.dilation());
}

Tensor conv_transpose2d(const Tensor& input, const Tensor& weight,
                        const ConvTranspose2dFuncOptions& options) {
  return gradus::conv_transpose2d(input, weight, options.bias(), options.stride(),
                                  options.padding(), options.output_padding(), options.groups(),
                                  options.dilation());
}

Tensor conv_transpose3d(const Tensor& input, const Tensor& weight,
                        const ConvTranspose3dFuncOptions& options) {
  return gradus::conv_transpose3d(input, weight, options.bias(), options.stride(),
                                  options.padding(), options.output_padding(), options.groups(),
                                  options.dilation());
}

}  // namespace gradus::nn::functional
