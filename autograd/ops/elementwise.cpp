#include "autograd/grad_meta.h"
#include "autograd/ops/elementwise-inl.h"
#include "core/shape.h"

namespace gradus::elementwise {

void prepare_out(const char* op, TensorRefs inputs, Tensor& out, IntArrayRef sizes,
                 ScalarType dtype) {
  require_dense(op, "out", out);
  GRADUS_CHECK(!records(inputs) && !records({out}),
               "{}: functions with out=... arguments don't support automatic differentiation, but "
               "one of the arguments requires grad",
               op);
  GRADUS_CHECK_TYPE(can_cast(dtype, out.dtype()),
                    "{}: result type {} can't be cast to the desired output type {}", op, dtype,
                    out.dtype());
  if (out.sizes() == sizes) {
    check_in_place(op, out);
    return;
  }
  // Another size: the tensor gets a storage of its own, so that no input can lie there.
  check_in_place_history(op, out);
  TensorImpl& impl = *out.impl();
  const int64_t numel = checked_numel(op, sizes);
  const DimVector strides = contiguous_strides(sizes);
  impl.storage = StorageImpl::allocate(static_cast<size_t>(numel) * out.element_size());
  impl.sizes = to_dims(sizes);
  impl.strides = strides;
  impl.offset = 0;
  impl.numel = numel;
  impl.own_version = nullptr;
  if (impl.grad_meta != nullptr) impl.grad_meta->view.reset();
}

Tensor unary_forward(const char* op, kernel::UnaryOp kind, const Tensor& x) {
  check_defined(op, "self", x);
  return kernel::unary(op, kind, x);
}

Tensor& unary_in_place(const char* op, kernel::UnaryOp kind, Tensor& x,
                       Tensor (*compute)(const Tensor&)) {
  check_defined(op, "self", x);
  return in_place(
      op, x, {x}, x.sizes(), kernel::unary_type(kind, x.dtype()), [&] { return compute(x); },
      [&](const Tensor& out) { kernel::unary(op, kind, x, &out); });
}

Tensor& unary_out(const char* op, kernel::UnaryOp kind, Tensor& out, const Tensor& x) {
  check_defined(op, "self", x);
  return write_out(op, {x}, out, x.sizes(), kernel::unary_type(kind, x.dtype()),
                   [&](const Tensor& y) { kernel::unary(op, kind, x, &y); });
}

}  // namespace gradus::elementwise
