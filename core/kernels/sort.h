#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

// Note [Order of elements]
// Sorting and selecting work on x as [rows, n], row-major, whose last dim is sorted. NaN counts as
// greatest, -0 equals 0, and equal elements stay in the order of their indices, in descending order
// too. That order is total, so a result does not depend on the algorithm that found it, nor on
// the number of threads.

/// values, indices: [rows, n], row-major; values has the dtype of x, indices int64.
void sort_rows(const Tensor& x, bool descending, const Tensor& values, const Tensor& indices);

/// The first k elements of each row in ascending order, or descending where `largest`: [rows, k].
/// @pre 0 <= k <= n
void topk_rows(const Tensor& x, int64_t k, bool largest, const Tensor& values,
               const Tensor& indices);

/// Which element of a row select_rows() looks for.
enum class Rank : int8_t {
  Kth,        // the k-th least, from 0
  Median,     // the lower median; the first NaN where there is one
  NanMedian,  // the lower median of what is not NaN; the first NaN where all are
};

/// values, indices: [rows]. @pre n > 0; 0 <= k < n
void select_rows(const Tensor& x, Rank rank, int64_t k, const Tensor& values,
                 const Tensor& indices);

/// The least of the most frequent values in each row of what sort_rows() wrote, and the last index
/// that has it: [rows]. @pre n > 0
void mode_rows(const Tensor& sorted, const Tensor& sorted_indices, const Tensor& values,
               const Tensor& indices);

}  // namespace gradus::kernel
