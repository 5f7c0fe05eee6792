#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// @throws IndexError naming op unless 0 <= index < size for all elements
void check_indices(const char* op, const Tensor& index, int64_t dim, int64_t size);

/// y[i][j][k] = x[i][index[i][j][k]][k] for dim 1, likewise for others. index is int64 and checked,
/// of the rank of x and, apart from dim, not larger; y has its sizes.
void gather(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& y);

/// How scatter combines what comes with what is there.
enum class Scatter : int8_t { Set, Add, Multiply, Amin, Amax };

/// x[i][index[i][j][k]][k] = src[i][j][k] for dim 1, likewise for others, in the order of j where
/// indices repeat. index as in gather; src has its sizes and the dtype of x.
void scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src, Scatter mode);

/// The row-major places of the elements that are not zero: int64 [count].
Tensor nonzero_flat(const Tensor& x);

/// The same as indices: int64 [rank, count].
Tensor nonzero(const Tensor& x);

}  // namespace gradus::kernel
