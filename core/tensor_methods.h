#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/array_ref.h"
#include "core/export.h"
#include "core/scalar.h"
#include "core/tensor_options.h"

namespace gradus {

class Storage;
class Tensor;

/// The methods of Tensor beyond those of every day: PyTorch's second names (`x.multiply(y)` is
/// `x.mul(y)`), in-place forms that are short for an op and a copy, matrices and linear algebra. A
/// part of Tensor of its own so that each can be read; defined in autograd/ops/tensor_methods.cpp.
class GRADUS_API TensorMethods {
 public:
  // --- of one tensor
  Tensor absolute() const;
  Tensor& absolute_() const;
  Tensor negative() const;
  Tensor& negative_() const;
  Tensor positive() const;
  Tensor fix() const;
  Tensor& fix_() const;
  Tensor arccos() const;
  Tensor& arccos_() const;
  Tensor arcsin() const;
  Tensor& arcsin_() const;
  Tensor arctan() const;
  Tensor& arctan_() const;
  Tensor arccosh() const;
  Tensor& arccosh_() const;
  Tensor arcsinh() const;
  Tensor& arcsinh_() const;
  Tensor arctanh() const;
  Tensor& arctanh_() const;
  Tensor sgn() const;
  Tensor& sgn_() const;
  Tensor i0() const;
  Tensor& i0_() const;
  Tensor mvlgamma(int64_t p) const;
  Tensor& mvlgamma_(int64_t p) const;
  Tensor& polygamma_(int64_t n) const;
  std::tuple<Tensor, Tensor> frexp() const;
  Tensor hardshrink(const Scalar& lambd = 0.5) const;
  Tensor prelu(const Tensor& weight) const;
  Tensor isreal() const;
  /// The complex conjugate, which of real numbers is this tensor itself, as are the three below.
  Tensor conj() const;
  Tensor conj_physical() const;
  Tensor resolve_conj() const;
  Tensor resolve_neg() const;
  Tensor& conj_physical_() const;

  // --- of two tensors
  Tensor lcm(const Tensor& other) const;
  Tensor gcd(const Tensor& other) const;
  Tensor logaddexp2(const Tensor& other) const;
  Tensor heaviside(const Tensor& values) const;
  Tensor fmin(const Tensor& other) const;
  Tensor fmax(const Tensor& other) const;
  Tensor subtract(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor subtract(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& subtract_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& subtract_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor multiply(const Tensor& other) const;
  Tensor multiply(const Scalar& other) const;
  Tensor& multiply_(const Tensor& other) const;
  Tensor& multiply_(const Scalar& other) const;
  Tensor divide(const Tensor& other) const;
  Tensor divide(const Scalar& other) const;
  Tensor divide(const Tensor& other, std::optional<std::string_view> rounding_mode) const;
  Tensor divide(const Scalar& other, std::optional<std::string_view> rounding_mode) const;
  Tensor& divide_(const Tensor& other) const;
  Tensor& divide_(const Scalar& other) const;
  Tensor& divide_(const Tensor& other, std::optional<std::string_view> rounding_mode) const;
  Tensor& divide_(const Scalar& other, std::optional<std::string_view> rounding_mode) const;
  Tensor true_divide(const Tensor& other) const;
  Tensor true_divide(const Scalar& other) const;
  Tensor& true_divide_(const Tensor& other) const;
  Tensor& true_divide_(const Scalar& other) const;
  Tensor greater(const Tensor& other) const;
  Tensor greater(const Scalar& other) const;
  Tensor& greater_(const Tensor& other) const;
  Tensor& greater_(const Scalar& other) const;
  Tensor greater_equal(const Tensor& other) const;
  Tensor greater_equal(const Scalar& other) const;
  Tensor& greater_equal_(const Tensor& other) const;
  Tensor& greater_equal_(const Scalar& other) const;
  Tensor less(const Tensor& other) const;
  Tensor less(const Scalar& other) const;
  Tensor& less_(const Tensor& other) const;
  Tensor& less_(const Scalar& other) const;
  Tensor less_equal(const Tensor& other) const;
  Tensor less_equal(const Scalar& other) const;
  Tensor& less_equal_(const Tensor& other) const;
  Tensor& less_equal_(const Scalar& other) const;
  Tensor not_equal(const Tensor& other) const;
  Tensor not_equal(const Scalar& other) const;
  Tensor& not_equal_(const Tensor& other) const;
  Tensor& not_equal_(const Scalar& other) const;
  Tensor arctan2(const Tensor& other) const;
  Tensor& arctan2_(const Tensor& other) const;
  Tensor nextafter(const Tensor& other) const;
  Tensor& nextafter_(const Tensor& other) const;
  Tensor igamma(const Tensor& other) const;
  Tensor& igamma_(const Tensor& other) const;
  Tensor igammac(const Tensor& other) const;
  Tensor& igammac_(const Tensor& other) const;
  Tensor& heaviside_(const Tensor& values) const;
  Tensor& bitwise_left_shift_(const Tensor& other) const;
  Tensor& bitwise_left_shift_(const Scalar& other) const;
  Tensor& bitwise_right_shift_(const Tensor& other) const;
  Tensor& bitwise_right_shift_(const Scalar& other) const;
  Tensor ldexp(const Tensor& other) const;
  Tensor& ldexp_(const Tensor& other) const;
  Tensor float_power(const Tensor& exponent) const;
  Tensor float_power(const Scalar& exponent) const;
  Tensor& float_power_(const Tensor& exponent) const;
  Tensor& float_power_(const Scalar& exponent) const;

  // --- of matrices: autograd/ops/matmul.h, combine.h, linalg.h
  Tensor inverse() const;
  Tensor pinverse(double rcond = 1e-15) const;
  Tensor det() const;
  Tensor logdet() const;
  std::tuple<Tensor, Tensor> slogdet() const;
  Tensor matrix_exp() const;
  Tensor matrix_power(int64_t n) const;
  Tensor cholesky(bool upper = false) const;
  Tensor cholesky_inverse(bool upper = false) const;
  Tensor cholesky_solve(const Tensor& factor, bool upper = false) const;
  std::tuple<Tensor, Tensor> qr(bool some = true) const;
  std::tuple<Tensor, Tensor, Tensor> svd(bool some = true, bool compute_uv = true) const;
  std::tuple<Tensor, Tensor> triangular_solve(const Tensor& A, bool upper = true,
                                              bool transpose = false,
                                              bool unitriangular = false) const;
  Tensor lu_solve(const Tensor& LU, const Tensor& pivots) const;
  std::tuple<Tensor, Tensor> geqrf() const;
  Tensor orgqr(const Tensor& tau) const;
  Tensor ormqr(const Tensor& tau, const Tensor& other, bool left = true,
               bool transpose = false) const;
  Tensor mv(const Tensor& vec) const;
  Tensor dot(const Tensor& other) const;
  Tensor outer(const Tensor& vec) const;
  Tensor addmv(const Tensor& mat, const Tensor& vec, const Scalar& beta = 1,
               const Scalar& alpha = 1) const;
  Tensor addr(const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1,
              const Scalar& alpha = 1) const;
  Tensor addbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                const Scalar& alpha = 1) const;
  Tensor inner(const Tensor& other) const;
  Tensor kron(const Tensor& other) const;
  Tensor cross(const Tensor& other, std::optional<int64_t> dim = std::nullopt) const;
  Tensor trace() const;
  Tensor adjoint() const;
  Tensor mH() const;
  Tensor matrix_H() const;
  Tensor& addmv_(const Tensor& mat, const Tensor& vec, const Scalar& beta = 1,
                 const Scalar& alpha = 1) const;
  Tensor& addr_(const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1,
                const Scalar& alpha = 1) const;
  Tensor& addbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                  const Scalar& alpha = 1) const;
  Tensor& renorm_(const Scalar& p, int64_t dim, const Scalar& maxnorm) const;
  Tensor corrcoef() const;
  Tensor ger(const Tensor& vec) const;
  Tensor vdot(const Tensor& other) const;

  // --- of shapes and places
  Tensor swapaxes(int64_t axis0, int64_t axis1) const;
  Tensor& swapaxes_(int64_t axis0, int64_t axis1) const;
  Tensor swapdims(int64_t dim0, int64_t dim1) const;
  Tensor& swapdims_(int64_t dim0, int64_t dim1) const;
  Tensor moveaxis(IntArrayRef source, IntArrayRef destination) const;
  Tensor moveaxis(int64_t source, int64_t destination) const;
  Tensor as_strided_scatter(const Tensor& src, IntArrayRef sizes, IntArrayRef strides,
                            std::optional<int64_t> storage_offset = std::nullopt) const;
  Tensor select_scatter(const Tensor& src, int64_t dim, int64_t index) const;
  Tensor slice_scatter(const Tensor& src, int64_t dim = 0,
                       std::optional<int64_t> start = std::nullopt,
                       std::optional<int64_t> end = std::nullopt, int64_t step = 1) const;
  Tensor diagonal_scatter(const Tensor& src, int64_t offset = 0, int64_t dim1 = 0,
                          int64_t dim2 = 1) const;
  std::vector<Tensor> tensor_split(int64_t sections, int64_t dim = 0) const;
  std::vector<Tensor> tensor_split(IntArrayRef indices, int64_t dim = 0) const;
  std::vector<Tensor> tensor_split(const Tensor& indices_or_sections, int64_t dim = 0) const;
  std::vector<Tensor> hsplit(int64_t sections) const;
  std::vector<Tensor> hsplit(IntArrayRef indices) const;
  std::vector<Tensor> vsplit(int64_t sections) const;
  std::vector<Tensor> vsplit(IntArrayRef indices) const;
  std::vector<Tensor> dsplit(int64_t sections) const;
  std::vector<Tensor> dsplit(IntArrayRef indices) const;
  std::vector<Tensor> unsafe_chunk(int64_t chunks, int64_t dim = 0) const;
  std::vector<Tensor> unsafe_split(int64_t split_size, int64_t dim = 0) const;
  std::vector<Tensor> unsafe_split_with_sizes(IntArrayRef split_sizes, int64_t dim = 0) const;
  Tensor narrow_copy(int64_t dim, int64_t start, int64_t length) const;
  Tensor alias() const;
  const Tensor& as_strided_(IntArrayRef sizes, IntArrayRef strides,
                            std::optional<int64_t> storage_offset = std::nullopt) const;
  /// Makes this tensor one of the elements of `source`, as source is: they share storage, but not
  /// the version. Not differentiable. @throws TypeError for another dtype; Error for a leaf that
  /// requires grad, in grad mode
  Tensor& set_(const Tensor& source) const;
  /// One with these sizes, strides (default: row-major) and offset in the storage of `source`.
  /// @throws Error where that is too small, ValueError for negative numbers
  Tensor& set_(const Tensor& source, int64_t storage_offset, IntArrayRef sizes,
               IntArrayRef strides = {}) const;
  Tensor& set_(const Storage& source, int64_t storage_offset, IntArrayRef sizes,
               IntArrayRef strides = {}) const;
  /// One of all elements in the storage, in one dim.
  Tensor& set_(const Storage& source) const;
  /// One of no elements: [0].
  Tensor& set_() const;
  /// Whether both are the same elements in the same order: storage, offset, sizes, strides.
  bool is_set_to(const Tensor& other) const;
  Tensor index_reduce(int64_t dim, const Tensor& index, const Tensor& source,
                      std::string_view reduce, bool include_self = true) const;
  Tensor& index_reduce_(int64_t dim, const Tensor& index, const Tensor& source,
                        std::string_view reduce, bool include_self = true) const;
  Tensor nonzero_static(int64_t size, int64_t fill_value = -1) const;
  std::tuple<Tensor, Tensor> histogram(int64_t bins = 100, ArrayRef<double> range = {}) const;
  std::tuple<Tensor, Tensor> histogram(int64_t bins, ArrayRef<double> range, const Tensor& weight,
                                       bool density = false) const;
  std::tuple<Tensor, Tensor> histogram(const Tensor& bins) const;
  std::tuple<Tensor, Tensor> histogram(const Tensor& bins, const Tensor& weight,
                                       bool density = false) const;
  Tensor put(const Tensor& index, const Tensor& source, bool accumulate = false) const;
  Tensor& put_(const Tensor& index, const Tensor& source, bool accumulate = false) const;
  Tensor new_empty(IntArrayRef sizes, TensorOptions options = {}) const;
  Tensor new_zeros(IntArrayRef sizes, TensorOptions options = {}) const;
  Tensor new_ones(IntArrayRef sizes, TensorOptions options = {}) const;
  Tensor new_full(IntArrayRef sizes, const Scalar& value, TensorOptions options = {}) const;
  Tensor new_empty_strided(IntArrayRef sizes, IntArrayRef strides,
                           TensorOptions options = {}) const;
  // The same with the options one by one: those not given are this tensor's.
  Tensor new_empty(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                   std::optional<Device> device, std::optional<bool> pin_memory) const;
  Tensor new_zeros(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                   std::optional<Device> device, std::optional<bool> pin_memory) const;
  Tensor new_ones(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool> pin_memory) const;
  Tensor new_full(IntArrayRef sizes, const Scalar& value, std::optional<ScalarType> dtype,
                  std::optional<Layout> layout, std::optional<Device> device,
                  std::optional<bool> pin_memory) const;
  Tensor new_empty_strided(IntArrayRef sizes, IntArrayRef strides, std::optional<ScalarType> dtype,
                           std::optional<Layout> layout, std::optional<Device> device,
                           std::optional<bool> pin_memory) const;
  /// Whether the only element is other than 0.
  bool is_nonzero() const;

  // --- what a tensor can be elsewhere, and is not here
  bool is_conj() const { return false; }
  bool is_neg() const { return false; }
  bool is_quantized() const { return false; }
  bool is_nested() const { return false; }
  bool is_meta() const { return false; }
  bool is_mkldnn() const { return false; }
  bool is_mps() const { return false; }
  bool is_xpu() const { return false; }
  bool is_xla() const { return false; }
  bool is_hip() const { return false; }
  bool is_sparse_csr() const { return false; }
  bool has_names() const { return false; }
  bool is_distributed() const { return false; }

 private:
  Tensor& self() const;
};

}  // namespace gradus
