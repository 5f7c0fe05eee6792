#pragma once

#include "core/tensor.h"

namespace gradus {

// Convolutions (cross-correlations) y[n, o] = bias[o] + sum_c weight[o, c] * x[n, c]. x is [N, C,
// spatial...] or, for one example, [C, spatial...]; weight [O, C / groups, kernel...]; bias [O] or
// undefined; y [N, O, ...] with floor((in + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
// elements in each spatial dim, in channels-last order for 2-d and 3-d (see MemoryFormat). A list
// of one number counts for all spatial dims. Dumoulin and Visin 2016 draw the arithmetic. Errors:
// ValueError for stride, dilation or groups below 1, negative padding or a kernel larger than the
// padded input; Error for ranks and channels that do not fit; TypeError for dtypes that differ or
// Bool. Integers wrap around.

GRADUS_API Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                         IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef dilation = 1,
                         int64_t groups = 1);
GRADUS_API Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                         IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef dilation = 1,
                         int64_t groups = 1);
GRADUS_API Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                         IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef dilation = 1,
                         int64_t groups = 1);

/// Padding by its name: "valid", none, or "same", with which y has the sizes of x: dilation (kernel
/// - 1) zeros in all, half of them, rounded down, in front. From what converts to a string_view.
struct PaddingName {
  template <class Text, class = std::enable_if_t<std::is_convertible_v<Text, std::string_view>>>
  PaddingName(const Text& text) : name(text) {}  // NOLINT: takes the place of IntArrayRef
  std::string_view name;
};
/// @throws ValueError for another name, and for "same" with a stride
GRADUS_API Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         IntArrayRef stride, PaddingName padding, IntArrayRef dilation = 1,
                         int64_t groups = 1);
GRADUS_API Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         IntArrayRef stride, PaddingName padding, IntArrayRef dilation = 1,
                         int64_t groups = 1);
GRADUS_API Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         IntArrayRef stride, PaddingName padding, IntArrayRef dilation = 1,
                         int64_t groups = 1);

// Transposed convolutions: what the convolutions above do to a gradient, so that a stride enlarges.
// x is [N, C, spatial...] or [C, spatial...]; weight [C, O / groups, kernel...]; bias [O] or
// undefined; y [N, O, ...] with (in - 1) stride - 2 padding + dilation (kernel - 1) +
// output_padding + 1 elements in each spatial dim. output_padding, which must be smaller than
// stride or dilation, makes one end of the output longer. Errors as above.

GRADUS_API Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                                   IntArrayRef stride = 1, IntArrayRef padding = 0,
                                   IntArrayRef output_padding = 0, int64_t groups = 1,
                                   IntArrayRef dilation = 1);
GRADUS_API Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                                   IntArrayRef stride = 1, IntArrayRef padding = 0,
                                   IntArrayRef output_padding = 0, int64_t groups = 1,
                                   IntArrayRef dilation = 1);
GRADUS_API Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                                   IntArrayRef stride = 1, IntArrayRef padding = 0,
                                   IntArrayRef output_padding = 0, int64_t groups = 1,
                                   IntArrayRef dilation = 1);

/// conv1d, conv2d or conv3d, by the dims of weight; conv_transpose1d, ... where `transposed`, with
/// output_padding.
GRADUS_API Tensor convolution(const Tensor& x, const Tensor& weight, const Tensor& bias,
                              IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                              bool transposed, IntArrayRef output_padding, int64_t groups);

}  // namespace gradus
