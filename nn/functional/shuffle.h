#pragma once

#include "core/export.h"
#include "core/tensor.h"
#include "nn/modules/shuffle.h"

namespace gradus::nn::functional {

using PixelShuffleFuncOptions = PixelShuffleOptions;
using PixelUnshuffleFuncOptions = PixelUnshuffleOptions;

/// See PixelShuffle.
GRADUS_API Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options);
/// See PixelUnshuffle.
GRADUS_API Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options);
/// See ChannelShuffle.
GRADUS_API Tensor channel_shuffle(const Tensor& input, const ChannelShuffleOptions& options);

}  // namespace gradus::nn::functional
