// The methods of Tensor that change its shape in place.

#include <cstring>

#include "autograd/grad_meta.h"
#include "autograd/in_place.h"
#include "autograd/ops/shape.h"
#include "core/shape.h"

namespace gradus {

Tensor& Tensor::squeeze_() const {
  return become_view("squeeze_", self(), [](const Tensor& x) { return x.squeeze(); });
}

Tensor& Tensor::squeeze_(IntArrayRef dims) const {
  return become_view("squeeze_", self(), [&](const Tensor& x) { return x.squeeze(dims); });
}

Tensor& Tensor::unsqueeze_(int64_t dim) const {
  return become_view("unsqueeze_", self(), [&](const Tensor& x) { return x.unsqueeze(dim); });
}

Tensor& Tensor::transpose_(int64_t dim0, int64_t dim1) const {
  return become_view("transpose_", self(),
                     [&](const Tensor& x) { return x.transpose(dim0, dim1); });
}

Tensor& Tensor::t_() const {
  return become_view("t_", self(), [](const Tensor& x) { return x.t(); });
}

// Where the storage must grow the tensor gets one of its own: other views of the former storage
// keep that.
const Tensor& Tensor::resize_(IntArrayRef sizes, std::optional<MemoryFormat> format) const {
  require_tensors("resize_", *this);
  GRADUS_CHECK(!requires_grad(), "resize_: cannot resize tensors that require grad");
  check_in_place_history("resize_", *this);
  const int64_t numel = checked_numel("resize_", sizes);
  TensorImpl& impl = *impl_;
  GRADUS_CHECK(format != MemoryFormat::Preserve, "resize_: there is no format to preserve");
  if (IntArrayRef(impl.sizes) != sizes || format) {
    DimVector strides = format ? strides_for("resize_", sizes, *format) : contiguous_strides(sizes);
    const size_t needed = required_bytes("resize_", sizes, strides, impl.offset, impl.dtype);
    if (needed > impl.storage->nbytes()) {
      intrusive_ptr<StorageImpl> larger = StorageImpl::allocate(needed);
      std::memcpy(larger->data(), impl.storage->data(), impl.storage->nbytes());
      larger->version = History::version(*this);
      impl.storage = std::move(larger);
      impl.own_version = nullptr;
      if (impl.grad_meta != nullptr) impl.grad_meta->view.reset();
    }
    impl.sizes = to_dims(sizes);
    impl.strides = std::move(strides);
    impl.numel = numel;
    bump_version(*this);
  }
  return *this;
}

const Tensor& Tensor::resize_as_(const Tensor& other, std::optional<MemoryFormat> format) const {
  require_tensors("resize_as_", *this, other);
  if (format == MemoryFormat::Preserve) format = other.suggest_memory_format();
  return resize_(other.sizes(), format);
}

}  // namespace gradus
