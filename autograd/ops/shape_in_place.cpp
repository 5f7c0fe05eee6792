// The methods of Tensor that change its shape in place.

#include <cstring>

#include "autograd/grad_meta.h"
#include "autograd/grad_mode.h"
#include "autograd/in_place.h"
#include "autograd/ops/internal/named.h"
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

const Tensor& TensorMethods::as_strided_(IntArrayRef sizes, IntArrayRef strides,
                                         std::optional<int64_t> storage_offset) const {
  require_tensors("as_strided_", self());
  return become_view("as_strided_", self(), [&](const Tensor& x) {
    return named("as_strided_", [&] { return x.as_strided(sizes, strides, storage_offset); });
  });
}

namespace {

// Gives self these elements; `source` is the tensor they come from, if from one.
Tensor& set_elements(Tensor& self, const Tensor& source, intrusive_ptr<StorageImpl> storage,
                     int64_t offset, IntArrayRef sizes, IntArrayRef strides) {
  const char* const op = "set_";
  require_dense(op, "self", self);
  GRADUS_CHECK(!GradMode::is_enabled() || !self.requires_grad() || !self.is_leaf(),
               "{}: a leaf tensor that requires grad cannot be set outside of no_grad mode", op);
  GRADUS_CHECK(!self.is_inference() || InferenceMode::is_enabled(),
               "{}: an inference tensor cannot be set outside of inference mode", op);
  GRADUS_CHECK(strides.empty() || strides.size() == sizes.size(),
               "{}: sizes {} and strides {} must be of the same length", op, sizes, strides);
  GRADUS_CHECK_VALUE(offset >= 0, "{}: storage_offset must not be negative, got {}", op, offset);
  const int64_t numel = checked_numel(op, sizes);
  DimVector steps = strides.empty() ? contiguous_strides(sizes) : to_dims(strides);
  for (int64_t stride : steps) {
    GRADUS_CHECK_VALUE(stride >= 0, "{}: strides must not be negative, got {}", op, strides);
  }
  TensorImpl& impl = *self.impl();
  const size_t needed = required_bytes(op, sizes, steps, offset, impl.dtype);
  GRADUS_CHECK(needed <= storage->nbytes(),
               "{}: sizes {}, strides {} and storage_offset {} need a storage of {} bytes, got {}",
               op, sizes, IntArrayRef(steps), offset, needed, storage->nbytes());
  // The version goes on from where it was, apart from the counters of both storages.
  if (!impl.inference) {
    impl.own_version = make_intrusive<VersionCounter>(History::version(self) + 1);
  }
  if (impl.grad_meta != nullptr) impl.grad_meta->view.reset();
  impl.storage = std::move(storage);
  impl.sizes = to_dims(sizes);
  impl.strides = std::move(steps);
  impl.offset = offset;
  impl.numel = numel;
  impl.view_copy = false;
  return record_in_place("set_", {self, source}, self, [](const Tensor&) -> Grads {
    throw NotImplementedError("set_: not differentiable");
  });
}

}  // namespace

Tensor& TensorMethods::set_(const Tensor& source) const {
  require_tensors("set_", self(), source);
  require_dense("set_", "source", source);
  return set_(source, source.storage_offset(), source.sizes(), source.strides());
}

Tensor& TensorMethods::set_(const Tensor& source, int64_t storage_offset, IntArrayRef sizes,
                            IntArrayRef strides) const {
  require_tensors("set_", self(), source);
  require_dense("set_", "source", source);
  GRADUS_CHECK_TYPE(self().dtype() == source.dtype(), "set_: expected source of {}, got {}",
                    self().dtype(), source.dtype());
  return set_elements(self(), source, source.impl()->storage, storage_offset, sizes, strides);
}

Tensor& TensorMethods::set_(const Storage& source, int64_t storage_offset, IntArrayRef sizes,
                            IntArrayRef strides) const {
  require_tensors("set_", self());
  GRADUS_CHECK(static_cast<bool>(source), "set_: source is an undefined storage");
  return set_elements(self(), Tensor(), intrusive_ptr<StorageImpl>(source.unsafeGetStorageImpl()),
                      storage_offset, sizes, strides);
}

Tensor& TensorMethods::set_(const Storage& source) const {
  require_tensors("set_", self());
  return set_(source, 0, static_cast<int64_t>(source.nbytes() / self().element_size()));
}

Tensor& TensorMethods::set_() const {
  require_tensors("set_", self());
  return set_elements(self(), Tensor(), StorageImpl::allocate(0), 0, 0, {});
}

}  // namespace gradus
