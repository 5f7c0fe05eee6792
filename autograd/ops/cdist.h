#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

/// y[..., i, j] = |a[..., i, :] - b[..., j, :]|_p: the p-norms, any p >= 0, of all differences of
/// points [..., P, M] and [..., R, M]; for p = 0 the number of coordinates that differ, for
/// infinity the greatest difference. Leading dims broadcast. The gradient is 0 where points are
/// equal.
/// @param compute_mode  how p = 2 is taken: 1 as sqrt(|a|^2 + |b|^2 - 2 a b), by a matrix product,
///     which is faster, and less exact for points near each other; 2 by differences; 0 (the
///     default) by the product where P or R is greater than 25
/// @throws ValueError for p < 0, NaN, or another mode
GRADUS_API Tensor cdist(const Tensor& a, const Tensor& b, double p = 2,
                        std::optional<int64_t> compute_mode = std::nullopt);

}  // namespace gradus
