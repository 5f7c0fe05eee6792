#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/tensor.h"

namespace gradus {

// Finding, counting and telling apart values. None is differentiable.

/// For each of `values` the place in its row of `sorted_sequence` where it would be inserted to
/// keep the row in order: before equal elements, or behind them where `right` (side "right").
/// int64, or int32 where `out_int32`; of the shape of values. NaN goes to the end.
///
/// The last dim of sorted_sequence is in ascending order, or in the order that `sorter` (argsort's
/// result, int64) gives. Its other dims are those of values, unless it has one dim.
/// @throws Error where the shapes do not fit, ValueError for another side, IndexError for a sorter
/// out of range
GRADUS_API Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values,
                               bool out_int32 = false, bool right = false,
                               std::optional<std::string_view> side = std::nullopt,
                               const Tensor& sorter = {});
GRADUS_API Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& value,
                               bool out_int32 = false, bool right = false,
                               std::optional<std::string_view> side = std::nullopt,
                               const Tensor& sorter = {});
GRADUS_API Tensor& searchsorted_out(Tensor& out, const Tensor& sorted_sequence,
                                    const Tensor& values, bool out_int32 = false,
                                    bool right = false,
                                    std::optional<std::string_view> side = std::nullopt,
                                    const Tensor& sorter = {});
/// searchsorted(boundaries, values), of boundaries with one dim.
GRADUS_API Tensor bucketize(const Tensor& values, const Tensor& boundaries, bool out_int32 = false,
                            bool right = false);
GRADUS_API Tensor bucketize(const Scalar& value, const Tensor& boundaries, bool out_int32 = false,
                            bool right = false);
GRADUS_API Tensor& bucketize_out(Tensor& out, const Tensor& values, const Tensor& boundaries,
                                 bool out_int32 = false, bool right = false);

/// bool: which elements are among `test_elements`, or which not where `invert`. NaN equals nothing.
GRADUS_API Tensor isin(const Tensor& elements, const Tensor& test_elements,
                       bool assume_unique = false, bool invert = false);
GRADUS_API Tensor isin(const Tensor& elements, const Scalar& test_element,
                       bool assume_unique = false, bool invert = false);
GRADUS_API Tensor isin(const Scalar& element, const Tensor& test_elements,
                       bool assume_unique = false, bool invert = false);
GRADUS_API Tensor& isin_out(Tensor& out, const Tensor& elements, const Tensor& test_elements,
                            bool assume_unique = false, bool invert = false);

/// (the distinct elements in ascending order; for each element of x which of them it is; how often
/// each occurs). The latter two are int64, and empty unless asked for. Ascending also where not
/// `sorted`. Every NaN is distinct. With `dim`: distinct slices x.select(dim, i), in lexicographic
/// order.
/// @throws IndexError for a dim out of range; Error where other dims than dim have no elements
GRADUS_API std::tuple<Tensor, Tensor, Tensor> unique(const Tensor& x, bool sorted = true,
                                                     bool return_inverse = false,
                                                     bool return_counts = false,
                                                     std::optional<int64_t> dim = std::nullopt);
/// As unique with a dim.
GRADUS_API std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor& x, int64_t dim,
                                                         bool sorted = true,
                                                         bool return_inverse = false,
                                                         bool return_counts = false);
/// As unique, of runs of equal neighbours only, in their order.
GRADUS_API std::tuple<Tensor, Tensor, Tensor> unique_consecutive(
    const Tensor& x, bool return_inverse = false, bool return_counts = false,
    std::optional<int64_t> dim = std::nullopt);

/// As unique_consecutive with a dim.
GRADUS_API std::tuple<Tensor, Tensor, Tensor> unique_dim_consecutive(const Tensor& x, int64_t dim,
                                                                     bool return_inverse = false,
                                                                     bool return_counts = false);

/// How often each number occurs in x, a list of integers >= 0, or the sum of their weights: [max(x)
/// + 1], or at least [minlength]. int64; with weights their dtype, or double unless that is float.
/// @throws TypeError for x of another dtype; ValueError for a negative number; Error for other
/// ranks and sizes
GRADUS_API Tensor bincount(const Tensor& x, const Tensor& weights = {}, int64_t minlength = 0);

/// How many elements lie in each of `bins` intervals of equal length between min and max, which
/// belongs to the last one; what is outside is left out. Where min == max they are those of the
/// data, or one less and one more where these are equal. dtype of x.
/// @throws TypeError for integers; ValueError for bins < 1, min > max or bounds that are not finite
GRADUS_API Tensor histc(const Tensor& x, int64_t bins = 100, const Scalar& min = 0,
                        const Scalar& max = 0);
GRADUS_API Tensor& histc_out(Tensor& out, const Tensor& x, int64_t bins = 100,
                             const Scalar& min = 0, const Scalar& max = 0);

/// (how much of x lies in each bin, the edges of the bins): x of any shape, [bins] and [bins + 1],
/// both of its dtype. A bin holds its lower edge, the last one both; what is outside is left out.
/// Elements count 1, or as much as `weight`, of the shape of x, says; with `density` divided by
/// their sum and the width of the bin.
///
/// Bins are equal parts of `range` {low, high}, without it of that of the data ([0, 1] of none),
/// and half a unit to both sides where low is high; or given by their edges, ascending.
/// @throws TypeError for other dtypes than float and double, and edges or weights of another than
/// x; ValueError for bins < 1, low > high or a range that is not finite; Error for other shapes
GRADUS_API std::tuple<Tensor, Tensor> histogram(const Tensor& x, int64_t bins = 100,
                                                ArrayRef<double> range = {},
                                                const Tensor& weight = {}, bool density = false);
GRADUS_API std::tuple<Tensor, Tensor> histogram(const Tensor& x, const Tensor& bins,
                                                const Tensor& weight = {}, bool density = false);
/// The same of points x [..., D] in D dims: (a bin for each combination [bins[0], ..., bins[D -
/// 1]], the edges in each dim). `range` is {low, high} for each dim, of no effect
/// beside edges; `weight` is [...].
GRADUS_API std::tuple<Tensor, std::vector<Tensor>> histogramdd(const Tensor& x, IntArrayRef bins,
                                                               ArrayRef<double> range = {},
                                                               const Tensor& weight = {},
                                                               bool density = false);
GRADUS_API std::tuple<Tensor, std::vector<Tensor>> histogramdd(const Tensor& x, int64_t bins,
                                                               ArrayRef<double> range = {},
                                                               const Tensor& weight = {},
                                                               bool density = false);
GRADUS_API std::tuple<Tensor, std::vector<Tensor>> histogramdd(const Tensor& x, TensorList bins,
                                                               ArrayRef<double> range = {},
                                                               const Tensor& weight = {},
                                                               bool density = false);

}  // namespace gradus
