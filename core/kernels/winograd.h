#pragma once

// Private: convolution of float32 with kernels of three or five taps by minimal filtering.

#include "core/kernels/conv_problem.h"

namespace gradus::kernel {

/// Whether a pass takes these functions: 3 x 3, 5 x 5, 1 x 3 or 1 x 5 taps in the last two dims (3
/// or 5 in the only one), any taps in the first of three dims, stride 1, paddings below the dilated
/// kernel, and enough channels in a group and tiles to gain by it. A function of the shape alone.
bool prefers_winograd(const ConvProblem& p, ConvPass pass);

/// y for channels-last x and y, and row-major w; bias [o] may be null.
void winograd_forward(const ConvProblem& p, const float* x, const float* w, const float* bias,
                      float* y);

/// dx for channels-last dy and dx, and row-major w.
void winograd_backward_data(const ConvProblem& p, const float* dy, const float* w, float* dx);

/// dw, row-major, for channels-last dy and x.
void winograd_backward_weights(const ConvProblem& p, const float* dy, const float* x, float* dw);

}  // namespace gradus::kernel
