#pragma once

#include "core/grid_mode.h"
#include "core/tensor.h"

namespace gradus::kernel {

struct GridSampling {
  GridMode mode;
  GridPadding padding;
  bool align_corners;
};

/// x [N, C, (D,) H, W] at the places of grid [N, (D',) H', W', 2 (3)] -> [N, C, (D',) H', W'], in
/// the memory format that x suggests; of one floating-point dtype. An image has fewer than 2^31
/// pixels.
Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampling& sampling);

/// The gradients, of which those not asked for are undefined; dx is in the dtype of sums.
struct GridGradients {
  Tensor dx, dgrid;
};
GridGradients grid_sample_backward(const Tensor& dy, const Tensor& x, const Tensor& grid,
                                   const GridSampling& sampling, bool needs_dx, bool needs_dgrid);

}  // namespace gradus::kernel
