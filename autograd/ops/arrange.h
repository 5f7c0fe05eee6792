#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace gradus {

// Elements in another arrangement, as new tensors. Dims may count from the end.

/// x repeated along each dim, repeats[i] times; dims that x lacks come in front.
GRADUS_API Tensor repeat(const Tensor& x, IntArrayRef repeats);
/// The same where `repeats` may have fewer entries than x has dims: those in front are 1.
GRADUS_API Tensor tile(const Tensor& x, IntArrayRef repeats);
/// Each index of `dim` repeated in place; without dim, of x as one dim.
GRADUS_API Tensor repeat_interleave(const Tensor& x, int64_t repeats,
                                    std::optional<int64_t> dim = std::nullopt,
                                    std::optional<int64_t> output_size = std::nullopt);
/// Index i repeated repeats[i] times; `repeats` has one dim, or one element for all.
GRADUS_API Tensor repeat_interleave(const Tensor& x, const Tensor& repeats,
                                    std::optional<int64_t> dim = std::nullopt,
                                    std::optional<int64_t> output_size = std::nullopt);
/// 0 repeats[0] times, 1 repeats[1] times, ...: int64.
GRADUS_API Tensor repeat_interleave(const Tensor& repeats,
                                    std::optional<int64_t> output_size = std::nullopt);

/// The dims in reverse order of their indices.
GRADUS_API Tensor flip(const Tensor& x, IntArrayRef dims);
GRADUS_API Tensor fliplr(const Tensor& x);
GRADUS_API Tensor flipud(const Tensor& x);
/// Index i of a dim moved to i + shift, those that leave come in at the other end; without dims, of
/// x as one dim.
GRADUS_API Tensor roll(const Tensor& x, IntArrayRef shifts, IntArrayRef dims = {});
/// Turned k times by 90 degrees, from dims[0] towards dims[1].
GRADUS_API Tensor rot90(const Tensor& x, int64_t k = 1, IntArrayRef dims = {0, 1});

/// The elements of the last two dims at or below the diagonal, the others 0: column - row <=
/// diagonal.
GRADUS_API Tensor tril(const Tensor& x, int64_t diagonal = 0);
/// Those at or above it: column - row >= diagonal.
GRADUS_API Tensor triu(const Tensor& x, int64_t diagonal = 0);
/// The coordinates of that part of a matrix: int64 [2, count].
GRADUS_API Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset = 0,
                               const TensorOptions& options = kLong);
GRADUS_API Tensor triu_indices(int64_t rows, int64_t columns, int64_t offset = 0,
                               const TensorOptions& options = kLong);
/// The diagonal of a matrix, or the matrix with x as its diagonal.
GRADUS_API Tensor diag(const Tensor& x, int64_t diagonal = 0);
/// Matrices, in dims dim1 and dim2 of the result, with the last dim of x as their diagonals.
GRADUS_API Tensor diag_embed(const Tensor& x, int64_t offset = 0, int64_t dim1 = -2,
                             int64_t dim2 = -1);
/// diag of x as one dim.
GRADUS_API Tensor diagflat(const Tensor& x, int64_t offset = 0);

/// Grids of coordinates: the i-th varies along dim i as tensors[i] (0-d or 1-d) does. With
/// indexing "xy" the first two dims are exchanged.
GRADUS_API std::vector<Tensor> meshgrid(TensorList tensors, std::string_view indexing = "ij");

/// x, or its one element as a dim.
GRADUS_API Tensor atleast_1d(const Tensor& x);
GRADUS_API Tensor atleast_2d(const Tensor& x);
GRADUS_API Tensor atleast_3d(const Tensor& x);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& tril_out(Tensor& out, const Tensor& x, int64_t diagonal = 0);
GRADUS_API Tensor& triu_out(Tensor& out, const Tensor& x, int64_t diagonal = 0);
GRADUS_API Tensor& diag_out(Tensor& out, const Tensor& x, int64_t diagonal = 0);

}  // namespace gradus
