#include "nn/functional/conv.h"

#include "autograd/ops/conv.h"

namespace gradus::nn::functional {

Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& options) {
  using Kind = ConvPadding<2>::Kind;
  if (options.padding().kind() != Kind::Same) {
    return gradus::conv2d(input, weight, options.bias(), options.stride(),
                          options.padding().values(), options.dilation(), options.groups());
  }
  GRADUS_CHECK_VALUE(
      options.stride()[0] == 1 && options.stride()[1] == 1,
      "conv2d: padding kSame is not supported for strided convolutions, got stride {}",
      IntArrayRef(options.stride()));
  GRADUS_CHECK(weight.dim() == 4, "conv2d: expected a weight of 4 dims, got {}", weight.sizes());
  // An even kernel needs one more element at the end than at the start: pad both sides with the
  // larger number and leave out the first row or column of the result.
  ExpandingArray<2> padding = 0, surplus = 0;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t total = options.dilation()[i] * (weight.size(static_cast<int64_t>(i) + 2) - 1);
    surplus[i] = total % 2;
    padding[i] = total / 2 + surplus[i];
  }
  Tensor y = gradus::conv2d(input, weight, options.bias(), options.stride(), padding,
                            options.dilation(), options.groups());
  for (int64_t i = 0; i < 2; ++i) {
    if (surplus[static_cast<size_t>(i)] != 0) y = y.narrow(i - 2, 1, y.size(i - 2) - 1);
  }
  return y;
}

}  // namespace gradus::nn::functional
