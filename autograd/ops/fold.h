#pragma once

#include "core/tensor.h"

namespace gradus {

/// The windows of x [N, C, H, W] (or [C, H, W]) as columns: [N, C kH kW, L], where L counts the
/// windows, floor((in + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 in each dim.
/// @throws ValueError for sizes, dilation or stride below 1, negative padding, or a kernel larger
/// than the padded input
GRADUS_API Tensor im2col(const Tensor& x, IntArrayRef kernel_size, IntArrayRef dilation,
                         IntArrayRef padding, IntArrayRef stride);
/// The adjoint: columns [N, C kH kW, L] (or without N) added up at their places in an image [N, C,
/// output_size].
GRADUS_API Tensor col2im(const Tensor& x, IntArrayRef output_size, IntArrayRef kernel_size,
                         IntArrayRef dilation, IntArrayRef padding, IntArrayRef stride);

}  // namespace gradus
