#pragma once

// Private: convolution of float32 with kernels of one element. It is a product of matrices,
// [pixels, c] times [c, o], which here goes block by block of pixels: what lies in another order,
// or is read twice, is so in the cache.

#include <cstdint>

#include "core/kernels/gemm.h"

namespace gradus::kernel {

/// The channels of the pixels of images: [images, pixels, channels] if channels_last, else [images,
/// channels, pixels].
template <class T>
struct PixelView {
  T* data;
  int64_t images, pixels, channels;
  bool channels_last;
};

/// y [images * pixels, o] = x w (+ bias, which may be null); w [c, o] lies dense in one of its
/// dims.
void pointwise_forward(const PixelView<const float>& x, const MatrixView<const float>& w, int64_t o,
                       const float* bias, float* y);

/// dw = dy^T x, db the sums of dy's columns (may be null), and dx = dy w (dx.data may be null), for
/// which dy is read once.
void pointwise_backward(const PixelView<const float>& x, const float* dy, const float* w, int64_t o,
                        float* dw, float* db, const PixelView<float>& dx);

}  // namespace gradus::kernel
