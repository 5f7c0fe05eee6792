#pragma once

#include <cstdint>
#include <string_view>

#include "core/tensor.h"

namespace gradus {

// Products summed over some dims.

/// Einstein's sum: a letter for each dim of each operand, operands apart by commas, as in
/// "ij,jk->ik". The product of the operands is summed over all letters that the right side does not
/// have; a letter twice in an operand takes its diagonal; "..." stands for the dims that have no
/// letter, which broadcast. Without "->" the right side has "..." and, in alphabetical order
/// (capitals first), the letters that occur once. Dims of size 1 broadcast.
///
/// Operands are taken in pairs, each a bmm(), in the order of the fewest multiplications (up to 8
/// operands; beyond, the cheapest pair comes next), or in that of `path`: two places in the list of
/// operands that are left for each pair, whose product goes to the end of the list, as opt_einsum
/// and numpy.einsum_path give it.
///
///   einsum("bhqd,bhkd->bhqk", {q, k})
/// @throws ValueError for a malformed equation or path, Error where it does not fit the operands
GRADUS_API Tensor einsum(std::string_view equation, TensorList operands,
                         OptionalIntArrayRef path = std::nullopt);

/// The last `dims` dims of a against the first of b.
GRADUS_API Tensor tensordot(const Tensor& a, const Tensor& b, int64_t dims = 2);
/// dims_a of a against dims_b of b, in pairs. Dims of size 1 broadcast.
/// @throws Error where the numbers of dims or their sizes differ
GRADUS_API Tensor tensordot(const Tensor& a, const Tensor& b, IntArrayRef dims_a,
                            IntArrayRef dims_b);

/// Kronecker's product: y[..., i r + k, ...] = a[..., i, ...] b[..., k, ...] for b of size r.
GRADUS_API Tensor kron(const Tensor& a, const Tensor& b);
/// The sum of the diagonal of a matrix; int64 for integers.
GRADUS_API Tensor trace(const Tensor& x);

}  // namespace gradus
