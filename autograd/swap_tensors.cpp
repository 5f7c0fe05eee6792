#include "autograd/swap_tensors.h"

#include <utility>

#include "autograd/grad_meta.h"

namespace gradus {

void swap_tensors(const Tensor& a, const Tensor& b) {
  GRADUS_CHECK(a.defined() && b.defined(), "swap_tensors: one of the arguments is undefined");
  if (a.is_same(b)) return;
  TensorImpl &x = *a.impl(), &y = *b.impl();
  std::swap(x.sizes, y.sizes);
  std::swap(x.strides, y.strides);
  std::swap(x.offset, y.offset);
  std::swap(x.numel, y.numel);
  std::swap(x.storage, y.storage);
  std::swap(x.own_version, y.own_version);
  std::swap(x.grad_meta, y.grad_meta);  // what a node retains goes to the slot, and so with it
  std::swap(x.dtype, y.dtype);
  std::swap(x.inference, y.inference);
  std::swap(x.view_copy, y.view_copy);
  std::swap(x.sparse, y.sparse);
}

}  // namespace gradus
