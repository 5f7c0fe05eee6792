#include "nn/functional/shuffle.h"

#include "autograd/ops/shuffle.h"

namespace gradus::nn::functional {

Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options) {
  return gradus::pixel_shuffle(input, options.upscale_factor());
}

Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options) {
  return gradus::pixel_unshuffle(input, options.downscale_factor());
}

Tensor channel_shuffle(const Tensor& input, const ChannelShuffleOptions& options) {
  return gradus::channel_shuffle(input, options.groups());
}

}  // namespace gradus::nn::functional
