#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// The place of each value in its row of boundaries, which ascend: the first whose boundary is >=
/// the value, or > where `right`; the size of the row where there is none.
/// @param boundaries  [rows, n] or [n], row-major
/// @param sorter      int64, of the shape of boundaries: the order in which they ascend; or
///                    undefined
/// @param values      row-major, of the dtype of boundaries; its last dim goes with a row
/// @param places      int64 or int32, of the shape of values
void searchsorted(const Tensor& boundaries, const Tensor& sorter, const Tensor& values, bool right,
                  const Tensor& places);

/// Which elements of x are among those of `tests`, not which where `invert`: bool, of the shape of
/// x. Both are row-major and of one dtype. NaN is not among them.
Tensor isin(const Tensor& x, const Tensor& tests, bool invert);

}  // namespace gradus::kernel
