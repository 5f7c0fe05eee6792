#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

// Runs of equal slices: x is [n, m], row-major, and slice i is x[i]. Elements are compared with ==,
// so a slice with NaN equals no other.

/// The order in which the slices ascend, the first element counting most, equal ones by index:
/// int64 [n]. NaN counts as greatest.
Tensor slice_order(const Tensor& x);

/// The indices at which runs of equal neighbours begin: int64 [runs].
Tensor run_starts(const Tensor& x);

/// The lengths of the runs. @param n  the number of slices
Tensor run_lengths(const Tensor& starts, int64_t n);

/// The number of the run of each slice: int64 [n], written to the places `order` where it is
/// defined.
Tensor run_numbers(const Tensor& starts, int64_t n, const Tensor& order);

}  // namespace gradus::kernel
