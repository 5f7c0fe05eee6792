#pragma once

#include <optional>
#include <tuple>

#include "core/tensor.h"

namespace gradus {

// Pooling of [N, C, H, W] or [C, H, W] over windows of the last two dims. A list of one number
// counts for both dims; an empty stride is the kernel size. Output rows: (H + 2 padding - dilation
// (kernel_size - 1) - 1) / stride + 1, rounded down, or up with ceil_mode as far as the last window
// begins inside the input or its left padding. Errors: ValueError for sizes that are not positive,
// padding above half of the window or an output without elements; Error for another rank; TypeError
// for an integer input.

/// The maximum of each window; a NaN is a maximum. The gradient goes to the first of equal values.
GRADUS_API Tensor max_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                             IntArrayRef padding = 0, IntArrayRef dilation = 1,
                             bool ceil_mode = false);
/// (maxima, their places h * W + w as int64)
GRADUS_API std::tuple<Tensor, Tensor> max_pool2d_with_indices(
    const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
    IntArrayRef dilation = 1, bool ceil_mode = false);
/// The mean of each window, of Long rounded towards 0. @param count_include_pad  whether the zeros
/// of the padding count
/// @param divisor_override  what to divide by instead @throws ValueError where it is 0
GRADUS_API Tensor avg_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                             IntArrayRef padding = 0, bool ceil_mode = false,
                             bool count_include_pad = true,
                             std::optional<int64_t> divisor_override = std::nullopt);
/// Means of output_size windows that cover the input: floor(i H / H') to ceil((i + 1) H / H').
GRADUS_API Tensor adaptive_avg_pool2d(const Tensor& x, IntArrayRef output_size);

}  // namespace gradus
