#include "nn/modules/shuffle.h"

#include <ostream>

#include "autograd/ops/shuffle.h"

namespace gradus::nn {

PixelShuffleImpl::PixelShuffleImpl(const PixelShuffleOptions& options) : options(options) {}

void PixelShuffleImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::PixelShuffle(upscale_factor=" << options.upscale_factor() << ")";
}
Tensor PixelShuffleImpl::forward(const Tensor& input) {
  return pixel_shuffle(input, options.upscale_factor());
}

PixelUnshuffleImpl::PixelUnshuffleImpl(const PixelUnshuffleOptions& options) : options(options) {}

void PixelUnshuffleImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::PixelUnshuffle(downscale_factor=" << options.downscale_factor() << ")";
}
Tensor PixelUnshuffleImpl::forward(const Tensor& input) {
  return pixel_unshuffle(input, options.downscale_factor());
}

ChannelShuffleImpl::ChannelShuffleImpl(const ChannelShuffleOptions& options) : options(options) {}

void ChannelShuffleImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ChannelShuffle(groups=" << options.groups() << ")";
}
Tensor ChannelShuffleImpl::forward(const Tensor& input) {
  return channel_shuffle(input, options.groups());
}

}  // namespace gradus::nn
