#pragma once

// Private: convolution of float32 by matrix products over columns, for inputs of few channels,
// where oneDNN's direct kernels compute with 16. A column is what one output pixel sees:
// [kernel..., c].

#include "core/kernels/conv_problem.h"

namespace gradus::kernel {

/// dx for channels-last dy and dx, and row-major w. groups is 1.
void columns_backward_data(const ConvProblem& p, const float* dy, const float* w, float* dx);

/// dw, row-major, and db (may be null) for channels-last dy and x. groups is 1.
void columns_backward_weights(const ConvProblem& p, const float* dy, const float* x, float* dw,
                              float* db);

}  // namespace gradus::kernel
