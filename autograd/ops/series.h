#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "core/tensor.h"

namespace gradus {

// Series of observations.

/// x_(i+1) - x_i along dim, n times over; `prepend` and `append` are put before and behind x first.
/// Booleans are compared: whether neighbours differ. With n greater than the size nothing is left.
/// @throws Error for a 0-d x or where the other sizes of prepend or append differ; ValueError for
/// n < 0
GRADUS_API Tensor diff(const Tensor& x, int64_t n = 1, int64_t dim = -1, const Tensor& prepend = {},
                       const Tensor& append = {});

/// The derivative of samples x of a function along each dim, from differences of neighbours:
/// (x_(i+1)
/// - x_(i-1)) / 2 inside, and at both ends of first order (edge_order 1: x_1 - x_0) or second order
/// (edge_order 2: -3/2 x_0 + 2 x_1 - 1/2 x_2). One tensor for each of the dims; without
/// any, for all.
///
/// `spacing` is the distance of neighbours (default 1), one for each dim, or their coordinates
/// along each dim, tensors [n], between which inner differences are weighted. Fornberg 1988.
/// Integers give the default dtype.
/// @throws ValueError for another edge_order; Error for a dim of fewer than edge_order + 1 elements
/// and where spacing and dims differ in number; TypeError for uint8 and bool
GRADUS_API std::vector<Tensor> gradient(const Tensor& x, const Scalar& spacing = 1,
                                        IntArrayRef dim = {}, int64_t edge_order = 1);
GRADUS_API std::vector<Tensor> gradient(const Tensor& x, ArrayRef<Scalar> spacing,
                                        IntArrayRef dim = {}, int64_t edge_order = 1);
GRADUS_API std::vector<Tensor> gradient(const Tensor& x, TensorList spacing, IntArrayRef dim = {},
                                        int64_t edge_order = 1);
GRADUS_API std::vector<Tensor> gradient(const Tensor& x, IntArrayRef dim, int64_t edge_order = 1);
/// The same with a number, or with none: spacing 1. Exact types, since what follows from them by
/// conversion could be several of the above.
template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number> ||
                                                 std::is_same_v<Number, std::nullopt_t> ||
                                                 std::is_same_v<Number, std::optional<Scalar>>>>
std::vector<Tensor> gradient(const Tensor& x, Number spacing, IntArrayRef dim = {},
                             int64_t edge_order = 1) {
  return gradient(x, std::optional<Scalar>(spacing).value_or(1), dim, edge_order);
}

/// The covariance of the rows of x, [variables, observations]: [variables, variables]; of one
/// variable, [observations], 0-d. Observations count fweights (integers) times, and aweights
/// (floating-point) much. The sum of squares is divided by w - correction, w being the number of
/// observations; with aweights a by sum(w) - correction sum(w a) / sum(w).
/// @throws Error for more than two dims or weights of another shape, TypeError for weights of
/// another dtype, ValueError for negative weights
GRADUS_API Tensor cov(const Tensor& x, int64_t correction = 1, const Tensor& fweights = {},
                      const Tensor& aweights = {});
/// cov_ij / sqrt(cov_ii cov_jj), between -1 and 1. @throws Error for more than two dims
GRADUS_API Tensor corrcoef(const Tensor& x);

}  // namespace gradus
