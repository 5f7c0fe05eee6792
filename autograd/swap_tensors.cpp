#include "autograd/swap_tensors.h"

#include <algorithm>
#include <utility>

#include "autograd/grad_meta.h"
#include "core/shape.h"

namespace gradus {

namespace {

// The node must not write to what is another tensor from now on.
void release_retained(const Tensor& tensor) {
  if (!tensor.retains_grad()) return;
  auto& retained = History::hooks(*tensor.impl()->grad_meta->grad_fn).retained;
  retained.erase(std::remove_if(retained.begin(), retained.end(),
                                [&](const auto& entry) { return entry.second == tensor.impl(); }),
                 retained.end());
}

}  // namespace

void swap_tensors(const Tensor& a, const Tensor& b) {
  require_tensors("swap_tensors", a, b);
  if (a.is_same(b)) return;
  release_retained(a);
  release_retained(b);
  TensorImpl &x = *a.impl(), &y = *b.impl();
  std::swap(x.sizes, y.sizes);
  std::swap(x.strides, y.strides);
  std::swap(x.offset, y.offset);
  std::swap(x.numel, y.numel);
  std::swap(x.storage, y.storage);
  std::swap(x.own_version, y.own_version);
  std::swap(x.grad_meta, y.grad_meta);
  std::swap(x.dtype, y.dtype);
  std::swap(x.inference, y.inference);
  std::swap(x.view_copy, y.view_copy);
}

}  // namespace gradus
