#include "autograd/ops/copy.h"

#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/internal/sparse.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/fill.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;

namespace {

// An uninitialized tensor like x in the given format: Preserve keeps the order of the dims.
Tensor allocate_in(const char* op, const Tensor& x, ScalarType dtype, MemoryFormat format) {
  const DimVector& sizes = x.impl()->sizes;
  if (format == MemoryFormat::Preserve) {
    if (kernel::is_row_major(*x.impl())) {
      return kernel::allocate(sizes, x.impl()->strides, x.numel(), dtype);
    }
    const kernel::Operand operand(x);
    return kernel::allocate_result(sizes, dtype, &operand, 1);
  }
  return kernel::allocate(sizes, strides_for(op, sizes, format), x.numel(), dtype);
}

Tensor copied(const char* op, const Tensor& x, ScalarType dtype, MemoryFormat format) {
  const OpScope scope(op);
  if (x.is_sparse()) return copied_sparse(x, dtype);
  Tensor y = allocate_in(op, x, dtype, format);
  kernel::copy(x, y);
  if (!is_floating_point(dtype)) return y;
  // The engine casts dy to the dtype of x.
  return record(op, {x}, std::move(y), [](const Tensor& dy) -> Grads { return {dy}; });
}

}  // namespace

Tensor to(const Tensor& x, ScalarType dtype, bool copy, std::optional<MemoryFormat> format) {
  const OpScope scope("to");
  GRADUS_CHECK(x.defined(), "to: self is undefined");
  GRADUS_CHECK_TYPE(dtype != ScalarType::Undefined, "to: dtype is undefined");
  const MemoryFormat order = format.value_or(MemoryFormat::Preserve);
  const bool in_order = order == MemoryFormat::Preserve || x.is_contiguous(order);
  if (x.dtype() == dtype && in_order && !copy) return x;
  return copied("to_copy", x, dtype, order);
}

Tensor clone(const Tensor& x, std::optional<MemoryFormat> format) {
  GRADUS_CHECK(x.defined(), "clone: self is undefined");
  return copied("clone", x, x.dtype(), format.value_or(MemoryFormat::Preserve));
}

Tensor contiguous(const Tensor& x, MemoryFormat format) {
  check_defined("contiguous", "self", x);
  GRADUS_CHECK(format != MemoryFormat::Preserve,
               "contiguous: Preserve is no memory format to make contiguous");
  if (x.is_contiguous(format)) return x;
  return copied("contiguous", x, x.dtype(), format);
}

Tensor& copy_(Tensor& x, const Tensor& src) {
  const OpScope scope("copy_");
  check_defined("copy_", "self", x);
  check_defined("copy_", "src", src);
  GRADUS_CHECK(is_expandable_to(src.sizes(), x.sizes()), "copy_: shape {} does not broadcast to {}",
               src.sizes(), x.sizes());
  check_in_place("copy_", x);
  kernel::copy(src, x);
  bump_version(x);
  if (!x.is_floating_point()) return x;
  return record_in_place("copy_", {x, src}, x, [](const Tensor& dy, const Needs& needs) -> Grads {
    return {needs[0] ? zeros_like(dy) : Tensor(), dy};
  });
}

Tensor& fill_(Tensor& x, const Scalar& value) {
  const OpScope scope("fill_");
  check_in_place("fill_", x);
  kernel::fill(x, value);
  bump_version(x);
  return record_in_place("fill_", {x}, x,
                         [](const Tensor& dy) -> Grads { return {zeros_like(dy)}; });
}

Tensor& fill_(Tensor& x, const Tensor& value) {
  const OpScope scope("fill_");
  check_defined("fill_", "value", value);
  GRADUS_CHECK(value.dim() == 0, "fill_: expected a 0-d value, got shape {}", value.sizes());
  return copy_(x, value);
}

Tensor& zero_(Tensor& x) {
  GRADUS_CHECK(x.defined(), "zero_: self is undefined");
  if (x.is_sparse()) return zero_sparse_(x);
  return named("zero_", [&]() -> Tensor& { return fill_(x, 0); });
}

// --- methods of Tensor

Tensor Tensor::to(ScalarType dtype, bool, bool copy, std::optional<MemoryFormat> format) const {
  return gradus::to(*this, dtype, copy, format);
}

Tensor Tensor::to(const TensorOptions& options, bool, bool copy,
                  std::optional<MemoryFormat> format) const {
  GRADUS_CHECK(defined(), "to: self is undefined");
  GRADUS_CHECK(!options.requires_grad(),
               "to: requires_grad cannot be set here; call requires_grad_() on the result");
  const ScalarType dtype = options.dtype_opt().value_or(this->dtype());
  return gradus::to(*this, dtype, copy, format ? format : options.memory_format_opt());
}

Tensor Tensor::to(Device, ScalarType dtype, bool, bool copy,
                  std::optional<MemoryFormat> format) const {
  return gradus::to(*this, dtype, copy, format);
}

Tensor Tensor::to(std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool>, bool non_blocking, bool copy,
                  std::optional<MemoryFormat> format) const {
  GRADUS_CHECK_AS(NotImplementedError, layout != kSparse, "to: only dense tensors are made");
  return to(TensorOptions().dtype(dtype).device(device), non_blocking, copy, format);
}

Tensor Tensor::cuda() const {
  return to(Device(kCUDA));
}
Tensor Tensor::to(Device, bool, bool copy) const {
  return gradus::to(*this, dtype(), copy);
}

Tensor Tensor::clone(std::optional<MemoryFormat> format) const {
  return gradus::clone(*this, format);
}

Tensor Tensor::contiguous(MemoryFormat format) const {
  return gradus::contiguous(*this, format);
}

Tensor& Tensor::copy_(const Tensor& src, bool) const {
  return gradus::copy_(self(), src);
}

Tensor& Tensor::fill_(const Scalar& value) const {
  return gradus::fill_(self(), value);
}

Tensor& Tensor::fill_(const Tensor& value) const {
  return gradus::fill_(self(), value);
}

Tensor& Tensor::zero_() const {
  return gradus::zero_(self());
}

}  // namespace gradus
