#pragma once

// Private: convolution of float32 with 3 x 3 kernels by minimal filtering.

#include "core/kernels/conv_problem.h"

namespace gradus::kernel {

/// Whether a pass takes these functions: 3 x 3 over two spatial dims, stride and dilation 1, one
/// group, padding of at most 2, and enough channels and tiles to gain by it. A function of the
/// shape alone.
bool prefers_winograd(const ConvProblem& p, ConvPass pass);

/// y for channels-last x and y, and row-major w; bias [o] may be null.
void winograd_forward(const ConvProblem& p, const float* x, const float* w, const float* bias,
                      float* y);

/// dx for channels-last dy and dx, and row-major w.
void winograd_backward_data(const ConvProblem& p, const float* dy, const float* w, float* dx);

/// dw, row-major, for channels-last dy and x.
void winograd_backward_weights(const ConvProblem& p, const float* dy, const float* x, float* dw);

}  // namespace gradus::kernel
