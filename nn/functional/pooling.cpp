#include "nn/functional/pooling.h"

#include "autograd/ops/pool.h"

namespace gradus::nn::functional {

Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options) {
  return gradus::max_pool2d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.dilation(), options.ceil_mode());
}

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input,
                                                   const MaxPool2dFuncOptions& options) {
  return gradus::max_pool2d_with_indices(input, options.kernel_size(), options.stride(),
                                         options.padding(), options.dilation(),
                                         options.ceil_mode());
}

Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options) {
  return gradus::avg_pool2d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.ceil_mode(), options.count_include_pad(),
                            options.divisor_override());
}

Tensor adaptive_avg_pool2d(const Tensor& input, const AdaptiveAvgPool2dFuncOptions& options) {
  GRADUS_CHECK(input.dim() == 3 || input.dim() == 4,
               "adaptive_avg_pool2d: expected [N, C, H, W] or [C, H, W], got {}", input.sizes());
  const OutputSize2d& size = options.output_size();
  const std::array<int64_t, 2> sizes{size[0].value_or(input.size(-2)),
                                     size[1].value_or(input.size(-1))};
  return gradus::adaptive_avg_pool2d(input, sizes);
}

}  // namespace gradus::nn::functional
