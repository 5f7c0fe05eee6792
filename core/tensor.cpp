// The methods of Tensor that neither compute nor remember.

#include "core/tensor.h"

#include <algorithm>

#include "core/factory.h"
#include "core/shape.h"

namespace gradus {

namespace {

bool is_contiguous_in_order(const TensorImpl& x, IntArrayRef innermost_first) {
  int64_t expected = 1;
  for (int64_t d : innermost_first) {
    if (x.sizes[d] == 1) continue;
    if (x.strides[d] != expected) return false;
    expected *= x.sizes[d];
  }
  return true;
}

constexpr int64_t kChannelsLastOrder[] = {1, 3, 2, 0};
constexpr int64_t kChannelsLast3dOrder[] = {1, 4, 3, 2, 0};

// Whether the strides ascend in this order. A tensor that fits both orders counts as row-major.
bool looks_like_order(const TensorImpl& x, IntArrayRef innermost_first) {
  if (x.strides[1] == 0) return false;
  int64_t least = 0;
  for (int64_t d : innermost_first) {
    if (x.sizes[d] == 0 || x.strides[d] < least) return false;
    if (d == 0 && least == x.strides[1]) return false;
    least = x.strides[d] * std::max<int64_t>(x.sizes[d], 1);
  }
  return true;
}

}  // namespace

void TensorImpl::throw_sparse() const {
  detail::throw_error<NotImplementedError>(
      "expected a dense tensor, got a row-sparse one of shape {}. Use to_dense()",
      IntArrayRef(sizes));
}

void Tensor::throw_undefined() {
  detail::throw_error<Error>("expected a tensor, got an undefined one (Tensor())");
}

void Tensor::check_element_type(ScalarType requested) const {
  GRADUS_CHECK_TYPE(dtype() == requested, "data_ptr: expected elements of type {} but found {}",
                    requested, dtype());
}

Tensor& Tensor::operator=(const Tensor& other) && {
  return copy_(other);
}

Tensor& Tensor::operator=(Tensor&& other) && {
  return copy_(other);
}

Tensor& Tensor::operator=(const Scalar& value) && {
  return fill_(value);
}

int64_t Tensor::size(int64_t dim) const {
  const int64_t rank = this->dim();
  GRADUS_CHECK_INDEX(rank > 0, "size: a 0-d tensor has no dim {}", dim);
  return impl_->sizes[wrap_dim("size", dim, rank)];
}

int64_t Tensor::stride(int64_t dim) const {
  const int64_t rank = this->dim();
  GRADUS_CHECK_INDEX(rank > 0, "stride: a 0-d tensor has no dim {}", dim);
  return impl_->strides[wrap_dim("stride", dim, rank)];
}

bool Tensor::is_contiguous(MemoryFormat format) const {
  const TensorImpl& x = checked();
  if (x.sparse) return false;
  const size_t rank = x.sizes.size();
  if (format == MemoryFormat::ChannelsLast) {
    return rank == 4 && is_contiguous_in_order(x, {kChannelsLastOrder, 4});
  }
  if (format == MemoryFormat::ChannelsLast3d) {
    return rank == 5 && is_contiguous_in_order(x, {kChannelsLast3dOrder, 5});
  }
  if (x.numel == 0) return true;
  int64_t expected = 1;
  for (size_t d = rank; d-- > 0;) {
    if (x.sizes[d] == 1) continue;
    if (x.strides[d] != expected) return false;
    expected *= x.sizes[d];
  }
  return true;
}

bool Tensor::is_non_overlapping_and_dense() const {
  if (is_contiguous()) return true;
  const TensorImpl& x = *impl_;
  if (x.sparse) return false;
  DimVector dims;
  for (size_t d = 0; d < x.sizes.size(); ++d) {
    if (x.sizes[d] != 1) dims.push_back(static_cast<int64_t>(d));
  }
  std::sort(dims.begin(), dims.end(),
            [&](int64_t a, int64_t b) { return x.strides[a] < x.strides[b]; });
  return is_contiguous_in_order(x, dims);
}

MemoryFormat Tensor::suggest_memory_format() const {
  const TensorImpl& x = checked();
  if (x.sizes.size() == 4 && looks_like_order(x, {kChannelsLastOrder, 4})) {
    return MemoryFormat::ChannelsLast;
  }
  if (x.sizes.size() == 5 && looks_like_order(x, {kChannelsLast3dOrder, 5})) {
    return MemoryFormat::ChannelsLast3d;
  }
  return MemoryFormat::Contiguous;
}

void* Tensor::data_ptr() const {
  const TensorImpl& x = checked();
  // An empty tensor's offset may point anywhere.
  if (x.numel != 0) return x.data();
  x.check_dense();
  return x.storage->data();
}

Scalar Tensor::item() const {
  GRADUS_CHECK(numel() == 1, "item: expected a tensor of one element, got shape {}", sizes());
  const void* const p = data_ptr();
  switch (dtype()) {
    case kByte:
      return *static_cast<const uint8_t*>(p);
    case kChar:
      return *static_cast<const int8_t*>(p);
    case kShort:
      return *static_cast<const int16_t*>(p);
    case kInt:
      return *static_cast<const int32_t*>(p);
    case kLong:
      return *static_cast<const int64_t*>(p);
    case kHalf:
      return *static_cast<const Half*>(p);
    case kFloat:
      return *static_cast<const float*>(p);
    case kDouble:
      return *static_cast<const double*>(p);
    case kBool:
      return *static_cast<const bool*>(p);
    case kBFloat16:
      return *static_cast<const BFloat16*>(p);
    case ScalarType::Undefined:
      break;
  }
  detail::throw_error<TypeError>("item: not implemented for {}", dtype());
}

std::string Tensor::toString() const {
  if (!defined()) return "UndefinedType";
  return fmt::format("{}CPU{}Type", is_sparse() ? "Sparse" : "", dtype());
}

namespace {

TensorOptions with_dtype(const TensorOptions& options, const Tensor& like) {
  return options.has_dtype() ? options : options.dtype(like.dtype());
}

}  // namespace

Tensor TensorMethods::new_empty(IntArrayRef sizes, TensorOptions options) const {
  return empty(sizes, with_dtype(options, self()));
}

Tensor TensorMethods::new_zeros(IntArrayRef sizes, TensorOptions options) const {
  return zeros(sizes, with_dtype(options, self()));
}

Tensor TensorMethods::new_ones(IntArrayRef sizes, TensorOptions options) const {
  return ones(sizes, with_dtype(options, self()));
}

Tensor TensorMethods::new_full(IntArrayRef sizes, const Scalar& value,
                               TensorOptions options) const {
  return full(sizes, value, with_dtype(options, self()));
}

Tensor TensorMethods::new_empty_strided(IntArrayRef sizes, IntArrayRef strides,
                                        TensorOptions options) const {
  return empty_strided(sizes, strides, with_dtype(options, self()));
}

}  // namespace gradus
