#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>

#include "core/tensor.h"

namespace gradus {

// Reductions. `dim` is a dim or a list of dims, which may count from the end; an empty list means
// all. Reduced dims go, or stay as 1 where `keepdim`. Where `dtype` is given, x is cast to it
// first. Results are row-major. Sums are pairwise, and equal, bit for bit, for any number of
// threads.
//
// All throw IndexError for a dim out of range and Error for a dim given twice.

/// sum x. dtype: int64 for integers and bool, else that of x. 0 where there is nothing to sum.
GRADUS_API Tensor sum(const Tensor& x, std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor sum(const Tensor& x, IntArrayRef dim, bool keepdim = false,
                      std::optional<ScalarType> dtype = std::nullopt);
/// sum x, NaN counting as 0.
GRADUS_API Tensor nansum(const Tensor& x, IntArrayRef dim = {}, bool keepdim = false,
                         std::optional<ScalarType> dtype = std::nullopt);
/// x summed over the dims in which `sizes` was broadcast to x.sizes().
/// @throws Error where sizes does not broadcast to x.sizes()
GRADUS_API Tensor sum_to_size(const Tensor& x, IntArrayRef sizes);

/// sum x / n; NaN for n = 0. @throws TypeError for an integer x without dtype
GRADUS_API Tensor mean(const Tensor& x, std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor mean(const Tensor& x, IntArrayRef dim, bool keepdim = false,
                       std::optional<ScalarType> dtype = std::nullopt);
/// mean of the elements that are not NaN.
GRADUS_API Tensor nanmean(const Tensor& x, IntArrayRef dim = {}, bool keepdim = false,
                          std::optional<ScalarType> dtype = std::nullopt);

/// The product; 1 where there is nothing to multiply. dtype as sum. The gradient is right also
/// where elements are 0.
GRADUS_API Tensor prod(const Tensor& x, std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor prod(const Tensor& x, int64_t dim, bool keepdim = false,
                       std::optional<ScalarType> dtype = std::nullopt);

/// sum (x - mean)^2 / max(0, n - correction), in two passes. `true` for correction means 1 (the
/// unbiased estimate), `false` 0. NaN or infinite where n <= correction.
GRADUS_API Tensor var(const Tensor& x, IntArrayRef dim = {},
                      const std::optional<Scalar>& correction = 1, bool keepdim = false);
/// sqrt(var). Its gradient is 0 where it is 0.
GRADUS_API Tensor std(const Tensor& x, IntArrayRef dim = {},
                      const std::optional<Scalar>& correction = 1, bool keepdim = false);
/// (var, mean).
GRADUS_API std::tuple<Tensor, Tensor> var_mean(const Tensor& x, IntArrayRef dim = {},
                                               const std::optional<Scalar>& correction = 1,
                                               bool keepdim = false);
/// (std, mean).
GRADUS_API std::tuple<Tensor, Tensor> std_mean(const Tensor& x, IntArrayRef dim = {},
                                               const std::optional<Scalar>& correction = 1,
                                               bool keepdim = false);

// With a bool in second place, `unbiased` for all elements. Only a bool matches: var(x, 0) reduces
// dim 0.
template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor var(const Tensor& x, Bool unbiased) {
  return var(x, IntArrayRef(), Scalar(unbiased));
}
template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor std(const Tensor& x, Bool unbiased) {
  return std(x, IntArrayRef(), Scalar(unbiased));
}
template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
std::tuple<Tensor, Tensor> var_mean(const Tensor& x, Bool unbiased) {
  return var_mean(x, IntArrayRef(), Scalar(unbiased));
}
template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
std::tuple<Tensor, Tensor> std_mean(const Tensor& x, Bool unbiased) {
  return std_mean(x, IntArrayRef(), Scalar(unbiased));
}

/// (sum |x|^p)^(1/p); for p = 0 the number of elements that are not 0, for infinity and -infinity
/// the greatest and least |x|. The gradient is 0 where the norm is 0.
/// @throws TypeError for an integer x; Error for infinite or negative p where there are no elements
GRADUS_API Tensor norm(const Tensor& x, const Scalar& p = 2);
GRADUS_API Tensor norm(const Tensor& x, std::optional<Scalar> p, ScalarType dtype);
GRADUS_API Tensor norm(const Tensor& x, std::optional<Scalar> p, IntArrayRef dim,
                       bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor linalg_vector_norm(const Tensor& x, const Scalar& ord = 2, IntArrayRef dim = {},
                                     bool keepdim = false,
                                     std::optional<ScalarType> dtype = std::nullopt);
/// The norms of the slices of v along dim, with 1 in place of the other dims; for dim -1 the norm
/// of all of v, as a number. Made for weight normalization.
GRADUS_API Tensor norm_except_dim(const Tensor& v, int64_t pow = 2, int64_t dim = 0);
namespace linalg {
/// See norm().
inline Tensor vector_norm(const Tensor& x, const Scalar& ord = 2, IntArrayRef dim = {},
                          bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt) {
  return linalg_vector_norm(x, ord, dim, keepdim, dtype);
}
}  // namespace linalg

/// log sum e^x, without overflow; -infinity where there is nothing to sum.
GRADUS_API Tensor logsumexp(const Tensor& x, IntArrayRef dim, bool keepdim = false);

/// The greatest element; NaN where one is among them. Its gradient is shared evenly among equals.
/// @throws IndexError where a reduced dim has no elements
GRADUS_API Tensor amax(const Tensor& x, IntArrayRef dim = {}, bool keepdim = false);
/// The least element; as amax.
GRADUS_API Tensor amin(const Tensor& x, IntArrayRef dim = {}, bool keepdim = false);
/// (amin, amax), of all elements where no dim is given.
GRADUS_API std::tuple<Tensor, Tensor> aminmax(const Tensor& x,
                                              std::optional<int64_t> dim = std::nullopt,
                                              bool keepdim = false);
/// The greatest of all elements, as amax. @throws Error for a tensor without elements
GRADUS_API Tensor max(const Tensor& x);
/// (the greatest along dim, its index): the first of equals; NaN counts as greatest. The gradient
/// goes to the element at the index. @throws IndexError where the dim has no elements
GRADUS_API std::tuple<Tensor, Tensor> max(const Tensor& x, int64_t dim, bool keepdim = false);
/// The least; as max.
GRADUS_API Tensor min(const Tensor& x);
GRADUS_API std::tuple<Tensor, Tensor> min(const Tensor& x, int64_t dim, bool keepdim = false);
/// The index of the greatest element along dim, or among all elements in row-major order: the first
/// of equals; NaN counts as greatest. int64.
/// @throws IndexError where there is none to find
GRADUS_API Tensor argmax(const Tensor& x, std::optional<int64_t> dim = std::nullopt,
                         bool keepdim = false);
/// The index of the least element; as argmax.
GRADUS_API Tensor argmin(const Tensor& x, std::optional<int64_t> dim = std::nullopt,
                         bool keepdim = false);

/// Whether all elements are other than 0 (true for none of them). dtype bool; uint8 for uint8.
GRADUS_API Tensor all(const Tensor& x);
GRADUS_API Tensor all(const Tensor& x, IntArrayRef dim, bool keepdim = false);
/// Whether some element is other than 0; NaN is.
GRADUS_API Tensor any(const Tensor& x);
GRADUS_API Tensor any(const Tensor& x, IntArrayRef dim, bool keepdim = false);
/// How many elements are other than 0, as int64.
GRADUS_API Tensor count_nonzero(const Tensor& x, IntArrayRef dim = {});

/// y_i = x_0 + ... + x_i along dim. dtype as sum.
GRADUS_API Tensor cumsum(const Tensor& x, int64_t dim,
                         std::optional<ScalarType> dtype = std::nullopt);
/// y_i = x_0 ... x_i along dim. dtype as sum. The gradient is right also where elements are 0.
GRADUS_API Tensor cumprod(const Tensor& x, int64_t dim,
                          std::optional<ScalarType> dtype = std::nullopt);

/// (the greatest of x_0 ... x_i along dim; its index, the last of equals). NaN stays. The gradient
/// goes to the element at the index.
GRADUS_API std::tuple<Tensor, Tensor> cummax(const Tensor& x, int64_t dim);
GRADUS_API std::tuple<Tensor&, Tensor&> cummax_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                   int64_t dim);
/// The least; as cummax.
GRADUS_API std::tuple<Tensor, Tensor> cummin(const Tensor& x, int64_t dim);
GRADUS_API std::tuple<Tensor&, Tensor&> cummin_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                   int64_t dim);
/// y_i = log (e^x_0 + ... + e^x_i) along dim, without overflow. @throws TypeError for integers
GRADUS_API Tensor logcumsumexp(const Tensor& x, int64_t dim);
GRADUS_API Tensor& logcumsumexp_out(Tensor& out, const Tensor& x, int64_t dim);

/// norm(x - other, p), of all elements.
GRADUS_API Tensor dist(const Tensor& x, const Tensor& other, const Scalar& p = 2);
/// x with each slice x.select(dim, i) whose p-norm is greater than maxnorm scaled to it.
/// @throws Error for less than two dims; ValueError for p <= 0 or maxnorm < 0; TypeError for
/// integers
GRADUS_API Tensor renorm(const Tensor& x, const Scalar& p, int64_t dim, const Scalar& maxnorm);
GRADUS_API Tensor& renorm_out(Tensor& out, const Tensor& x, const Scalar& p, int64_t dim,
                              const Scalar& maxnorm);

/// The integral of y along dim by the trapezoidal rule: sum (x_(i+1) - x_i) (y_i + y_(i+1)) / 2.
/// Points x have the size of dim or broadcast to y; without them they are dx apart.
/// @throws IndexError for a 0-d y; Error where x has another size
GRADUS_API Tensor trapezoid(const Tensor& y, const Tensor& x, int64_t dim = -1);
GRADUS_API Tensor trapezoid(const Tensor& y, const Scalar& dx = 1, int64_t dim = -1);
/// The integrals from the first point to each of the others.
GRADUS_API Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, int64_t dim = -1);
GRADUS_API Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx = 1, int64_t dim = -1);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& sum_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim = false,
                           std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& nansum_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim = false,
                              std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& mean_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim = false,
                            std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& nanmean_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim = false,
                               std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& prod_out(Tensor& out, const Tensor& x, int64_t dim, bool keepdim = false,
                            std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& var_out(Tensor& out, const Tensor& x, IntArrayRef dim = {},
                           const std::optional<Scalar>& correction = 1, bool keepdim = false);
GRADUS_API Tensor& std_out(Tensor& out, const Tensor& x, IntArrayRef dim = {},
                           const std::optional<Scalar>& correction = 1, bool keepdim = false);
GRADUS_API Tensor& norm_out(Tensor& out, const Tensor& x, std::optional<Scalar> p, IntArrayRef dim,
                            bool keepdim = false, std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& linalg_vector_norm_out(Tensor& out, const Tensor& x, const Scalar& ord = 2,
                                          IntArrayRef dim = {}, bool keepdim = false,
                                          std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& logsumexp_out(Tensor& out, const Tensor& x, IntArrayRef dim,
                                 bool keepdim = false);
GRADUS_API Tensor& amax_out(Tensor& out, const Tensor& x, IntArrayRef dim = {},
                            bool keepdim = false);
GRADUS_API Tensor& amin_out(Tensor& out, const Tensor& x, IntArrayRef dim = {},
                            bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> aminmax_out(Tensor& min, Tensor& max, const Tensor& x,
                                                    std::optional<int64_t> dim = std::nullopt,
                                                    bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> max_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                int64_t dim, bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> min_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                int64_t dim, bool keepdim = false);
GRADUS_API Tensor& argmax_out(Tensor& out, const Tensor& x,
                              std::optional<int64_t> dim = std::nullopt, bool keepdim = false);
GRADUS_API Tensor& argmin_out(Tensor& out, const Tensor& x,
                              std::optional<int64_t> dim = std::nullopt, bool keepdim = false);
GRADUS_API Tensor& all_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim = false);
GRADUS_API Tensor& any_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim = false);
GRADUS_API Tensor& cumsum_out(Tensor& out, const Tensor& x, int64_t dim,
                              std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& cumprod_out(Tensor& out, const Tensor& x, int64_t dim,
                               std::optional<ScalarType> dtype = std::nullopt);

}  // namespace gradus
