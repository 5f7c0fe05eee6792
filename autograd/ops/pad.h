#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/tensor.h"

namespace gradus {

// Padding. `padding` holds a pair (before, after) for each padded dim, the last dim first:
// {left, right, top, bottom} for images. Negative numbers cut off. All throw ValueError where
// nothing of a dim is left or padding has another length.

/// `value` around x. @param padding  2 k numbers, for the last k dims
/// @throws ValueError for an odd number of paddings, more than x has dims, or a negative size
GRADUS_API Tensor constant_pad_nd(const Tensor& x, IntArrayRef padding, const Scalar& value = 0);

/// x mirrored at its edges, which are not repeated: 3 2 | 1 2 3 | 2 1.
/// @param x  [C, W] or [N, C, W] for 1d; one and two more dims for 2d and 3d
/// @throws ValueError where a padding is not less than the size of its dim
GRADUS_API Tensor reflection_pad1d(const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor reflection_pad2d(const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor reflection_pad3d(const Tensor& x, IntArrayRef padding);

/// The edges of x repeated: 1 1 | 1 2 3 | 3 3. Ranks as for reflection.
GRADUS_API Tensor replication_pad1d(const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor replication_pad2d(const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor replication_pad3d(const Tensor& x, IntArrayRef padding);

/// Any of these by `mode`: "constant", "reflect", "replicate" or "circular" (x repeated as on a
/// ring: 2 3 | 1 2 3 | 1 2; a padding must not exceed the size of its dim).
/// @param value  only for "constant"; default: 0
/// @throws ValueError for another mode, NotImplementedError for numbers of dims and paddings that
/// the mode does not take
GRADUS_API Tensor pad(const Tensor& x, IntArrayRef padding, std::string_view mode = "constant",
                      std::optional<double> value = std::nullopt);

}  // namespace gradus
