#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus {

/// [..., C r^2, H, W] as [..., C, H r, W r]: channel c r^2 + i r + j goes to row i, column j of
/// each r x r block. Shi et al. 2016. @throws ValueError unless r > 0 and r^2 divides the channels
GRADUS_API Tensor pixel_shuffle(const Tensor& x, int64_t upscale_factor);

/// The inverse: [..., C, H r, W r] as [..., C r^2, H, W].
/// @throws ValueError unless r > 0 divides height and width
GRADUS_API Tensor pixel_unshuffle(const Tensor& x, int64_t downscale_factor);

/// Channels (dim 1) g k + i, of `groups` g, exchanged to i groups + g. Zhang et al. 2018.
/// @throws ValueError unless groups > 0 divides the channels
GRADUS_API Tensor channel_shuffle(const Tensor& x, int64_t groups);

/// y_o = x1^T W_o x2 + b_o along the last dims.
/// @param x1, x2  [..., in1] and [..., in2] with equal dims in front
/// @param weight  [out, in1, in2]
/// @param bias    [out], may be undefined
GRADUS_API Tensor bilinear(const Tensor& x1, const Tensor& x2, const Tensor& weight,
                           const Tensor& bias = {});

}  // namespace gradus
