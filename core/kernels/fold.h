#pragma once

#include <array>
#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

/// Windows over images of in[0] x in[1] elements.
struct FoldGeometry {
  std::array<int64_t, 2> in, kernel, dilation, padding, stride, out;
};

/// x [planes, in0, in1] -> [planes, kernel0 kernel1, out0 out1], zeros where a window reaches
/// beyond; row-major.
Tensor im2col(const Tensor& x, const FoldGeometry& geometry);
/// The adjoint: [planes, kernel0 kernel1, out0 out1] -> [planes, in0, in1].
Tensor col2im(const Tensor& columns, const FoldGeometry& geometry);

}  // namespace gradus::kernel
