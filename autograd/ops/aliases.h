#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/ops/activation.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/index.h"
#include "autograd/ops/join.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/resample.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/special_functions.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"

namespace gradus {

// PyTorch's second names. See the op that each calls.

inline Tensor absolute(const Tensor& x) {
  return abs(x);
}
inline Tensor& absolute_(Tensor& x) {
  return abs_(x);
}
inline Tensor negative(const Tensor& x) {
  return neg(x);
}
inline Tensor& negative_(Tensor& x) {
  return neg_(x);
}
/// x itself. @throws TypeError for bool
inline Tensor positive(const Tensor& x) {
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "positive: not implemented for Bool");
  return x;
}
/// The sign; of real numbers it is sign(x).
inline Tensor sgn(const Tensor& x) {
  return sign(x);
}
/// True everywhere: there are no complex numbers yet.
inline Tensor isreal(const Tensor& x) {
  return ones_like(x, kBool);
}
/// Whether the only element is other than 0. @throws Error unless x.numel() is 1
inline bool is_nonzero(const Tensor& x) {
  return x.item().toBool();
}
/// x itself, of real numbers; as the four below.
inline Tensor conj(const Tensor& x) {
  return x;
}
inline Tensor conj_physical(const Tensor& x) {
  return x;
}
inline Tensor resolve_conj(const Tensor& x) {
  return x;
}
inline Tensor resolve_neg(const Tensor& x) {
  return x;
}
inline Tensor real(const Tensor& x) {
  return x;
}
/// x with its last two dims exchanged; of real numbers it is mT(x). @throws Error for one dim
inline Tensor adjoint(const Tensor& x) {
  return mT(x);
}
inline bool is_same_size(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes();
}
inline Tensor fix(const Tensor& x) {
  return trunc(x);
}
inline Tensor& fix_(Tensor& x) {
  return trunc_(x);
}
inline Tensor arccos(const Tensor& x) {
  return acos(x);
}
inline Tensor& arccos_(Tensor& x) {
  return acos_(x);
}
inline Tensor arcsin(const Tensor& x) {
  return asin(x);
}
inline Tensor& arcsin_(Tensor& x) {
  return asin_(x);
}
inline Tensor arctan(const Tensor& x) {
  return atan(x);
}
inline Tensor& arctan_(Tensor& x) {
  return atan_(x);
}
inline Tensor arccosh(const Tensor& x) {
  return acosh(x);
}
inline Tensor& arccosh_(Tensor& x) {
  return acosh_(x);
}
inline Tensor arcsinh(const Tensor& x) {
  return asinh(x);
}
inline Tensor& arcsinh_(Tensor& x) {
  return asinh_(x);
}
inline Tensor arctanh(const Tensor& x) {
  return atanh(x);
}
inline Tensor& arctanh_(Tensor& x) {
  return atanh_(x);
}
inline Tensor arctan2(const Tensor& y, const Tensor& x) {
  return atan2(y, x);
}

inline Tensor subtract(const Tensor& a, const Tensor& b, const Scalar& alpha = 1) {
  return sub(a, b, alpha);
}
inline Tensor subtract(const Tensor& a, const Scalar& b, const Scalar& alpha = 1) {
  return sub(a, b, alpha);
}
inline Tensor multiply(const Tensor& a, const Tensor& b) {
  return mul(a, b);
}
inline Tensor multiply(const Tensor& a, const Scalar& b) {
  return mul(a, b);
}
inline Tensor divide(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
inline Tensor divide(const Tensor& a, const Scalar& b) {
  return div(a, b);
}
inline Tensor divide(const Tensor& a, const Tensor& b,
                     std::optional<std::string_view> rounding_mode) {
  return div(a, b, rounding_mode);
}
inline Tensor divide(const Tensor& a, const Scalar& b,
                     std::optional<std::string_view> rounding_mode) {
  return div(a, b, rounding_mode);
}
inline Tensor true_divide(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
inline Tensor true_divide(const Tensor& a, const Scalar& b) {
  return div(a, b);
}

inline Tensor greater(const Tensor& a, const Tensor& b) {
  return gt(a, b);
}
inline Tensor greater(const Tensor& a, const Scalar& b) {
  return gt(a, b);
}
inline Tensor greater_equal(const Tensor& a, const Tensor& b) {
  return ge(a, b);
}
inline Tensor greater_equal(const Tensor& a, const Scalar& b) {
  return ge(a, b);
}
inline Tensor less(const Tensor& a, const Tensor& b) {
  return lt(a, b);
}
inline Tensor less(const Tensor& a, const Scalar& b) {
  return lt(a, b);
}
inline Tensor less_equal(const Tensor& a, const Tensor& b) {
  return le(a, b);
}
inline Tensor less_equal(const Tensor& a, const Scalar& b) {
  return le(a, b);
}
inline Tensor not_equal(const Tensor& a, const Tensor& b) {
  return ne(a, b);
}
inline Tensor not_equal(const Tensor& a, const Scalar& b) {
  return ne(a, b);
}

inline Tensor clip(const Tensor& x, std::optional<Scalar> min,
                   std::optional<Scalar> max = std::nullopt) {
  return clamp(x, min, max);
}
inline Tensor clip(const Tensor& x, const Tensor& min = {}, const Tensor& max = {}) {
  return clamp(x, min, max);
}
inline Tensor& clip_(Tensor& x, std::optional<Scalar> min,
                     std::optional<Scalar> max = std::nullopt) {
  return clamp_(x, min, max);
}
inline Tensor& clip_(Tensor& x, const Tensor& min = {}, const Tensor& max = {}) {
  return clamp_(x, min, max);
}

inline Tensor max(const Tensor& a, const Tensor& b) {
  return maximum(a, b);
}
inline Tensor& max_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return maximum_out(out, a, b);
}
inline Tensor min(const Tensor& a, const Tensor& b) {
  return minimum(a, b);
}
inline Tensor& min_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return minimum_out(out, a, b);
}
inline Tensor concatenate(TensorList tensors, int64_t dim = 0) {
  return cat(tensors, dim);
}
inline Tensor& concat_out(Tensor& out, TensorList tensors, int64_t dim = 0) {
  return cat_out(out, tensors, dim);
}
inline Tensor cross_entropy_loss(const Tensor& input, const Tensor& target,
                                 const Tensor& weight = {}, int64_t reduction = Reduction::Mean,
                                 int64_t ignore_index = -100, double label_smoothing = 0.0) {
  return cross_entropy(input, target, weight, reduction, ignore_index, label_smoothing);
}
inline Tensor nll_loss_nd(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                          int64_t reduction = Reduction::Mean, int64_t ignore_index = -100) {
  return nll_loss(input, target, weight, reduction, ignore_index);
}
inline Tensor nll_loss2d(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                         int64_t reduction = Reduction::Mean, int64_t ignore_index = -100) {
  return nll_loss(input, target, weight, reduction, ignore_index);
}
inline Tensor trapz(const Tensor& y, const Tensor& x, int64_t dim = -1) {
  return trapezoid(y, x, dim);
}
inline Tensor trapz(const Tensor& y, double dx = 1, int64_t dim = -1) {
  return trapezoid(y, dx, dim);
}

inline Tensor i0(const Tensor& x) {
  return special::i0(x);
}
inline Tensor igamma(const Tensor& a, const Tensor& x) {
  return special::gammainc(a, x);
}
inline Tensor igammac(const Tensor& a, const Tensor& x) {
  return special::gammaincc(a, x);
}
inline Tensor mvlgamma(const Tensor& x, int64_t p) {
  return special::multigammaln(x, p);
}

/// The places of the elements other than 0, an index for each dim.
inline std::vector<Tensor> where(const Tensor& condition) {
  return nonzero_numpy(condition);
}
inline std::vector<Tensor> atleast_1d(TensorList tensors) {
  std::vector<Tensor> ys;
  for (const Tensor& x : tensors) ys.push_back(atleast_1d(x));
  return ys;
}
inline std::vector<Tensor> atleast_2d(TensorList tensors) {
  std::vector<Tensor> ys;
  for (const Tensor& x : tensors) ys.push_back(atleast_2d(x));
  return ys;
}
inline std::vector<Tensor> atleast_3d(TensorList tensors) {
  std::vector<Tensor> ys;
  for (const Tensor& x : tensors) ys.push_back(atleast_3d(x));
  return ys;
}
inline Tensor bitwise_and(const Scalar& a, const Tensor& b) {
  return bitwise_and(b, a);
}
inline Tensor bitwise_or(const Scalar& a, const Tensor& b) {
  return bitwise_or(b, a);
}
inline Tensor bitwise_xor(const Scalar& a, const Tensor& b) {
  return bitwise_xor(b, a);
}
/// linalg_householder_product
inline Tensor orgqr(const Tensor& A, const Tensor& tau) {
  return linalg_householder_product(A, tau);
}
/// grid_sampler of images, and of volumes.
inline Tensor grid_sampler_2d(const Tensor& x, const Tensor& grid, int64_t interpolation_mode,
                              int64_t padding_mode, bool align_corners) {
  GRADUS_CHECK(x.dim() == 4, "grid_sampler_2d: expected x of 4 dims, got {}", x.sizes());
  return grid_sampler(x, grid, interpolation_mode, padding_mode, align_corners);
}
inline Tensor grid_sampler_3d(const Tensor& x, const Tensor& grid, int64_t interpolation_mode,
                              int64_t padding_mode, bool align_corners) {
  GRADUS_CHECK(x.dim() == 5, "grid_sampler_3d: expected x of 5 dims, got {}", x.sizes());
  return grid_sampler(x, grid, interpolation_mode, padding_mode, align_corners);
}
inline Tensor linalg_matmul(const Tensor& a, const Tensor& b) {
  return matmul(a, b);
}
inline Tensor bitwise_left_shift(const Scalar& a, const Tensor& b) {
  return bitwise_left_shift(scalar_tensor(a, a.type()), b);
}
inline Tensor bitwise_right_shift(const Scalar& a, const Tensor& b) {
  return bitwise_right_shift(scalar_tensor(a, a.type()), b);
}
inline Tensor bernoulli(const Tensor& x, const Tensor& p,
                        std::optional<Generator> generator = std::nullopt) {
  return empty_like(x).bernoulli_(p, std::move(generator));
}
inline Tensor detach(const Tensor& x) {
  return x.detach();
}
inline Tensor& detach_(Tensor& x) {
  return x.detach_();
}
inline Tensor fill(const Tensor& x, const Scalar& value) {
  return full_like(x, value);
}
inline Tensor fill(const Tensor& x, const Tensor& value) {
  return x.clone().fill_(value);
}

// In-place forms as functions.

inline Tensor& xlogy_(Tensor& x, const Tensor& y) {
  return x.xlogy_(y);
}
inline Tensor& xlogy_(Tensor& x, const Scalar& y) {
  return x.xlogy_(y);
}
inline Tensor& gcd_(Tensor& a, const Tensor& b) {
  return a.gcd_(b);
}
inline Tensor& lcm_(Tensor& a, const Tensor& b) {
  return a.lcm_(b);
}
inline Tensor& logit_(Tensor& x, std::optional<double> eps = std::nullopt) {
  return x.logit_(eps);
}
inline Tensor& sinc_(Tensor& x) {
  return x.sinc_();
}
inline Tensor& i0_(Tensor& x) {
  return x.i0_();
}
inline Tensor& ldexp_(Tensor& x, const Tensor& other) {
  return x.ldexp_(other);
}
inline Tensor& deg2rad_(Tensor& x) {
  return x.deg2rad_();
}
inline Tensor& rad2deg_(Tensor& x) {
  return x.rad2deg_();
}
inline Tensor& nan_to_num_(Tensor& x, std::optional<double> nan = std::nullopt,
                           std::optional<double> posinf = std::nullopt,
                           std::optional<double> neginf = std::nullopt) {
  return x.nan_to_num_(nan, posinf, neginf);
}
inline Tensor& addmv_(Tensor& x, const Tensor& mat, const Tensor& vec, const Scalar& beta = 1,
                      const Scalar& alpha = 1) {
  return x.addmv_(mat, vec, beta, alpha);
}
inline const Tensor& as_strided_(const Tensor& x, IntArrayRef sizes, IntArrayRef strides,
                                 std::optional<int64_t> storage_offset = std::nullopt) {
  return x.as_strided_(sizes, strides, storage_offset);
}
inline const Tensor& resize_as_(const Tensor& x, const Tensor& other,
                                std::optional<MemoryFormat> format = std::nullopt) {
  return x.resize_as_(other, format);
}

}  // namespace gradus
