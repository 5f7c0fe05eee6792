#include "core/factory.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/inference_mode.h"
#include "core/kernels/copy.h"
#include "core/kernels/fill.h"
#include "core/kernels/range.h"
#include "core/shape.h"

namespace gradus {

namespace {

void check_options(const char* op, const TensorOptions& options) {
  GRADUS_CHECK_TYPE(element_size(options.dtype()) > 0, "{}: expected a dtype, got {}", op,
                    options.dtype());
  GRADUS_CHECK_TYPE(!options.requires_grad() || is_floating_point(options.dtype()),
                    "{}: only tensors of floating-point dtype can require gradients, got {}", op,
                    options.dtype());
}

Tensor allocate(const char* op, DimVector sizes, DimVector strides, int64_t numel, size_t nbytes,
                const TensorOptions& options) {
  check_options(op, options);
  auto impl = make_intrusive<TensorImpl>(StorageImpl::allocate(nbytes), options.dtype());
  impl->sizes = std::move(sizes);
  impl->strides = std::move(strides);
  impl->numel = numel;
  impl->inference = detail::inference_mode();
  Tensor y(std::move(impl));
  if (options.requires_grad()) y.set_requires_grad(true);
  return y;
}

Tensor make(const char* op, IntArrayRef sizes, const TensorOptions& options,
            std::optional<MemoryFormat> format = std::nullopt) {
  const int64_t numel = checked_numel(op, sizes);
  int64_t nbytes = 0;
  GRADUS_CHECK(
      !__builtin_mul_overflow(numel, static_cast<int64_t>(element_size(options.dtype())), &nbytes),
      "{}: the storage of shape {} exceeds int64 bytes", op, sizes);
  if (!format) format = options.memory_format_opt();
  DimVector strides = format ? strides_for(op, sizes, *format) : contiguous_strides(sizes);
  return allocate(op, to_dims(sizes), std::move(strides), numel, static_cast<size_t>(nbytes),
                  options);
}

Tensor make_filled(const char* op, IntArrayRef sizes, const Scalar& value,
                   const TensorOptions& options) {
  Tensor y = make(op, sizes, options);
  kernel::fill(y, value);
  return y;
}

// Strides without gaps whose order is that of the tensor.
DimVector dense_strides(const Tensor& x) {
  if (x.is_non_overlapping_and_dense()) return to_dims(x.strides());
  DimVector order;
  for (int64_t d = x.dim(); d-- > 0;) order.push_back(d);
  // Dims that are expanded, or as good as another, keep their place.
  for (size_t i = 1; i < order.size(); ++i) {
    for (size_t j = i; j > 0; --j) {
      const int64_t inner = x.strides()[order[j - 1]], outer = x.strides()[order[j]];
      if (inner == 0 || outer == 0 || inner <= outer) break;
      std::swap(order[j - 1], order[j]);
    }
  }
  DimVector strides(order.size());
  int64_t stride = 1;
  for (int64_t d : order) {
    strides[d] = stride;
    stride *= std::max<int64_t>(x.sizes()[d], 1);
  }
  return strides;
}

Tensor make_like(const char* op, const Tensor& x, const TensorOptions& options,
                 std::optional<MemoryFormat> format = std::nullopt) {
  refuse_sparse(op, "input", x);
  const TensorOptions typed = options.has_dtype() ? options : options.dtype(x.dtype());
  if (!format) format = options.memory_format_opt();
  if (format && *format != MemoryFormat::Preserve) return make(op, x.sizes(), typed, format);
  const size_t nbytes = static_cast<size_t>(x.numel()) * element_size(typed.dtype());
  return allocate(op, to_dims(x.sizes()), dense_strides(x), x.numel(), nbytes, typed);
}

Tensor make_filled_like(const char* op, const Tensor& x, const Scalar& value,
                        const TensorOptions& options, std::optional<MemoryFormat> format) {
  Tensor y = make_like(op, x, options, format);
  kernel::fill(y, value);
  return y;
}

ScalarType dtype_of(const Scalar& value) {
  return value.is_floating_point() ? get_default_dtype() : value.type();
}

}  // namespace

Tensor empty(IntArrayRef sizes, const TensorOptions& options, std::optional<MemoryFormat> format) {
  return make("empty", sizes, options, format);
}

Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
  const char* const op = "empty_strided";
  GRADUS_CHECK(sizes.size() == strides.size(),
               "{}: sizes {} and strides {} must be of the same length", op, sizes, strides);
  const int64_t numel = checked_numel(op, sizes);
  for (int64_t stride : strides) {
    GRADUS_CHECK_VALUE(stride >= 0, "{}: strides must not be negative, got {}", op, strides);
  }
  const size_t nbytes = required_bytes(op, sizes, strides, /*offset=*/0, options.dtype());
  return allocate(op, to_dims(sizes), to_dims(strides), numel, nbytes, options);
}

Tensor zeros(IntArrayRef sizes, const TensorOptions& options) {
  return make_filled("zeros", sizes, 0, options);
}

Tensor ones(IntArrayRef sizes, const TensorOptions& options) {
  return make_filled("ones", sizes, 1, options);
}

Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options) {
  return make_filled("full", sizes, value,
                     options.has_dtype() ? options : options.dtype(dtype_of(value)));
}

Tensor empty_like(const Tensor& x, const TensorOptions& options,
                  std::optional<MemoryFormat> format) {
  return make_like("empty_like", x, options, format);
}

Tensor zeros_like(const Tensor& x, const TensorOptions& options,
                  std::optional<MemoryFormat> format) {
  return make_filled_like("zeros_like", x, 0, options, format);
}

Tensor ones_like(const Tensor& x, const TensorOptions& options,
                 std::optional<MemoryFormat> format) {
  return make_filled_like("ones_like", x, 1, options, format);
}

Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options,
                 std::optional<MemoryFormat> format) {
  return make_filled_like("full_like", x, value, options, format);
}

namespace {

// ceil((end - start) / step) for integers, which may be more than int64 holds in between.
int64_t count_steps(int64_t start, int64_t end, int64_t step) {
  const uint64_t distance = step > 0 ? static_cast<uint64_t>(end) - static_cast<uint64_t>(start)
                                     : static_cast<uint64_t>(start) - static_cast<uint64_t>(end);
  if (distance == 0) return 0;
  const uint64_t by = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  const uint64_t count = (distance - 1) / by + 1;
  GRADUS_CHECK(count <= static_cast<uint64_t>(INT64_MAX),
               "arange: from {} to {} by {} has more elements than int64 holds", start, end, step);
  return static_cast<int64_t>(count);
}

}  // namespace

namespace {

void refuse_bool(const char* op, const TensorOptions& options) {
  GRADUS_CHECK_TYPE(!options.has_dtype() || options.dtype() != kBool,
                    "{}: not implemented for Bool", op);
}

}  // namespace

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
              const TensorOptions& options) {
  refuse_bool("arange", options);
  const bool integers = start.is_integral(/*include_bool=*/true) &&
                        end.is_integral(/*include_bool=*/true) &&
                        step.is_integral(/*include_bool=*/true);
  const double first = start.toDouble(), last = end.toDouble(), by = step.toDouble();
  GRADUS_CHECK_VALUE(std::isfinite(first) && std::isfinite(last),
                     "arange: start and end must be finite, got {} and {}", first, last);
  if (!integers && options.has_dtype() && options.dtype() == kLong && std::isfinite(by)) {
    // As PyTorch: of int64 the ends and the step are cut before elements are counted.
    return arange(start.toLong(), end.toLong(), step.toLong(), options);
  }
  GRADUS_CHECK_VALUE(by < 0 || by > 0, "arange: step must not be zero or NaN, got {}", by);
  const bool ordered =
      integers ? (by > 0 ? start.toLong() <= end.toLong() : start.toLong() >= end.toLong())
               : (by > 0 ? first <= last : first >= last);
  GRADUS_CHECK_VALUE(ordered, "arange: from {} to {}: the sign of step {} points away", first, last,
                     by);
  int64_t count;
  if (integers) {
    count = count_steps(start.toLong(), end.toLong(), step.toLong());
  } else {
    const double steps = std::ceil((last - first) / by);
    GRADUS_CHECK(steps < 9e18, "arange: from {} to {} by {} has more elements than int64 holds",
                 first, last, by);
    count = static_cast<int64_t>(steps);
  }
  Tensor y =
      make("arange", {count},
           options.has_dtype() ? options : options.dtype(integers ? kLong : get_default_dtype()));
  kernel::arange(y, start, step);
  return y;
}

Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return arange(start, end, 1, options);
}

Tensor arange(const Scalar& end, const TensorOptions& options) {
  return arange(0, end, 1, options);
}

Tensor range(const Scalar& start, const Scalar& end, const Scalar& step,
             const TensorOptions& options) {
  refuse_bool("range", options);
  // As PyTorch: integers are cut before they are counted.
  const bool integers = !is_floating_point(options.dtype());
  const auto as_counted = [&](const Scalar& x) {
    return integers ? static_cast<double>(x.toLong()) : x.toDouble();
  };
  const double first = as_counted(start), last = as_counted(end), by = as_counted(step);
  GRADUS_CHECK_VALUE(std::isfinite(first) && std::isfinite(last),
                     "range: start and end must be finite, got {} and {}", first, last);
  GRADUS_CHECK_VALUE(by < 0 || by > 0, "range: step must not be zero or NaN, got {}", by);
  GRADUS_CHECK_VALUE(by > 0 ? first <= last : first >= last,
                     "range: from {} to {}: the sign of step {} points away", first, last, by);
  const double steps = std::floor((last - first) / by);
  GRADUS_CHECK(steps < 9e18, "range: from {} to {} by {} has more elements than int64 holds", first,
               last, by);
  Tensor y = make("range", {static_cast<int64_t>(steps) + 1}, options);
  kernel::arange(y, first, by);
  return y;
}

Tensor range(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return range(start, end, 1, options);
}

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps,
                const TensorOptions& options) {
  refuse_bool("linspace", options);
  GRADUS_CHECK_VALUE(steps >= 0, "linspace: steps must not be negative, got {}", steps);
  Tensor y = make("linspace", {steps}, options);
  double first = start.toDouble(), last = end.toDouble();
  if (!is_floating_point(y.dtype())) {
    // As PyTorch: between the ends as integers.
    GRADUS_CHECK_VALUE(std::isfinite(first) && std::isfinite(last),
                       "linspace: from {} to {} there are no integers", first, last);
    first = std::trunc(first), last = std::trunc(last);
  }
  kernel::linspace(y, first, last);
  return y;
}

Tensor logspace(const Scalar& start, const Scalar& end, int64_t steps, double base,
                const TensorOptions& options) {
  refuse_bool("logspace", options);
  GRADUS_CHECK_VALUE(steps >= 0, "logspace: steps must not be negative, got {}", steps);
  Tensor y = make("logspace", {steps}, options);
  kernel::logspace(y, start.toDouble(), end.toDouble(), base);
  return y;
}

namespace {

Scalar end_of(const char* op, const char* argument, const Tensor& tensor) {
  GRADUS_CHECK(tensor.defined() && tensor.dim() == 0, "{}: {} must be a 0-d tensor", op, argument);
  return tensor.item();
}

}  // namespace

Tensor linspace(const Tensor& start, const Tensor& end, int64_t steps,
                const TensorOptions& options) {
  return linspace(end_of("linspace", "start", start), end_of("linspace", "end", end), steps,
                  options);
}

Tensor linspace(const Tensor& start, const Scalar& end, int64_t steps,
                const TensorOptions& options) {
  return linspace(end_of("linspace", "start", start), end, steps, options);
}

Tensor linspace(const Scalar& start, const Tensor& end, int64_t steps,
                const TensorOptions& options) {
  return linspace(start, end_of("linspace", "end", end), steps, options);
}

Tensor logspace(const Tensor& start, const Tensor& end, int64_t steps, double base,
                const TensorOptions& options) {
  return logspace(end_of("logspace", "start", start), end_of("logspace", "end", end), steps, base,
                  options);
}

Tensor logspace(const Tensor& start, const Scalar& end, int64_t steps, double base,
                const TensorOptions& options) {
  return logspace(end_of("logspace", "start", start), end, steps, base, options);
}

Tensor logspace(const Scalar& start, const Tensor& end, int64_t steps, double base,
                const TensorOptions& options) {
  return logspace(start, end_of("logspace", "end", end), steps, base, options);
}

Tensor eye(int64_t n, int64_t m, const TensorOptions& options) {
  Tensor y = make_filled("eye", {n, m}, 0, options);
  if (y.numel() > 0) kernel::fill(make_view(y, {std::min(n, m)}, {m + 1}, 0), 1);
  return y;
}

Tensor eye(int64_t n, const TensorOptions& options) {
  return eye(n, n, options);
}

Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
  return make_filled("scalar_tensor", {}, value, options);
}

namespace detail {

namespace {

// libtorch's rule: int becomes int64, floating-point values take the default dtype.
ScalarType literal_dtype(ScalarType written) {
  if (written == kInt || written == ScalarType::Undefined) return kLong;
  return written == kFloat || written == kDouble ? get_default_dtype() : written;
}

}  // namespace

TensorLiteral::TensorLiteral(std::initializer_list<TensorLiteral> rows) {
  sizes_.push_back(static_cast<int64_t>(rows.size()));
  if (rows.size() == 0) {
    dtype_ = kFloat;
    return;
  }
  const TensorLiteral& first = *rows.begin();
  sizes_.append(first.sizes_.begin(), first.sizes_.end());
  dtype_ = first.dtype_;
  for (const TensorLiteral& row : rows) {
    GRADUS_CHECK(row.sizes_ == first.sizes_, "tensor: rows of shapes {} and {} do not fit together",
                 IntArrayRef(first.sizes_), IntArrayRef(row.sizes_));
    dtype_ = row.dtype_ == dtype_ ? dtype_ : promote_types(dtype_, row.dtype_);
    values_.insert(values_.end(), row.values_.begin(), row.values_.end());
  }
}

Tensor TensorLiteral::build(const TensorOptions& options) const {
  Tensor y =
      make("tensor", sizes_, options.has_dtype() ? options : options.dtype(literal_dtype(dtype_)));
  Tensor wide = y;
  if (y.dtype() != kDouble && y.dtype() != kLong) {
    wide = make("tensor", sizes_, is_floating_point(y.dtype()) ? kDouble : kLong);
  }
  for (size_t i = 0; i < values_.size(); ++i) {
    if (wide.dtype() == kDouble) {
      static_cast<double*>(wide.data_ptr())[i] = values_[i].toDouble();
    } else {
      static_cast<int64_t*>(wide.data_ptr())[i] = values_[i].toLong();
    }
  }
  if (!wide.is_same(y)) kernel::copy(wide, y);
  return y;
}

Tensor tensor_of(const void* values, int64_t count, ScalarType dtype,
                 const TensorOptions& options) {
  Tensor y =
      make("tensor", {count}, options.has_dtype() ? options : options.dtype(literal_dtype(dtype)));
  if (count > 0) {
    kernel::copy(
        from_blob(const_cast<void*>(values), {count}, std::nullopt, nullptr, nullptr, dtype), y);
  }
  return y;
}

Tensor from_blob(void* data, IntArrayRef sizes, std::optional<IntArrayRef> strides,
                 void (*release)(void*), void* context, const TensorOptions& options) {
  const char* const op = "from_blob";
  const int64_t numel = checked_numel(op, sizes);
  check_options(op, options);
  DimVector layout = strides ? to_dims(*strides) : contiguous_strides(sizes);
  GRADUS_CHECK(layout.size() == sizes.size(),
               "{}: sizes {} and strides {} must be of the same length", op, sizes,
               IntArrayRef(layout));
  for (int64_t stride : layout) {
    GRADUS_CHECK_VALUE(stride >= 0, "{}: strides must not be negative, got {}", op,
                       IntArrayRef(layout));
  }
  GRADUS_CHECK_VALUE(data != nullptr || numel == 0, "{}: data is null for shape {}", op, sizes);
  const size_t nbytes = required_bytes(op, sizes, layout, /*offset=*/0, options.dtype());
  // The storage comes last: from then on it releases the memory.
  auto impl = make_intrusive<TensorImpl>(nullptr, options.dtype());
  impl->sizes = to_dims(sizes);
  impl->strides = std::move(layout);
  impl->numel = numel;
  impl->inference = inference_mode();
  Tensor y(std::move(impl));
  if (options.requires_grad()) y.set_requires_grad(true);
  y.impl()->storage = StorageImpl::adopt(data, nbytes, release, context);
  return y;
}

}  // namespace detail
}  // namespace gradus
