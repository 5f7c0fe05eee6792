#include "nn/functional/normalization.h"

#include "autograd/ops/normalization.h"

namespace gradus::nn::functional {

Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
  return gradus::batch_norm(input, options.weight(), options.bias(), running_mean, running_var,
                            options.training(), options.momentum().value_or(0.0), options.eps());
}

Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
  return gradus::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(),
                            options.eps());
}

}  // namespace gradus::nn::functional
