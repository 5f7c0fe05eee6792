#pragma once

#include <cstdint>

#include "core/kernels/grid.h"

namespace gradus::kernel {

/// What the loops of grid_sample know of the tensors. An image of two dims is one of three with a
/// single plane.
struct GridGeometry {
  GridSampling how;
  int64_t dims, channels, pixels, places;  // pixels and places of an image
  int64_t sizes[3];
};

/// The elements that up to kPlaces places look at, and their weights.
template <class S>
struct GridBlock {
  static constexpr int64_t kPlaces = 64;
  static constexpr int64_t kMaxTaps = 16;

  int64_t taps;                       // of each place
  int32_t pixels[kMaxTaps][kPlaces];  // -1 outside of the image, where weight and slopes are 0
  S weights[kMaxTaps][kPlaces];
  S slopes[3][kMaxTaps][kPlaces];  // of the weights, with the grid's number for a dim of the image
};

// The vector loops for float.

/// grid is [count, dims].
void grid_taps_vector(const GridGeometry& geometry, const float* grid, int64_t count,
                      GridBlock<float>& block);

// For images in planes, x [C, pixels], y and dy [C, places], both from the first place of the block
// on: best for few channels, and without a copy where images are row-major.

void grid_planes_vector(const GridGeometry& geometry, const GridBlock<float>& block, int64_t count,
                        const float* x, float* y);
/// dgrid is [count, dims].
void grid_planes_slopes_vector(const GridGeometry& geometry, const GridBlock<float>& block,
                               int64_t count, const float* dy, const float* x, float* dgrid);

}  // namespace gradus::kernel
