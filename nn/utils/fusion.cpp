#include "nn/utils/fusion.h"

#include "autograd/grad_mode.h"

namespace gradus::nn::utils {

std::pair<Tensor, Tensor> fuse_conv_bn_weights(const Tensor& conv_weight, const Tensor& conv_bias,
                                               const Tensor& running_mean,
                                               const Tensor& running_var, double eps,
                                               const Tensor& bn_weight, const Tensor& bn_bias) {
  GRADUS_CHECK(conv_weight.dim() >= 2 && running_mean.sizes() == IntArrayRef(conv_weight.size(0)),
               "fuse_conv_bn_weights: weight {} and running_mean {} do not fit",
               conv_weight.sizes(), running_mean.sizes());
  NoGradGuard no_grad;
  Tensor scale = (running_var + eps).rsqrt();
  if (bn_weight.defined()) scale = scale * bn_weight;
  DimVector by_channel(conv_weight.sizes().size(), 1);
  by_channel[0] = -1;
  Tensor bias = (conv_bias.defined() ? conv_bias - running_mean : -running_mean) * scale;
  if (bn_bias.defined()) bias = bias + bn_bias;
  return {conv_weight * scale.reshape(by_channel), bias};
}

std::pair<Tensor, Tensor> fuse_linear_bn_weights(const Tensor& weight, const Tensor& bias,
                                                 const Tensor& running_mean,
                                                 const Tensor& running_var, double eps,
                                                 const Tensor& bn_weight, const Tensor& bn_bias) {
  return fuse_conv_bn_weights(weight, bias, running_mean, running_var, eps, bn_weight, bn_bias);
}

namespace {

template <class Layer>
Layer fuse(const char* name, const Layer& layer, const BatchNormBase& bn) {
  GRADUS_CHECK(!layer->is_training() && !bn.is_training(), "{}: both modules must be in eval mode",
               name);
  GRADUS_CHECK(bn.running_mean.defined() && bn.running_var.defined(),
               "{}: the batch norm keeps no running statistics", name);
  using Impl = typename Layer::ContainedType;
  auto options = layer->options;
  options.bias(true);
  Layer fused(std::make_shared<Impl>(options));
  const auto [weight, bias] =
      fuse_conv_bn_weights(layer->weight, layer->bias, bn.running_mean, bn.running_var,
                           bn.options.eps(), bn.weight, bn.bias);
  fused->weight.set_data(weight);
  fused->bias.set_data(bias);
  fused->eval();
  return fused;
}

}  // namespace

Conv2d fuse_conv_bn_eval(const Conv2d& conv, const BatchNorm2d& bn) {
  return fuse("fuse_conv_bn_eval", conv, *bn);
}

Linear fuse_linear_bn_eval(const Linear& linear, const BatchNorm1d& bn) {
  return fuse("fuse_linear_bn_eval", linear, *bn);
}

}  // namespace gradus::nn::utils
