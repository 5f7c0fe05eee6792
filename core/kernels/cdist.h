#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// y[..., i, j] = |a[..., i, :] - b[..., j, :]|_p, p >= 0, for contiguous a [..., P, M] and b [...,
/// R, M] of float32 or float64 and equal leading dims.
Tensor cdist(const Tensor& a, const Tensor& b, double p);

/// da for y = cdist(a, b, p) and dy [..., P, R], all contiguous; 0 where y is 0.
Tensor cdist_backward(const Tensor& dy, const Tensor& a, const Tensor& b, const Tensor& y,
                      double p);

}  // namespace gradus::kernel
