#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace gradus::kernel {

/// Where the elements of a resampled dim come from: output i is sum_k weights[i * count + k]
/// x[places[i * count + k]].
struct ResampleTaps {
  int64_t in = 0, out = 0, count = 1;
  std::vector<int64_t> places;
  std::vector<double> weights;
};

/// x [outer, in, inner] -> [outer, out, inner]; both row-major, of any floating-point dtype.
Tensor resample(const Tensor& x, const ResampleTaps& taps);
/// The adjoint: dy [outer, out, inner] -> [outer, in, inner].
Tensor resample_backward(const Tensor& dy, const ResampleTaps& taps);

}  // namespace gradus::kernel
