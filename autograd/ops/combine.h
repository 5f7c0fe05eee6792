#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

// Products and arrangements of vectors.

/// sum_k a[..., k] b[..., k] over the last dims: [a.sizes() without the last, b.sizes() without the
/// last]. Where one is 0-d, a * b. @throws Error where the last dims differ
GRADUS_API Tensor inner(const Tensor& a, const Tensor& b);
GRADUS_API Tensor& inner_out(Tensor& out, const Tensor& a, const Tensor& b);
/// beta input + alpha vec1_i vec2_j, input broadcast; with beta = 0 input is ignored, NaN and all.
/// @throws Error for other ranks than 1; TypeError for a floating-point factor of integers
GRADUS_API Tensor addr(const Tensor& input, const Tensor& vec1, const Tensor& vec2,
                       const Scalar& beta = 1, const Scalar& alpha = 1);
GRADUS_API Tensor& addr_out(Tensor& out, const Tensor& input, const Tensor& vec1,
                            const Tensor& vec2, const Scalar& beta = 1, const Scalar& alpha = 1);

/// The powers of the elements of a vector as columns, x^(N-1) ... x^0, or x^0 ... x^(N-1) where
/// `increasing`: [x.numel(), N]; N is x.numel() by default. @throws ValueError for N < 0
GRADUS_API Tensor vander(const Tensor& x, std::optional<int64_t> N = std::nullopt,
                         bool increasing = false);
/// All choices of one element of each vector, the last one varying fastest: [count, number of
/// vectors]; of one vector itself.
GRADUS_API Tensor cartesian_prod(TensorList tensors);
/// All choices of r elements of a vector, in their order, an element more than once only where
/// `with_replacement`: [count, r]. @throws ValueError for r < 0
GRADUS_API Tensor combinations(const Tensor& x, int64_t r = 2, bool with_replacement = false);

}  // namespace gradus
