#include <atomic>

#include <fmt/format.h>

#include "autograd/grad_meta.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/internal/out_dtype.h"
#include "core/shape.h"
#include "core/warning.h"

namespace gradus::elementwise {

namespace {

// A tensor that had elements and gets others' places is probably a mistake.
void warn_of_resize(const char* op, const Tensor& out, IntArrayRef sizes) {
  static std::atomic<bool> warned{false};
  if (warned.exchange(true) && !WarningUtils::get_warnAlways()) return;
  warn(
      fmt::format("{}: out has shape {} and is resized to the result's {}, which drops what it "
                  "held. Give an empty tensor, or out.resize_({{0}}) before.",
                  op, out.sizes(), sizes));
}

}  // namespace

void check_out(const char* op, TensorRefs inputs, const Tensor& out, IntArrayRef sizes,
               ScalarType dtype) {
  require_dense(op, "out", out);
  GRADUS_CHECK(!records(inputs) && !records({out}),
               "{}: functions with out=... arguments don't support automatic differentiation, but "
               "one of the arguments requires grad",
               op);
  GRADUS_CHECK_TYPE(can_cast(dtype, out.dtype()),
                    "{}: result type {} can't be cast to the desired output type {}", op, dtype,
                    out.dtype());
  GRADUS_CHECK_TYPE(out.dtype() == dtype || casts_to_out(op), "{}: expected out of {}, got {}", op,
                    dtype, out.dtype());
  if (out.sizes() == sizes) {
    check_in_place(op, out);
  } else {
    check_in_place_history(op, out);
  }
}

void prepare_out(const char* op, TensorRefs inputs, Tensor& out, IntArrayRef sizes,
                 ScalarType dtype) {
  check_out(op, inputs, out, sizes, dtype);
  if (out.sizes() == sizes) return;
  if (out.numel() != 0) warn_of_resize(op, out, sizes);
  // Another size: the tensor gets a storage of its own, so that no input can lie there.
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
