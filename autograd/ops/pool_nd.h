#pragma once

#include <optional>
#include <tuple>

#include "core/tensor.h"

namespace gradus {

// Pooling over one and three dims, adaptive maxima, random windows and their inverses; see
// autograd/ops/pool.h for two dims. Inputs are [N, C, spatial...] or [C, spatial...], with the
// same arguments, output sizes and errors as there. Indices are int64 places in the flattened
// spatial dims.

GRADUS_API Tensor max_pool1d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                             IntArrayRef padding = 0, IntArrayRef dilation = 1,
                             bool ceil_mode = false);
/// (maxima, their places)
GRADUS_API std::tuple<Tensor, Tensor> max_pool1d_with_indices(
    const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
    IntArrayRef dilation = 1, bool ceil_mode = false);
GRADUS_API Tensor max_pool3d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                             IntArrayRef padding = 0, IntArrayRef dilation = 1,
                             bool ceil_mode = false);
/// (maxima, their places)
GRADUS_API std::tuple<Tensor, Tensor> max_pool3d_with_indices(
    const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
    IntArrayRef dilation = 1, bool ceil_mode = false);
GRADUS_API Tensor avg_pool1d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                             IntArrayRef padding = 0, bool ceil_mode = false,
                             bool count_include_pad = true);
GRADUS_API Tensor avg_pool3d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                             IntArrayRef padding = 0, bool ceil_mode = false,
                             bool count_include_pad = true,
                             std::optional<int64_t> divisor_override = std::nullopt);

/// Means of output_size windows that cover the input: floor(i L / L') to ceil((i + 1) L / L').
GRADUS_API Tensor adaptive_avg_pool1d(const Tensor& x, IntArrayRef output_size);
GRADUS_API Tensor adaptive_avg_pool3d(const Tensor& x, IntArrayRef output_size);
/// (maxima of such windows, their places)
GRADUS_API std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& x, IntArrayRef output_size);
GRADUS_API std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& x, IntArrayRef output_size);
GRADUS_API std::tuple<Tensor, Tensor> adaptive_max_pool3d(const Tensor& x, IntArrayRef output_size);

/// (maxima, their places) of output_size windows of kernel_size elements at random distances.
/// Graham 2014.
/// @param random_samples  uniform in [0, 1), [N, C, dims] (N is 1 without a batch)
GRADUS_API std::tuple<Tensor, Tensor> fractional_max_pool2d(const Tensor& x,
                                                            IntArrayRef kernel_size,
                                                            IntArrayRef output_size,
                                                            const Tensor& random_samples);
GRADUS_API std::tuple<Tensor, Tensor> fractional_max_pool3d(const Tensor& x,
                                                            IntArrayRef kernel_size,
                                                            IntArrayRef output_size,
                                                            const Tensor& random_samples);

/// Zeros of output_size with each x at its index, int64 of the shape of x.
/// @throws IndexError for an index outside of the output
GRADUS_API Tensor max_unpool1d(const Tensor& x, const Tensor& indices, IntArrayRef output_size);
GRADUS_API Tensor max_unpool2d(const Tensor& x, const Tensor& indices, IntArrayRef output_size);
GRADUS_API Tensor max_unpool3d(const Tensor& x, const Tensor& indices, IntArrayRef output_size);
/// The same with the stride and padding of the pooling, which the indices make needless.
inline Tensor max_unpool3d(const Tensor& x, const Tensor& indices, IntArrayRef output_size,
                           IntArrayRef /*stride*/, IntArrayRef /*padding*/) {
  return max_unpool3d(x, indices, output_size);
}

}  // namespace gradus
