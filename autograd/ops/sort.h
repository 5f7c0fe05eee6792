#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "core/tensor.h"

namespace gradus {

// Sorting and selecting along a dim, which may count from the end. Any dtype; NaN counts as
// greatest, and equal elements keep their order, also in descending order. Where there are indices
// they are int64, and gradients go to the elements that they name.
//
// All throw IndexError for a dim out of range.

/// (x sorted along dim, where each element came from). Always stable.
GRADUS_API std::tuple<Tensor, Tensor> sort(const Tensor& x, int64_t dim = -1,
                                           bool descending = false);
GRADUS_API std::tuple<Tensor, Tensor> sort(const Tensor& x, std::optional<bool> stable,
                                           int64_t dim = -1, bool descending = false);
GRADUS_API std::tuple<Tensor&, Tensor&> sort_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                 int64_t dim = -1, bool descending = false);
/// The indices of sort().
GRADUS_API Tensor argsort(const Tensor& x, int64_t dim = -1, bool descending = false);
/// Only a bool matches in second place: argsort(x, 0) sorts dim 0.
template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor argsort(const Tensor& x, [[maybe_unused]] Bool stable, int64_t dim = -1,
               bool descending = false) {
  return argsort(x, dim, descending);
}
/// x sorted along its first dim.
GRADUS_API Tensor msort(const Tensor& x);
GRADUS_API Tensor& msort_out(Tensor& out, const Tensor& x);

/// (the k greatest elements along dim, or least where not `largest`; their indices), in order,
/// also where not `sorted`. @throws Error unless 0 <= k <= size; TypeError for bool
GRADUS_API std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t dim = -1,
                                           bool largest = true, bool sorted = true);
GRADUS_API std::tuple<Tensor&, Tensor&> topk_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                 int64_t k, int64_t dim = -1, bool largest = true,
                                                 bool sorted = true);
/// (the k-th least element along dim, from 1; its index, of equal ones the one that PyTorch names).
/// @throws Error unless 1 <= k <= size; TypeError for bool
GRADUS_API std::tuple<Tensor, Tensor> kthvalue(const Tensor& x, int64_t k, int64_t dim = -1,
                                               bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> kthvalue_out(Tensor& values, Tensor& indices,
                                                     const Tensor& x, int64_t k, int64_t dim = -1,
                                                     bool keepdim = false);

/// The lower median of all elements; NaN where one is among them, or where there are none (of
/// integers the least one). The gradient is shared evenly among equals.
/// @throws TypeError for bool
GRADUS_API Tensor median(const Tensor& x);
/// (the lower median along dim, its index). @throws IndexError where the dim has no elements
GRADUS_API std::tuple<Tensor, Tensor> median(const Tensor& x, int64_t dim, bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> median_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                   int64_t dim, bool keepdim = false);
/// The median of what is not NaN; NaN where all are.
GRADUS_API Tensor nanmedian(const Tensor& x);
GRADUS_API std::tuple<Tensor, Tensor> nanmedian(const Tensor& x, int64_t dim, bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> nanmedian_out(Tensor& values, Tensor& indices,
                                                      const Tensor& x, int64_t dim,
                                                      bool keepdim = false);
/// (the most frequent value along dim, the least one of several; its last index).
/// @throws IndexError where the dim has no elements
GRADUS_API std::tuple<Tensor, Tensor> mode(const Tensor& x, int64_t dim = -1, bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> mode_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                 int64_t dim = -1, bool keepdim = false);

/// The q-quantiles along dim, or of all elements: the element at rank q (n - 1) of the n in order.
/// Between two of them `interpolation` says: "linear" between both, the "lower", the "higher", the
/// "midpoint" of both, the "nearest" (the even rank of two). NaN where an element is.
///
/// q is 0-d, or [Q], which becomes the first dim of the result; its dtype is that of x.
/// @throws TypeError for other dtypes than float and double; ValueError for q outside [0, 1] and
/// another interpolation; Error where x has no elements
GRADUS_API Tensor quantile(const Tensor& x, const Tensor& q,
                           std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                           std::string_view interpolation = "linear");
GRADUS_API Tensor quantile(const Tensor& x, double q, std::optional<int64_t> dim = std::nullopt,
                           bool keepdim = false, std::string_view interpolation = "linear");
GRADUS_API Tensor& quantile_out(Tensor& out, const Tensor& x, const Tensor& q,
                                std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                                std::string_view interpolation = "linear");
/// The quantiles of what is not NaN; NaN where all are.
GRADUS_API Tensor nanquantile(const Tensor& x, const Tensor& q,
                              std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                              std::string_view interpolation = "linear");
GRADUS_API Tensor nanquantile(const Tensor& x, double q, std::optional<int64_t> dim = std::nullopt,
                              bool keepdim = false, std::string_view interpolation = "linear");
GRADUS_API Tensor& nanquantile_out(Tensor& out, const Tensor& x, const Tensor& q,
                                   std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                                   std::string_view interpolation = "linear");

}  // namespace gradus
