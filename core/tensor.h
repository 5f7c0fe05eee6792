#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "core/array_ref.h"
#include "core/callable.h"
#include "core/dtype.h"
#include "core/error.h"
#include "core/export.h"
#include "core/format.h"
#include "core/generator.h"
#include "core/intrusive_ptr.h"
#include "core/scalar.h"
#include "core/tensor_impl.h"
#include "core/tensor_methods.h"
#include "core/tensor_options.h"

namespace gradus {

class Node;
class Tensor;
namespace indexing {
class TensorIndex;
}

template <class T, size_t N>
class TensorAccessor;
class DeprecatedTypeProperties;
class TensorHook;

using TensorList = ArrayRef<Tensor>;

/// A multi-dimensional array: a handle that is cheap to copy; copies share elements, gradient and
/// history.
///
/// Elements lie at `data + offset + sum_i(index_i * stride_i)`; views share storage. Convolutions
/// return tensors in channels-last order (see MemoryFormat): their shape is NCHW, their strides are
/// not row-major, so look at strides() or call contiguous() before walking data_ptr().
///
/// Methods are a thin face: `x.softmax(-1)` calls the free function `softmax(x, -1)`, where the
/// documentation stands. Those that write in place are const, as PyTorch's: what changes is not the
/// handle (`for (const auto& p : parameters) p.grad().zero_()`).
class GRADUS_API Tensor : public TensorMethods {
 public:
  Tensor() = default;
  /// Undefined where there is none: an optional tensor goes wherever a tensor does. A template, so
  /// that `{}` stays what it is.
  template <class Optional,
            class = std::enable_if_t<std::is_same_v<Optional, std::nullopt_t> ||
                                     std::is_same_v<Optional, std::optional<Tensor>>>>
  Tensor(const Optional& other) : Tensor(std::optional<Tensor>(other).value_or(Tensor())) {}
  explicit Tensor(intrusive_ptr<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  Tensor& operator=(const Tensor& other) & = default;
  Tensor& operator=(Tensor&& other) & noexcept = default;
  /// Assignment to an unnamed tensor writes through it: `x[0] = y`.
  Tensor& operator=(const Tensor& other) &&;
  Tensor& operator=(Tensor&& other) &&;
  Tensor& operator=(const Scalar& value) &&;

  // --- what it is
  bool defined() const { return impl_.get() != nullptr; }
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
  bool is_same_size(const Tensor& other) const { return sizes() == other.sizes(); }
  void reset() { impl_.reset(); }
  size_t use_count() const { return impl_ ? impl_->use_count() : 0; }
  TensorImpl* impl() const { return impl_.get(); }
  TensorImpl* unsafeGetTensorImpl() const { return impl_.get(); }

  IntArrayRef sizes() const { return checked().sizes; }
  IntArrayRef strides() const { return checked().strides; }
  int64_t dim() const { return static_cast<int64_t>(checked().sizes.size()); }
  int64_t ndimension() const { return dim(); }
  int64_t numel() const { return checked().numel; }
  /// Size along `dim`, which may count from the end. @throws IndexError
  int64_t size(int64_t dim) const;
  int64_t stride(int64_t dim) const;
  TypeMeta dtype() const { return TypeMeta(checked().dtype); }
  ScalarType scalar_type() const { return checked().dtype; }
  Device device() const { return {}; }
  Layout layout() const { return is_sparse() ? kSparse : kStrided; }
  TensorOptions options() const { return TensorOptions(dtype()).device(Device()).layout(layout()); }
  size_t element_size() const { return gradus::element_size(dtype()); }
  size_t itemsize() const { return element_size(); }
  size_t nbytes() const { return static_cast<size_t>(numel()) * element_size(); }
  int64_t storage_offset() const { return checked().offset; }
  Storage storage() const {
    checked().check_dense();
    return Storage(impl_->storage);
  }
  bool has_storage() const { return defined(); }
  /// Whether both share storage, as a tensor and its views do.
  bool is_alias_of(const Tensor& other) const { return storage().is_alias_of(other.storage()); }
  /// As old programs ask for dtype and device; see core/deprecated_type.h.
  DeprecatedTypeProperties& type() const;
  bool is_floating_point() const { return gradus::is_floating_point(dtype()); }
  bool is_complex() const { return false; }
  bool is_signed() const { return dtype() != kByte && dtype() != kBool; }
  bool is_cuda() const { return false; }
  bool is_cpu() const { return true; }
  /// Whether this is row-sparse, as gradients of embeddings are: see sparse_coo_tensor.
  bool is_sparse() const { return checked().sparse; }
  /// Whether the elements lie row-major (or as `format` says) without gaps.
  bool is_contiguous(MemoryFormat format = MemoryFormat::Contiguous) const;
  /// Whether the elements fill a block of memory, in whatever order of dims.
  bool is_non_overlapping_and_dense() const;
  /// ChannelsLast for a 4-d tensor in that order, ChannelsLast3d for 5-d, else Contiguous.
  MemoryFormat suggest_memory_format() const;

  /// The first element of this tensor (not of its storage). Elements need not be row-major: see
  /// strides().
  void* data_ptr() const;
  /// @throws TypeError where T is not the tensor's dtype
  template <class T>
  T* data_ptr() const {
    check_element_type(scalar_type_of<std::remove_const_t<T>>());
    return static_cast<T*>(data_ptr());
  }
  template <class T>
  T* data() const {
    return data_ptr<T>();
  }
  template <class T>
  const T* const_data_ptr() const {
    return data_ptr<T>();
  }
  template <class T>
  T* mutable_data_ptr() const {
    return data_ptr<T>();
  }
  /// Typed access by index without checks, for loops: `auto a = x.accessor<float, 2>(); a[i][j]`.
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() const&;
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() && = delete;  // it would outlive the tensor

  /// The only element as a number. @throws Error unless numel() is 1
  Scalar item() const;
  template <class T>
  T item() const {
    return item().to<T>();
  }
  std::string toString() const;
  void print() const;

  // --- autograd
  bool requires_grad() const {
    return impl_ && impl_->grad_meta != nullptr && requires_grad_slow();
  }
  /// @throws Error for an integer tensor, or for `false` on a tensor with history
  const Tensor& set_requires_grad(bool requires_grad) const;
  const Tensor& requires_grad_(bool requires_grad = true) const {
    return set_requires_grad(requires_grad);
  }
  bool is_leaf() const;
  /// The gradient that backward() accumulated here; undefined where there is none.
  const Tensor& grad() const;
  Tensor& mutable_grad() const;
  /// The node that made this tensor; null for a leaf.
  intrusive_ptr<Node> grad_fn() const;
  int64_t output_nr() const;
  /// Computes the gradients of all leaves this tensor depends on and adds them to their grad().
  /// @param gradient      dL/dthis; may be left out for a one-element tensor, where it is 1
  /// @param retain_graph  keep what was saved for another backward; default: create_graph
  /// @param create_graph  record the backward, so that it can be differentiated
  /// @param inputs        only accumulate into these
  void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = std::nullopt,
                bool create_graph = false, std::optional<TensorList> inputs = std::nullopt) const;
  /// The same elements without history; shares the version counter.
  Tensor detach() const;
  Tensor& detach_() const;
  /// The same elements without history and with a version counter of its own.
  Tensor data() const;
  Tensor variable_data() const { return data(); }
  Tensor tensor_data() const { return data(); }
  /// Replaces the elements, keeping gradient and history.
  void set_data(const Tensor& other) const;
  /// Keeps the gradient of a tensor that is not a leaf in grad().
  void retain_grad() const;
  bool retains_grad() const;
  /// Calls `hook` with each gradient of this tensor; returns a handle for remove_hook().
  unsigned register_hook(TensorHook hook) const;
  void remove_hook(unsigned handle) const;
  /// Calls `hook` with this leaf after its gradient was accumulated.
  unsigned register_post_accumulate_grad_hook(Callable<void(const Tensor&)> hook) const;
  /// How often the elements were written in place.
  uint32_t _version() const;
  bool is_view() const;
  /// The tensor this one is a view of; undefined where it is none.
  Tensor _base() const;
  bool is_inference() const { return checked().inference; }

  // --- row-sparse tensors: autograd/ops/sparse.h
  /// The same as a dense tensor, of this dtype; a dense one is returned as it is.
  Tensor to_dense(std::optional<ScalarType> dtype = std::nullopt,
                  std::optional<bool> masked_grad = std::nullopt) const;
  /// The same with each row once, in ascending order: values of equal rows are added up in their
  /// order. @throws Error for a dense tensor, as do all below but sparse_dim and dense_dim
  Tensor coalesce() const;
  bool is_coalesced() const;
  /// int64 [1, nnz]: which rows of this tensor the values are.
  Tensor _indices() const;
  /// [nnz, ...], without history.
  Tensor _values() const;
  /// As _indices(). @throws Error unless is_coalesced()
  Tensor indices() const;
  /// As _values(), with history. @throws Error unless is_coalesced()
  Tensor values() const;
  /// How many rows are stored, those that repeat included.
  int64_t _nnz() const;
  /// 1; 0 for a dense tensor.
  int64_t sparse_dim() const { return is_sparse() ? 1 : 0; }
  int64_t dense_dim() const { return dim() - sparse_dim(); }

  // --- dtype, device, copies
  Tensor to(ScalarType dtype, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(TypeMeta dtype, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const {
    return to(dtype.toScalarType(), non_blocking, copy, format);
  }
  Tensor to(const TensorOptions& options, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(Device device, ScalarType dtype, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(Device device, bool non_blocking = false, bool copy = false) const;
  Tensor to(DeviceType device) const { return to(Device(device)); }
  Tensor to(const Tensor& other, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const {
    return to(other.dtype(), non_blocking, copy, format);
  }
  Tensor to(std::optional<ScalarType> dtype, std::optional<Layout> layout,
            std::optional<Device> device, std::optional<bool> pin_memory, bool non_blocking,
            bool copy, std::optional<MemoryFormat> format) const;
  Tensor toType(ScalarType dtype) const { return to(dtype); }
  Tensor type_as(const Tensor& other) const { return to(other.dtype()); }
  Tensor cpu() const { return *this; }
  /// @throws NotImplementedError
  Tensor cuda() const;
  /// Page-locked memory is for copies to other devices: nothing to do.
  Tensor pin_memory(std::optional<Device> /*device*/ = std::nullopt) const { return *this; }
  bool is_pinned(std::optional<Device> /*device*/ = std::nullopt) const { return false; }
  /// -1: the CPU has no number.
  int64_t get_device() const { return -1; }
  Tensor clone(std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor contiguous(MemoryFormat format = MemoryFormat::Contiguous) const;
  Tensor& copy_(const Tensor& src, bool non_blocking = false) const;
  Tensor& fill_(const Scalar& value) const;
  Tensor& fill_(const Tensor& value) const;
  Tensor& zero_() const;

  // --- shape: autograd/ops/shape.h, views.h
  Tensor view(IntArrayRef sizes) const;
  Tensor view(ScalarType dtype) const;
  Tensor view_as(const Tensor& other) const;
  Tensor reshape(IntArrayRef sizes) const;
  Tensor reshape_as(const Tensor& other) const;
  Tensor permute(IntArrayRef dims) const;
  Tensor transpose(int64_t dim0, int64_t dim1) const;
  Tensor movedim(IntArrayRef source, IntArrayRef destination) const;
  Tensor movedim(int64_t source, int64_t destination) const;
  Tensor t() const;
  Tensor mT() const;
  Tensor numpy_T() const;
  Tensor squeeze() const;
  Tensor squeeze(IntArrayRef dims) const;
  Tensor unsqueeze(int64_t dim) const;
  Tensor& squeeze_() const;
  Tensor& squeeze_(IntArrayRef dims) const;
  Tensor& unsqueeze_(int64_t dim) const;
  Tensor& transpose_(int64_t dim0, int64_t dim1) const;
  Tensor& t_() const;
  Tensor expand(IntArrayRef sizes, bool implicit = false) const;
  Tensor expand_as(const Tensor& other) const;
  Tensor broadcast_to(IntArrayRef sizes) const;
  Tensor flatten(int64_t start_dim = 0, int64_t end_dim = -1) const;
  Tensor unflatten(int64_t dim, IntArrayRef sizes) const;
  Tensor ravel() const;
  Tensor select(int64_t dim, int64_t index) const;
  Tensor narrow(int64_t dim, int64_t start, int64_t length) const;
  Tensor narrow(int64_t dim, const Tensor& start, int64_t length) const;
  Tensor slice(int64_t dim = 0, std::optional<int64_t> start = std::nullopt,
               std::optional<int64_t> end = std::nullopt, int64_t step = 1) const;
  Tensor unfold(int64_t dimension, int64_t size, int64_t step) const;
  Tensor diagonal(int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) const;
  Tensor as_strided(IntArrayRef sizes, IntArrayRef strides,
                    std::optional<int64_t> storage_offset = std::nullopt) const;
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0) const;
  std::vector<Tensor> split(int64_t split_size, int64_t dim = 0) const;
  std::vector<Tensor> split(IntArrayRef split_sizes, int64_t dim = 0) const;
  std::vector<Tensor> split_with_sizes(IntArrayRef split_sizes, int64_t dim = 0) const;
  std::vector<Tensor> unbind(int64_t dim = 0) const;
  Tensor repeat(IntArrayRef repeats) const;
  Tensor tile(IntArrayRef repeats) const;
  Tensor repeat_interleave(int64_t repeats, std::optional<int64_t> dim = std::nullopt,
                           std::optional<int64_t> output_size = std::nullopt) const;
  Tensor repeat_interleave(const Tensor& repeats, std::optional<int64_t> dim = std::nullopt,
                           std::optional<int64_t> output_size = std::nullopt) const;
  Tensor flip(IntArrayRef dims) const;
  Tensor fliplr() const;
  Tensor flipud() const;
  Tensor rot90(int64_t k = 1, IntArrayRef dims = {0, 1}) const;
  Tensor roll(IntArrayRef shifts, IntArrayRef dims = {}) const;
  Tensor tril(int64_t diagonal = 0) const;
  Tensor triu(int64_t diagonal = 0) const;
  Tensor& tril_(int64_t diagonal = 0) const;
  Tensor& triu_(int64_t diagonal = 0) const;
  Tensor diag(int64_t diagonal = 0) const;
  Tensor diag_embed(int64_t offset = 0, int64_t dim1 = -2, int64_t dim2 = -1) const;
  Tensor diagflat(int64_t offset = 0) const;
  Tensor& fill_diagonal_(const Scalar& value, bool wrap = false) const;
  /// Gives this tensor another size, keeping the elements that fit, in their row-major order.
  /// @throws Error where the tensor requires grad
  const Tensor& resize_(IntArrayRef sizes, std::optional<MemoryFormat> format = std::nullopt) const;
  const Tensor& resize_as_(const Tensor& other,
                           std::optional<MemoryFormat> format = std::nullopt) const;

  // --- indexing: autograd/ops/index.h
  Tensor operator[](int64_t index) const { return select(0, index); }
  Tensor operator[](const Scalar& index) const { return select(0, index.toLong()); }
  Tensor operator[](const Tensor& index) const;
  Tensor index(ArrayRef<indexing::TensorIndex> indices) const;
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices,
                     const Scalar& value) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Scalar& value) const;
  Tensor index_put(ArrayRef<indexing::TensorIndex> indices, const Tensor& values,
                   bool accumulate = false) const;
  Tensor index_put(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values,
                   bool accumulate = false) const;
  Tensor index_select(int64_t dim, const Tensor& index) const;
  Tensor index_add(int64_t dim, const Tensor& index, const Tensor& source,
                   const Scalar& alpha = 1) const;
  Tensor& index_add_(int64_t dim, const Tensor& index, const Tensor& source,
                     const Scalar& alpha = 1) const;
  Tensor index_copy(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor& index_copy_(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_fill(int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor index_fill(int64_t dim, const Tensor& index, const Tensor& value) const;
  Tensor& index_fill_(int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor& index_fill_(int64_t dim, const Tensor& index, const Tensor& value) const;
  Tensor take(const Tensor& index) const;
  Tensor take_along_dim(const Tensor& indices, std::optional<int64_t> dim = std::nullopt) const;
  Tensor gather(int64_t dim, const Tensor& index, bool sparse_grad = false) const;
  Tensor scatter(int64_t dim, const Tensor& index, const Tensor& src) const;
  Tensor scatter(int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor& scatter_(int64_t dim, const Tensor& index, const Tensor& src) const;
  Tensor& scatter_(int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor scatter(int64_t dim, const Tensor& index, const Tensor& src,
                 std::string_view reduce) const;
  Tensor scatter(int64_t dim, const Tensor& index, const Scalar& value,
                 std::string_view reduce) const;
  Tensor& scatter_(int64_t dim, const Tensor& index, const Tensor& src,
                   std::string_view reduce) const;
  Tensor& scatter_(int64_t dim, const Tensor& index, const Scalar& value,
                   std::string_view reduce) const;
  Tensor scatter_add(int64_t dim, const Tensor& index, const Tensor& src) const;
  Tensor& scatter_add_(int64_t dim, const Tensor& index, const Tensor& src) const;
  Tensor scatter_reduce(int64_t dim, const Tensor& index, const Tensor& src,
                        std::string_view reduce, bool include_self = true) const;
  Tensor& scatter_reduce_(int64_t dim, const Tensor& index, const Tensor& src,
                          std::string_view reduce, bool include_self = true) const;
  Tensor masked_fill(const Tensor& mask, const Scalar& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value) const;
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value) const;
  Tensor masked_scatter(const Tensor& mask, const Tensor& source) const;
  Tensor& masked_scatter_(const Tensor& mask, const Tensor& source) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor nonzero() const;
  std::vector<Tensor> nonzero_numpy() const;
  Tensor argwhere() const;
  Tensor where(const Tensor& condition, const Tensor& other) const;
  Tensor where(const Tensor& condition, const Scalar& other) const;

  // --- element-wise: autograd/ops/unary.h, activation.h
  Tensor abs() const;
  Tensor& abs_() const;
  Tensor neg() const;
  Tensor& neg_() const;
  Tensor exp() const;
  Tensor& exp_() const;
  Tensor exp2() const;
  Tensor& exp2_() const;
  Tensor expm1() const;
  Tensor& expm1_() const;
  Tensor log() const;
  Tensor& log_() const;
  Tensor log1p() const;
  Tensor& log1p_() const;
  Tensor log2() const;
  Tensor& log2_() const;
  Tensor log10() const;
  Tensor& log10_() const;
  Tensor sqrt() const;
  Tensor& sqrt_() const;
  Tensor rsqrt() const;
  Tensor& rsqrt_() const;
  Tensor square() const;
  Tensor& square_() const;
  Tensor sin() const;
  Tensor& sin_() const;
  Tensor cos() const;
  Tensor& cos_() const;
  Tensor tan() const;
  Tensor& tan_() const;
  Tensor asin() const;
  Tensor& asin_() const;
  Tensor acos() const;
  Tensor& acos_() const;
  Tensor atan() const;
  Tensor& atan_() const;
  Tensor sinh() const;
  Tensor& sinh_() const;
  Tensor cosh() const;
  Tensor& cosh_() const;
  Tensor tanh() const;
  Tensor& tanh_() const;
  Tensor asinh() const;
  Tensor& asinh_() const;
  Tensor acosh() const;
  Tensor& acosh_() const;
  Tensor atanh() const;
  Tensor& atanh_() const;
  Tensor sigmoid() const;
  Tensor& sigmoid_() const;
  Tensor erf() const;
  Tensor& erf_() const;
  Tensor erfc() const;
  Tensor& erfc_() const;
  Tensor erfinv() const;
  Tensor& erfinv_() const;
  Tensor lgamma() const;
  Tensor& lgamma_() const;
  Tensor digamma() const;
  Tensor& digamma_() const;
  Tensor polygamma(int64_t n) const;
  Tensor logit(std::optional<double> eps = std::nullopt) const;
  Tensor& logit_(std::optional<double> eps = std::nullopt) const;
  Tensor sinc() const;
  Tensor& sinc_() const;
  Tensor deg2rad() const;
  Tensor& deg2rad_() const;
  Tensor rad2deg() const;
  Tensor& rad2deg_() const;
  Tensor nan_to_num(std::optional<double> nan = std::nullopt,
                    std::optional<double> posinf = std::nullopt,
                    std::optional<double> neginf = std::nullopt) const;
  Tensor& nan_to_num_(std::optional<double> nan = std::nullopt,
                      std::optional<double> posinf = std::nullopt,
                      std::optional<double> neginf = std::nullopt) const;
  Tensor floor() const;
  Tensor& floor_() const;
  Tensor ceil() const;
  Tensor& ceil_() const;
  Tensor round() const;
  Tensor round(int64_t decimals) const;
  Tensor& round_() const;
  Tensor& round_(int64_t decimals) const;
  Tensor trunc() const;
  Tensor& trunc_() const;
  Tensor frac() const;
  Tensor& frac_() const;
  Tensor sign() const;
  Tensor& sign_() const;
  Tensor reciprocal() const;
  Tensor& reciprocal_() const;
  Tensor relu() const;
  Tensor& relu_() const;
  Tensor clamp(std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt) const;
  Tensor clamp_min(const Scalar& min) const;
  Tensor clamp_max(const Scalar& max) const;
  Tensor clamp(const Tensor& min = {}, const Tensor& max = {}) const;
  Tensor clamp_min(const Tensor& min) const;
  Tensor clamp_max(const Tensor& max) const;
  Tensor& clamp_(std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt) const;
  Tensor& clamp_(const Tensor& min = {}, const Tensor& max = {}) const;
  Tensor& clamp_min_(const Scalar& min) const;
  Tensor& clamp_min_(const Tensor& min) const;
  Tensor& clamp_max_(const Scalar& max) const;
  Tensor& clamp_max_(const Tensor& max) const;
  Tensor clip(std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt) const;
  Tensor clip(const Tensor& min = {}, const Tensor& max = {}) const;
  Tensor& clip_(std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt) const;
  Tensor& clip_(const Tensor& min = {}, const Tensor& max = {}) const;
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor isposinf() const;
  Tensor isneginf() const;
  Tensor signbit() const;
  Tensor logical_not() const;
  Tensor& logical_not_() const;
  Tensor bitwise_not() const;
  Tensor& bitwise_not_() const;

  // --- element-wise with two inputs: autograd/ops/binary.h
  Tensor add(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor add(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor sub(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor sub(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor div(const Tensor& other, std::optional<std::string_view> rounding_mode) const;
  Tensor div(const Scalar& other, std::optional<std::string_view> rounding_mode) const;
  Tensor& div_(const Tensor& other, std::optional<std::string_view> rounding_mode) const;
  Tensor& div_(const Scalar& other, std::optional<std::string_view> rounding_mode) const;
  Tensor floor_divide(const Tensor& other) const;
  Tensor floor_divide(const Scalar& other) const;
  Tensor& floor_divide_(const Tensor& other) const;
  Tensor& floor_divide_(const Scalar& other) const;
  Tensor mul(const Tensor& other) const;
  Tensor mul(const Scalar& other) const;
  Tensor& mul_(const Tensor& other) const;
  Tensor& mul_(const Scalar& other) const;
  Tensor div(const Tensor& other) const;
  Tensor div(const Scalar& other) const;
  Tensor& div_(const Tensor& other) const;
  Tensor& div_(const Scalar& other) const;
  Tensor fmod(const Tensor& other) const;
  Tensor fmod(const Scalar& other) const;
  Tensor& fmod_(const Tensor& other) const;
  Tensor& fmod_(const Scalar& other) const;
  Tensor remainder(const Tensor& other) const;
  Tensor remainder(const Scalar& other) const;
  Tensor& remainder_(const Tensor& other) const;
  Tensor& remainder_(const Scalar& other) const;
  Tensor pow(const Tensor& other) const;
  Tensor pow(const Scalar& other) const;
  Tensor& pow_(const Tensor& other) const;
  Tensor& pow_(const Scalar& other) const;
  Tensor atan2(const Tensor& other) const;
  Tensor& atan2_(const Tensor& other) const;
  Tensor hypot(const Tensor& other) const;
  Tensor& hypot_(const Tensor& other) const;
  Tensor logaddexp(const Tensor& other) const;
  Tensor xlogy(const Tensor& other) const;
  Tensor xlogy(const Scalar& other) const;
  Tensor& xlogy_(const Tensor& other) const;
  Tensor& xlogy_(const Scalar& other) const;
  Tensor copysign(const Tensor& other) const;
  Tensor copysign(const Scalar& other) const;
  Tensor& copysign_(const Tensor& other) const;
  Tensor& copysign_(const Scalar& other) const;
  Tensor& gcd_(const Tensor& other) const;
  Tensor& lcm_(const Tensor& other) const;
  Tensor maximum(const Tensor& other) const;
  Tensor minimum(const Tensor& other) const;
  Tensor logical_and(const Tensor& other) const;
  Tensor& logical_and_(const Tensor& other) const;
  Tensor logical_or(const Tensor& other) const;
  Tensor& logical_or_(const Tensor& other) const;
  Tensor logical_xor(const Tensor& other) const;
  Tensor& logical_xor_(const Tensor& other) const;
  Tensor bitwise_and(const Tensor& other) const;
  Tensor bitwise_and(const Scalar& other) const;
  Tensor& bitwise_and_(const Tensor& other) const;
  Tensor& bitwise_and_(const Scalar& other) const;
  Tensor bitwise_or(const Tensor& other) const;
  Tensor bitwise_or(const Scalar& other) const;
  Tensor& bitwise_or_(const Tensor& other) const;
  Tensor& bitwise_or_(const Scalar& other) const;
  Tensor bitwise_xor(const Tensor& other) const;
  Tensor bitwise_xor(const Scalar& other) const;
  Tensor& bitwise_xor_(const Tensor& other) const;
  Tensor& bitwise_xor_(const Scalar& other) const;
  Tensor bitwise_left_shift(const Tensor& other) const;
  Tensor bitwise_left_shift(const Scalar& other) const;
  Tensor bitwise_right_shift(const Tensor& other) const;
  Tensor bitwise_right_shift(const Scalar& other) const;
  Tensor eq(const Tensor& other) const;
  Tensor eq(const Scalar& other) const;
  Tensor& eq_(const Tensor& other) const;
  Tensor& eq_(const Scalar& other) const;
  Tensor ne(const Tensor& other) const;
  Tensor ne(const Scalar& other) const;
  Tensor& ne_(const Tensor& other) const;
  Tensor& ne_(const Scalar& other) const;
  Tensor lt(const Tensor& other) const;
  Tensor lt(const Scalar& other) const;
  Tensor& lt_(const Tensor& other) const;
  Tensor& lt_(const Scalar& other) const;
  Tensor le(const Tensor& other) const;
  Tensor le(const Scalar& other) const;
  Tensor& le_(const Tensor& other) const;
  Tensor& le_(const Scalar& other) const;
  Tensor gt(const Tensor& other) const;
  Tensor gt(const Scalar& other) const;
  Tensor& gt_(const Tensor& other) const;
  Tensor& gt_(const Scalar& other) const;
  Tensor ge(const Tensor& other) const;
  Tensor ge(const Scalar& other) const;
  Tensor& ge_(const Tensor& other) const;
  Tensor& ge_(const Scalar& other) const;
  Tensor lerp(const Tensor& end, const Scalar& weight) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor& lerp_(const Tensor& end, const Scalar& weight) const;
  Tensor& lerp_(const Tensor& end, const Tensor& weight) const;
  Tensor addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  Tensor& addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  Tensor addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  Tensor& addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8,
                 bool equal_nan = false) const;
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8,
                bool equal_nan = false) const;
  bool equal(const Tensor& other) const;
  Tensor operator-() const { return neg(); }
  Tensor operator~() const { return bitwise_not(); }
  Tensor& operator+=(const Tensor& other) { return add_(other); }
  Tensor& operator+=(const Scalar& other) { return add_(other); }
  Tensor& operator-=(const Tensor& other) { return sub_(other); }
  Tensor& operator-=(const Scalar& other) { return sub_(other); }
  Tensor& operator*=(const Tensor& other) { return mul_(other); }
  Tensor& operator*=(const Scalar& other) { return mul_(other); }
  Tensor& operator/=(const Tensor& other) { return div_(other); }
  Tensor& operator/=(const Scalar& other) { return div_(other); }
  Tensor& operator&=(const Tensor& other) { return bitwise_and_(other); }
  Tensor& operator|=(const Tensor& other) { return bitwise_or_(other); }
  Tensor& operator^=(const Tensor& other) { return bitwise_xor_(other); }

  // --- reductions: autograd/ops/reduce.h
  Tensor sum(std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor sum(IntArrayRef dim, bool keepdim = false,
             std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor sum_to_size(IntArrayRef sizes) const;
  Tensor nansum(IntArrayRef dim = {}, bool keepdim = false,
                std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor nanmean(IntArrayRef dim = {}, bool keepdim = false,
                 std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor mean(std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor mean(IntArrayRef dim, bool keepdim = false,
              std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor prod(std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor prod(int64_t dim, bool keepdim = false,
              std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor var(IntArrayRef dim = {}, const std::optional<Scalar>& correction = 1,
             bool keepdim = false) const;
  Tensor std(IntArrayRef dim = {}, const std::optional<Scalar>& correction = 1,
             bool keepdim = false) const;
  /// Only a bool matches: var(0) reduces dim 0.
  template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
  Tensor var(Bool unbiased) const {
    return var(IntArrayRef(), Scalar(unbiased));
  }
  template <class Bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
  Tensor std(Bool unbiased) const {
    return std(IntArrayRef(), Scalar(unbiased));
  }
  Tensor norm(const Scalar& p = 2) const;
  Tensor norm(std::optional<Scalar> p, ScalarType dtype) const;
  Tensor norm(std::optional<Scalar> p, IntArrayRef dim, bool keepdim = false) const;
  Tensor norm(std::optional<Scalar> p, IntArrayRef dim, bool keepdim, ScalarType dtype) const;
  Tensor dist(const Tensor& other, const Scalar& p = 2) const;
  Tensor renorm(const Scalar& p, int64_t dim, const Scalar& maxnorm) const;
  Tensor logsumexp(IntArrayRef dim, bool keepdim = false) const;
  Tensor amax(IntArrayRef dim = {}, bool keepdim = false) const;
  Tensor amin(IntArrayRef dim = {}, bool keepdim = false) const;
  std::tuple<Tensor, Tensor> aminmax(std::optional<int64_t> dim = std::nullopt,
                                     bool keepdim = false) const;
  Tensor max() const;
  std::tuple<Tensor, Tensor> max(int64_t dim, bool keepdim = false) const;
  Tensor max(const Tensor& other) const;
  Tensor min() const;
  std::tuple<Tensor, Tensor> min(int64_t dim, bool keepdim = false) const;
  Tensor min(const Tensor& other) const;
  Tensor argmax(std::optional<int64_t> dim = std::nullopt, bool keepdim = false) const;
  Tensor argmin(std::optional<int64_t> dim = std::nullopt, bool keepdim = false) const;
  Tensor all() const;
  Tensor all(IntArrayRef dim, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(IntArrayRef dim, bool keepdim = false) const;
  Tensor cumsum(int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor& cumsum_(int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor cumprod(int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor& cumprod_(int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
  std::tuple<Tensor, Tensor> cummax(int64_t dim) const;
  std::tuple<Tensor, Tensor> cummin(int64_t dim) const;
  Tensor logcumsumexp(int64_t dim) const;
  Tensor count_nonzero(IntArrayRef dim = {}) const;
  Tensor diff(int64_t n = 1, int64_t dim = -1, const Tensor& prepend = {},
              const Tensor& append = {}) const;
  Tensor cov(int64_t correction = 1, const Tensor& fweights = {},
             const Tensor& aweights = {}) const;

  // --- sorting and counting: autograd/ops/sort.h, counting.h
  std::tuple<Tensor, Tensor> sort(int64_t dim = -1, bool descending = false) const;
  std::tuple<Tensor, Tensor> sort(std::optional<bool> stable, int64_t dim = -1,
                                  bool descending = false) const;
  Tensor argsort(int64_t dim = -1, bool descending = false) const;
  Tensor argsort(bool stable, int64_t dim = -1, bool descending = false) const;
  Tensor msort() const;
  std::tuple<Tensor, Tensor> topk(int64_t k, int64_t dim = -1, bool largest = true,
                                  bool sorted = true) const;
  std::tuple<Tensor, Tensor> kthvalue(int64_t k, int64_t dim = -1, bool keepdim = false) const;
  Tensor median() const;
  std::tuple<Tensor, Tensor> median(int64_t dim, bool keepdim = false) const;
  Tensor nanmedian() const;
  std::tuple<Tensor, Tensor> nanmedian(int64_t dim, bool keepdim = false) const;
  std::tuple<Tensor, Tensor> mode(int64_t dim = -1, bool keepdim = false) const;
  Tensor quantile(const Tensor& q, std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                  std::string_view interpolation = "linear") const;
  Tensor quantile(double q, std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                  std::string_view interpolation = "linear") const;
  Tensor nanquantile(const Tensor& q, std::optional<int64_t> dim = std::nullopt,
                     bool keepdim = false, std::string_view interpolation = "linear") const;
  Tensor nanquantile(double q, std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                     std::string_view interpolation = "linear") const;
  Tensor bincount(const Tensor& weights = {}, int64_t minlength = 0) const;
  Tensor histc(int64_t bins = 100, const Scalar& min = 0, const Scalar& max = 0) const;
  std::tuple<Tensor, Tensor, Tensor> unique_consecutive(
      bool return_inverse = false, bool return_counts = false,
      std::optional<int64_t> dim = std::nullopt) const;

  // --- matrices: autograd/ops/matmul.h
  Tensor mm(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor matmul(const Tensor& other) const;
  Tensor addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
               const Scalar& alpha = 1) const;
  Tensor& addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
                 const Scalar& alpha = 1) const;
  Tensor baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                 const Scalar& alpha = 1) const;
  Tensor& baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                   const Scalar& alpha = 1) const;

  // --- softmax: autograd/ops/softmax.h
  Tensor softmax(int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;
  Tensor log_softmax(int64_t dim, std::optional<ScalarType> dtype = std::nullopt) const;

  // --- random, in place: autograd/ops/random.h
  Tensor& normal_(double mean = 0, double std = 1,
                  std::optional<Generator> generator = std::nullopt) const;
  Tensor& uniform_(double from = 0, double to = 1,
                   std::optional<Generator> generator = std::nullopt) const;
  Tensor& random_(int64_t from, std::optional<int64_t> to,
                  std::optional<Generator> generator = std::nullopt) const;
  Tensor& random_(int64_t to, std::optional<Generator> generator = std::nullopt) const;
  Tensor& random_(std::optional<Generator> generator = std::nullopt) const;
  Tensor& bernoulli_(double p = 0.5, std::optional<Generator> generator = std::nullopt) const;
  Tensor& bernoulli_(const Tensor& p, std::optional<Generator> generator = std::nullopt) const;
  Tensor& exponential_(double lambd = 1, std::optional<Generator> generator = std::nullopt) const;
  Tensor& geometric_(double p, std::optional<Generator> generator = std::nullopt) const;
  Tensor& log_normal_(double mean = 1, double std = 2,
                      std::optional<Generator> generator = std::nullopt) const;
  Tensor& cauchy_(double median = 0, double sigma = 1,
                  std::optional<Generator> generator = std::nullopt) const;
  Tensor bernoulli(std::optional<Generator> generator = std::nullopt) const;
  Tensor bernoulli(double p, std::optional<Generator> generator = std::nullopt) const;
  Tensor multinomial(int64_t num_samples, bool replacement = false,
                     std::optional<Generator> generator = std::nullopt) const;

 private:
  TensorImpl& checked() const {
    if (!impl_) [[unlikely]]
      throw_undefined();
    return *impl_;
  }
  [[noreturn]] static void throw_undefined();
  // What methods return that write in place.
  Tensor& self() const { return const_cast<Tensor&>(*this); }
  void check_element_type(ScalarType requested) const;
  bool requires_grad_slow() const;

  intrusive_ptr<TensorImpl> impl_;
};

}  // namespace gradus

#include "core/tensor_accessor.h"
#include "core/tensor_hook.h"
#include "core/tensor_operators.h"
#include "core/tensor_text.h"
