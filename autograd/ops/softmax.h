#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

/// y_i = e^(x_i) / sum_j e^(x_j) along `dim`, which may count from the end; computed without
/// overflow. NaN where all of a row are -infinity. Has the memory order of x where x is dense.
/// @param dtype  x is cast to it first
/// @throws IndexError for a dim out of range, TypeError for an integer x without dtype
GRADUS_API Tensor softmax(const Tensor& x, int64_t dim,
                          std::optional<ScalarType> dtype = std::nullopt);

/// log softmax(x): y_i = x_i - log sum_j e^(x_j). As softmax.
GRADUS_API Tensor log_softmax(const Tensor& x, int64_t dim,
                              std::optional<ScalarType> dtype = std::nullopt);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& softmax_out(Tensor& out, const Tensor& x, int64_t dim,
                               std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& log_softmax_out(Tensor& out, const Tensor& x, int64_t dim,
                                   std::optional<ScalarType> dtype = std::nullopt);

}  // namespace gradus
