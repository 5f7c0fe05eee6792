// The methods of Tensor that core/tensor_methods.h declares.

#include "core/tensor_methods.h"

#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/aliases.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/combine.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/counting.h"
#include "autograd/ops/einsum.h"
#include "autograd/ops/index.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/scatter_reduce.h"
#include "autograd/ops/series.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/special.h"
#include "autograd/ops/special_functions.h"
#include "autograd/ops/strided.h"
#include "autograd/ops/view_scatter.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus {

Tensor& TensorMethods::self() const {
  return static_cast<Tensor&>(const_cast<TensorMethods&>(*this));
}

Tensor TensorMethods::absolute() const {
  return gradus::absolute(self());
}

Tensor& TensorMethods::absolute_() const {
  return self().abs_();
}

Tensor TensorMethods::negative() const {
  return gradus::negative(self());
}

Tensor& TensorMethods::negative_() const {
  return self().neg_();
}

Tensor TensorMethods::positive() const {
  return gradus::positive(self());
}

Tensor TensorMethods::fix() const {
  return gradus::fix(self());
}

Tensor& TensorMethods::fix_() const {
  return self().trunc_();
}

Tensor TensorMethods::arccos() const {
  return gradus::arccos(self());
}

Tensor& TensorMethods::arccos_() const {
  return self().acos_();
}

Tensor TensorMethods::arcsin() const {
  return gradus::arcsin(self());
}

Tensor& TensorMethods::arcsin_() const {
  return self().asin_();
}

Tensor TensorMethods::arctan() const {
  return gradus::arctan(self());
}

Tensor& TensorMethods::arctan_() const {
  return self().atan_();
}

Tensor TensorMethods::arccosh() const {
  return gradus::arccosh(self());
}

Tensor& TensorMethods::arccosh_() const {
  return self().acosh_();
}

Tensor TensorMethods::arcsinh() const {
  return gradus::arcsinh(self());
}

Tensor& TensorMethods::arcsinh_() const {
  return self().asinh_();
}

Tensor TensorMethods::arctanh() const {
  return gradus::arctanh(self());
}

Tensor& TensorMethods::arctanh_() const {
  return self().atanh_();
}

Tensor TensorMethods::sgn() const {
  return gradus::sgn(self());
}

Tensor& TensorMethods::sgn_() const {
  return self().sign_();
}

Tensor TensorMethods::i0() const {
  return gradus::i0(self());
}

Tensor& TensorMethods::i0_() const {
  return write_in_place("i0_", self(), gradus::i0(self()));
}

Tensor TensorMethods::mvlgamma(int64_t p) const {
  return gradus::mvlgamma(self(), p);
}

Tensor& TensorMethods::mvlgamma_(int64_t p) const {
  return write_in_place("mvlgamma_", self(), gradus::mvlgamma(self(), p));
}

Tensor& TensorMethods::polygamma_(int64_t n) const {
  return write_in_place("polygamma_", self(), gradus::polygamma(n, self()));
}

Tensor TensorMethods::hardshrink(const Scalar& lambd) const {
  return gradus::hardshrink(self(), lambd);
}

Tensor TensorMethods::prelu(const Tensor& weight) const {
  return gradus::prelu(self(), weight);
}

Tensor TensorMethods::isreal() const {
  return gradus::isreal(self());
}

Tensor TensorMethods::lcm(const Tensor& other) const {
  return gradus::lcm(self(), other);
}

Tensor TensorMethods::gcd(const Tensor& other) const {
  return gradus::gcd(self(), other);
}

Tensor TensorMethods::logaddexp2(const Tensor& other) const {
  return gradus::logaddexp2(self(), other);
}

Tensor TensorMethods::heaviside(const Tensor& values) const {
  return gradus::heaviside(self(), values);
}

Tensor TensorMethods::fmin(const Tensor& other) const {
  return gradus::fmin(self(), other);
}

Tensor TensorMethods::fmax(const Tensor& other) const {
  return gradus::fmax(self(), other);
}

Tensor TensorMethods::subtract(const Tensor& other, const Scalar& alpha) const {
  return gradus::subtract(self(), other, alpha);
}

Tensor TensorMethods::subtract(const Scalar& other, const Scalar& alpha) const {
  return gradus::subtract(self(), other, alpha);
}

Tensor& TensorMethods::subtract_(const Tensor& other, const Scalar& alpha) const {
  return self().sub_(other, alpha);
}

Tensor& TensorMethods::subtract_(const Scalar& other, const Scalar& alpha) const {
  return self().sub_(other, alpha);
}

Tensor TensorMethods::multiply(const Tensor& other) const {
  return gradus::multiply(self(), other);
}

Tensor TensorMethods::multiply(const Scalar& other) const {
  return gradus::multiply(self(), other);
}

Tensor& TensorMethods::multiply_(const Tensor& other) const {
  return self().mul_(other);
}

Tensor& TensorMethods::multiply_(const Scalar& other) const {
  return self().mul_(other);
}

Tensor TensorMethods::divide(const Tensor& other) const {
  return gradus::divide(self(), other);
}

Tensor TensorMethods::divide(const Scalar& other) const {
  return gradus::divide(self(), other);
}

Tensor TensorMethods::divide(const Tensor& other,
                             std::optional<std::string_view> rounding_mode) const {
  return gradus::divide(self(), other, rounding_mode);
}

Tensor TensorMethods::divide(const Scalar& other,
                             std::optional<std::string_view> rounding_mode) const {
  return gradus::divide(self(), other, rounding_mode);
}

Tensor& TensorMethods::divide_(const Tensor& other) const {
  return self().div_(other);
}

Tensor& TensorMethods::divide_(const Scalar& other) const {
  return self().div_(other);
}

Tensor& TensorMethods::divide_(const Tensor& other,
                               std::optional<std::string_view> rounding_mode) const {
  return self().div_(other, rounding_mode);
}

Tensor& TensorMethods::divide_(const Scalar& other,
                               std::optional<std::string_view> rounding_mode) const {
  return self().div_(other, rounding_mode);
}

Tensor TensorMethods::true_divide(const Tensor& other) const {
  return gradus::true_divide(self(), other);
}

Tensor TensorMethods::true_divide(const Scalar& other) const {
  return gradus::true_divide(self(), other);
}

Tensor& TensorMethods::true_divide_(const Tensor& other) const {
  return self().div_(other);
}

Tensor& TensorMethods::true_divide_(const Scalar& other) const {
  return self().div_(other);
}

Tensor TensorMethods::greater(const Tensor& other) const {
  return gradus::greater(self(), other);
}

Tensor TensorMethods::greater(const Scalar& other) const {
  return gradus::greater(self(), other);
}

Tensor& TensorMethods::greater_(const Tensor& other) const {
  return self().gt_(other);
}

Tensor& TensorMethods::greater_(const Scalar& other) const {
  return self().gt_(other);
}

Tensor TensorMethods::greater_equal(const Tensor& other) const {
  return gradus::greater_equal(self(), other);
}

Tensor TensorMethods::greater_equal(const Scalar& other) const {
  return gradus::greater_equal(self(), other);
}

Tensor& TensorMethods::greater_equal_(const Tensor& other) const {
  return self().ge_(other);
}

Tensor& TensorMethods::greater_equal_(const Scalar& other) const {
  return self().ge_(other);
}

Tensor TensorMethods::less(const Tensor& other) const {
  return gradus::less(self(), other);
}

Tensor TensorMethods::less(const Scalar& other) const {
  return gradus::less(self(), other);
}

Tensor& TensorMethods::less_(const Tensor& other) const {
  return self().lt_(other);
}

Tensor& TensorMethods::less_(const Scalar& other) const {
  return self().lt_(other);
}

Tensor TensorMethods::less_equal(const Tensor& other) const {
  return gradus::less_equal(self(), other);
}

Tensor TensorMethods::less_equal(const Scalar& other) const {
  return gradus::less_equal(self(), other);
}

Tensor& TensorMethods::less_equal_(const Tensor& other) const {
  return self().le_(other);
}

Tensor& TensorMethods::less_equal_(const Scalar& other) const {
  return self().le_(other);
}

Tensor TensorMethods::not_equal(const Tensor& other) const {
  return gradus::not_equal(self(), other);
}

Tensor TensorMethods::not_equal(const Scalar& other) const {
  return gradus::not_equal(self(), other);
}

Tensor& TensorMethods::not_equal_(const Tensor& other) const {
  return self().ne_(other);
}

Tensor& TensorMethods::not_equal_(const Scalar& other) const {
  return self().ne_(other);
}

Tensor TensorMethods::arctan2(const Tensor& other) const {
  return gradus::arctan2(self(), other);
}

Tensor& TensorMethods::arctan2_(const Tensor& other) const {
  return self().atan2_(other);
}

Tensor TensorMethods::nextafter(const Tensor& other) const {
  return gradus::nextafter(self(), other);
}

Tensor& TensorMethods::nextafter_(const Tensor& other) const {
  return write_in_place("nextafter_", self(), gradus::nextafter(self(), other));
}

Tensor TensorMethods::igamma(const Tensor& other) const {
  return gradus::igamma(self(), other);
}

Tensor& TensorMethods::igamma_(const Tensor& other) const {
  return write_in_place("igamma_", self(), gradus::igamma(self(), other));
}

Tensor TensorMethods::igammac(const Tensor& other) const {
  return gradus::igammac(self(), other);
}

Tensor& TensorMethods::igammac_(const Tensor& other) const {
  return write_in_place("igammac_", self(), gradus::igammac(self(), other));
}

Tensor& TensorMethods::heaviside_(const Tensor& values) const {
  return write_in_place("heaviside_", self(), gradus::heaviside(self(), values));
}

Tensor& TensorMethods::bitwise_left_shift_(const Tensor& other) const {
  return write_in_place("bitwise_left_shift_", self(), gradus::bitwise_left_shift(self(), other));
}

Tensor& TensorMethods::bitwise_left_shift_(const Scalar& other) const {
  return write_in_place("bitwise_left_shift_", self(), gradus::bitwise_left_shift(self(), other));
}

Tensor& TensorMethods::bitwise_right_shift_(const Tensor& other) const {
  return write_in_place("bitwise_right_shift_", self(), gradus::bitwise_right_shift(self(), other));
}

Tensor& TensorMethods::bitwise_right_shift_(const Scalar& other) const {
  return write_in_place("bitwise_right_shift_", self(), gradus::bitwise_right_shift(self(), other));
}

Tensor TensorMethods::ldexp(const Tensor& other) const {
  return gradus::ldexp(self(), other);
}

Tensor& TensorMethods::ldexp_(const Tensor& other) const {
  return write_in_place("ldexp_", self(), gradus::ldexp(self(), other));
}

Tensor TensorMethods::float_power(const Tensor& exponent) const {
  return gradus::float_power(self(), exponent);
}

Tensor TensorMethods::float_power(const Scalar& exponent) const {
  return gradus::float_power(self(), exponent);
}

Tensor& TensorMethods::float_power_(const Tensor& exponent) const {
  return write_in_place("float_power_", self(), gradus::float_power(self(), exponent));
}

Tensor& TensorMethods::float_power_(const Scalar& exponent) const {
  return write_in_place("float_power_", self(), gradus::float_power(self(), exponent));
}

Tensor TensorMethods::inverse() const {
  return gradus::inverse(self());
}

Tensor TensorMethods::pinverse(double rcond) const {
  return gradus::pinverse(self(), rcond);
}

Tensor TensorMethods::det() const {
  return gradus::det(self());
}

Tensor TensorMethods::logdet() const {
  return gradus::logdet(self());
}

std::tuple<Tensor, Tensor> TensorMethods::slogdet() const {
  return gradus::slogdet(self());
}

Tensor TensorMethods::matrix_exp() const {
  return gradus::matrix_exp(self());
}

Tensor TensorMethods::matrix_power(int64_t n) const {
  return gradus::matrix_power(self(), n);
}

Tensor TensorMethods::cholesky(bool upper) const {
  return gradus::cholesky(self(), upper);
}

Tensor TensorMethods::cholesky_inverse(bool upper) const {
  return gradus::cholesky_inverse(self(), upper);
}

Tensor TensorMethods::cholesky_solve(const Tensor& factor, bool upper) const {
  return gradus::cholesky_solve(self(), factor, upper);
}

std::tuple<Tensor, Tensor> TensorMethods::qr(bool some) const {
  return gradus::qr(self(), some);
}

std::tuple<Tensor, Tensor, Tensor> TensorMethods::svd(bool some, bool compute_uv) const {
  return gradus::svd(self(), some, compute_uv);
}

Tensor TensorMethods::mv(const Tensor& vec) const {
  return gradus::mv(self(), vec);
}

Tensor TensorMethods::dot(const Tensor& other) const {
  return gradus::dot(self(), other);
}

Tensor TensorMethods::outer(const Tensor& vec) const {
  return gradus::outer(self(), vec);
}

Tensor TensorMethods::addmv(const Tensor& mat, const Tensor& vec, const Scalar& beta,
                            const Scalar& alpha) const {
  return gradus::addmv(self(), mat, vec, beta, alpha);
}

Tensor TensorMethods::addr(const Tensor& vec1, const Tensor& vec2, const Scalar& beta,
                           const Scalar& alpha) const {
  return gradus::addr(self(), vec1, vec2, beta, alpha);
}

Tensor TensorMethods::addbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                             const Scalar& alpha) const {
  return gradus::addbmm(self(), batch1, batch2, beta, alpha);
}

Tensor TensorMethods::inner(const Tensor& other) const {
  return gradus::inner(self(), other);
}

Tensor TensorMethods::kron(const Tensor& other) const {
  return gradus::kron(self(), other);
}

Tensor TensorMethods::cross(const Tensor& other, std::optional<int64_t> dim) const {
  return gradus::cross(self(), other, dim);
}

Tensor TensorMethods::trace() const {
  return gradus::trace(self());
}

Tensor TensorMethods::adjoint() const {
  return gradus::adjoint(self());
}

Tensor TensorMethods::mH() const {
  return gradus::adjoint(self());
}

Tensor TensorMethods::matrix_H() const {
  GRADUS_CHECK(self().dim() == 2, "matrix_H: expected two dims, got shape {}", self().sizes());
  return gradus::adjoint(self());
}

Tensor& TensorMethods::addmv_(const Tensor& mat, const Tensor& vec, const Scalar& beta,
                              const Scalar& alpha) const {
  return write_in_place("addmv_", self(), gradus::addmv(self(), mat, vec, beta, alpha));
}

Tensor& TensorMethods::addr_(const Tensor& vec1, const Tensor& vec2, const Scalar& beta,
                             const Scalar& alpha) const {
  return write_in_place("addr_", self(), gradus::addr(self(), vec1, vec2, beta, alpha));
}

Tensor& TensorMethods::addbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                               const Scalar& alpha) const {
  const autocast::Pause no_autocast;
  return write_in_place("addbmm_", self(), gradus::addbmm(self(), batch1, batch2, beta, alpha));
}

Tensor& TensorMethods::renorm_(const Scalar& p, int64_t dim, const Scalar& maxnorm) const {
  return write_in_place("renorm_", self(), gradus::renorm(self(), p, dim, maxnorm));
}

Tensor TensorMethods::corrcoef() const {
  return gradus::corrcoef(self());
}

Tensor TensorMethods::ger(const Tensor& vec) const {
  return gradus::ger(self(), vec);
}

Tensor TensorMethods::vdot(const Tensor& other) const {
  return gradus::vdot(self(), other);
}

Tensor TensorMethods::swapaxes(int64_t axis0, int64_t axis1) const {
  return gradus::swapaxes(self(), axis0, axis1);
}

Tensor& TensorMethods::swapaxes_(int64_t axis0, int64_t axis1) const {
  return self().transpose_(axis0, axis1);
}

Tensor TensorMethods::swapdims(int64_t dim0, int64_t dim1) const {
  return gradus::swapdims(self(), dim0, dim1);
}

Tensor& TensorMethods::swapdims_(int64_t dim0, int64_t dim1) const {
  return self().transpose_(dim0, dim1);
}

Tensor TensorMethods::moveaxis(IntArrayRef source, IntArrayRef destination) const {
  return gradus::moveaxis(self(), source, destination);
}

Tensor TensorMethods::moveaxis(int64_t source, int64_t destination) const {
  return gradus::moveaxis(self(), source, destination);
}

Tensor TensorMethods::as_strided_scatter(const Tensor& src, IntArrayRef sizes, IntArrayRef strides,
                                         std::optional<int64_t> storage_offset) const {
  return gradus::as_strided_scatter(self(), src, sizes, strides, storage_offset);
}

Tensor TensorMethods::select_scatter(const Tensor& src, int64_t dim, int64_t index) const {
  return gradus::select_scatter(self(), src, dim, index);
}

Tensor TensorMethods::slice_scatter(const Tensor& src, int64_t dim, std::optional<int64_t> start,
                                    std::optional<int64_t> end, int64_t step) const {
  return gradus::slice_scatter(self(), src, dim, start, end, step);
}

Tensor TensorMethods::diagonal_scatter(const Tensor& src, int64_t offset, int64_t dim1,
                                       int64_t dim2) const {
  return gradus::diagonal_scatter(self(), src, offset, dim1, dim2);
}

Tensor TensorMethods::put(const Tensor& index, const Tensor& source, bool accumulate) const {
  return gradus::put(self(), index, source, accumulate);
}

Tensor& TensorMethods::put_(const Tensor& index, const Tensor& source, bool accumulate) const {
  return gradus::put_(self(), index, source, accumulate);
}

std::tuple<Tensor, Tensor> TensorMethods::frexp() const {
  return gradus::frexp(self());
}

Tensor TensorMethods::conj() const {
  return gradus::conj(self());
}

Tensor TensorMethods::conj_physical() const {
  return gradus::conj_physical(self());
}

Tensor& TensorMethods::conj_physical_() const {
  return self();
}

Tensor TensorMethods::resolve_conj() const {
  return gradus::resolve_conj(self());
}

Tensor TensorMethods::resolve_neg() const {
  return gradus::resolve_neg(self());
}

std::tuple<Tensor, Tensor> TensorMethods::triangular_solve(const Tensor& A, bool upper,
                                                           bool transpose,
                                                           bool unitriangular) const {
  return gradus::triangular_solve(self(), A, upper, transpose, unitriangular);
}

Tensor TensorMethods::lu_solve(const Tensor& LU, const Tensor& pivots) const {
  return gradus::lu_solve(self(), LU, pivots);
}

std::tuple<Tensor, Tensor> TensorMethods::geqrf() const {
  return gradus::geqrf(self());
}

Tensor TensorMethods::orgqr(const Tensor& tau) const {
  return gradus::orgqr(self(), tau);
}

Tensor TensorMethods::ormqr(const Tensor& tau, const Tensor& other, bool left,
                            bool transpose) const {
  return gradus::ormqr(self(), tau, other, left, transpose);
}

std::vector<Tensor> TensorMethods::unsafe_chunk(int64_t chunks, int64_t dim) const {
  return gradus::unsafe_chunk(self(), chunks, dim);
}

std::vector<Tensor> TensorMethods::unsafe_split(int64_t split_size, int64_t dim) const {
  return gradus::unsafe_split(self(), split_size, dim);
}

std::vector<Tensor> TensorMethods::unsafe_split_with_sizes(IntArrayRef split_sizes,
                                                           int64_t dim) const {
  return gradus::unsafe_split_with_sizes(self(), split_sizes, dim);
}

Tensor TensorMethods::narrow_copy(int64_t dim, int64_t start, int64_t length) const {
  return gradus::narrow_copy(self(), dim, start, length);
}

Tensor TensorMethods::alias() const {
  return gradus::alias(self());
}

bool TensorMethods::is_set_to(const Tensor& other) const {
  const Tensor& x = self();
  require_tensors("is_set_to", x, other);
  return x.is_alias_of(other) && x.dtype() == other.dtype() &&
         x.storage_offset() == other.storage_offset() && x.sizes() == other.sizes() &&
         x.strides() == other.strides();
}

Tensor TensorMethods::index_reduce(int64_t dim, const Tensor& index, const Tensor& source,
                                   std::string_view reduce, bool include_self) const {
  return gradus::index_reduce(self(), dim, index, source, reduce, include_self);
}

Tensor& TensorMethods::index_reduce_(int64_t dim, const Tensor& index, const Tensor& source,
                                     std::string_view reduce, bool include_self) const {
  return gradus::index_reduce_(self(), dim, index, source, reduce, include_self);
}

Tensor TensorMethods::nonzero_static(int64_t size, int64_t fill_value) const {
  return gradus::nonzero_static(self(), size, fill_value);
}

std::tuple<Tensor, Tensor> TensorMethods::histogram(int64_t bins, ArrayRef<double> range) const {
  return gradus::histogram(self(), bins, range);
}

std::tuple<Tensor, Tensor> TensorMethods::histogram(int64_t bins, ArrayRef<double> range,
                                                    const Tensor& weight, bool density) const {
  return gradus::histogram(self(), bins, range, weight, density);
}

std::tuple<Tensor, Tensor> TensorMethods::histogram(const Tensor& bins) const {
  return gradus::histogram(self(), bins);
}

std::tuple<Tensor, Tensor> TensorMethods::histogram(const Tensor& bins, const Tensor& weight,
                                                    bool density) const {
  return gradus::histogram(self(), bins, weight, density);
}

bool TensorMethods::is_nonzero() const {
  return gradus::is_nonzero(self());
}

}  // namespace gradus
