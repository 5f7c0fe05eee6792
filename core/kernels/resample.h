#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace gradus::kernel {

/// Where the elements of a resampled dim come from: output i is the sum of weights[k] x[places[k]]
/// over k from first[i] to first[i + 1].
struct ResampleTaps {
  int64_t in = 0, out = 0;
  std::vector<int64_t> first{0};
  std::vector<int64_t> places;
  std::vector<double> weights;
};

/// The taps of the adjoint, which has the gradients of the outputs as its inputs.
ResampleTaps transposed(const ResampleTaps& taps);

/// x with taps.out elements along dim instead of taps.in, in the memory format that x suggests; of
/// any floating-point dtype.
Tensor resample(const Tensor& x, int64_t dim, const ResampleTaps& taps);

}  // namespace gradus::kernel
