#pragma once

#include <cstdint>
#include <utility>

#include "core/tensor.h"

namespace gradus::kernel {

// Convolution of x [n, c, spatial...] with w [o, c / groups, kernel...] over one to three spatial
// dims, of any floating-point dtype, and forward and by data of integers, whose sums wrap around.
// Results are channels-last: shape [n, c, spatial...], the channels of a pixel side by side in
// memory. x and dy may have any strides; those that are not channels-last are copied first, but
// for kernels of one element.
//
// The caller has checked the geometry: equal numbers of dims, groups dividing c and o, stride and
// dilation >= 1, padding >= 0, and output sizes >= 1 (see convolution_sizes).

/// One entry per spatial dim; groups for all.
struct ConvGeometry {
  DimVector stride;
  DimVector padding;   // on both sides
  DimVector dilation;  // 1: dense
  int64_t groups = 1;
};

/// Sizes of y: [n, o, (in + 2 padding - dilation (kernel - 1) - 1) / stride + 1 ...]; an entry
/// below 1 means that the kernel exceeds the padded input. @throws Error on overflow
DimVector convolution_sizes(IntArrayRef x_sizes, IntArrayRef w_sizes, const ConvGeometry& geometry);

/// y = x * w (+ bias[o] where defined).
Tensor convolution(const Tensor& x, const Tensor& w, const Tensor& bias,
                   const ConvGeometry& geometry);

/// dx, of sizes `x_sizes`, for dy. It is also the forward pass of a transposed convolution.
Tensor convolution_backward_data(const Tensor& dy, const Tensor& w, IntArrayRef x_sizes,
                                 const ConvGeometry& geometry);

/// (dw, db): dw row-major of sizes `w_sizes`; db [o], undefined unless `with_bias`.
std::pair<Tensor, Tensor> convolution_backward_weights(const Tensor& dy, const Tensor& x,
                                                       IntArrayRef w_sizes,
                                                       const ConvGeometry& geometry,
                                                       bool with_bias);

/// What a convolution's operands get for dy; undefined where it is not wanted.
struct ConvGradients {
  Tensor dx, dw, db;
};

/// The same together: dx, undefined unless w is defined, in the order of x's elements where that
/// costs nothing; dw and db as above. Kernels of one element read dy once.
ConvGradients convolution_backward(const Tensor& dy, const Tensor& x, const Tensor& w,
                                   IntArrayRef w_sizes, const ConvGeometry& geometry,
                                   bool with_bias);

namespace reference {

// The same by plain loops: float64, integers, geometries that oneDNN does not take, and what the
// fast path is tested against.
Tensor convolution(const Tensor& x, const Tensor& w, const Tensor& bias,
                   const ConvGeometry& geometry);
Tensor convolution_backward_data(const Tensor& dy, const Tensor& w, IntArrayRef x_sizes,
                                 const ConvGeometry& geometry);
std::pair<Tensor, Tensor> convolution_backward_weights(const Tensor& dy, const Tensor& x,
                                                       IntArrayRef w_sizes,
                                                       const ConvGeometry& geometry,
                                                       bool with_bias);

}  // namespace reference
}  // namespace gradus::kernel
