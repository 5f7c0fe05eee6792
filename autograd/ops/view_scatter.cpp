#include "autograd/ops/view_scatter.h"

#include "autograd/node.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

template <class ViewOf>
Tensor scattered(const char* op, const Tensor& x, const Tensor& src, ViewOf view_of) {
  const OpScope scope(op);
  require_tensors(op, x, src);
  Tensor y = x.clone();
  const Tensor view = named(op, [&] { return view_of(y); });
  GRADUS_CHECK(view.sizes() == src.sizes(), "{}: src must have the shape of the view, {}, got {}",
               op, view.sizes(), src.sizes());
  view.copy_(src);
  return y;
}

}  // namespace

Tensor select_scatter(const Tensor& x, const Tensor& src, int64_t dim, int64_t index) {
  return scattered("select_scatter", x, src,
                   [&](const Tensor& y) { return select(y, dim, index); });
}

Tensor slice_scatter(const Tensor& x, const Tensor& src, int64_t dim, std::optional<int64_t> start,
                     std::optional<int64_t> end, int64_t step) {
  return scattered("slice_scatter", x, src,
                   [&](const Tensor& y) { return slice(y, dim, start, end, step); });
}

Tensor diagonal_scatter(const Tensor& x, const Tensor& src, int64_t offset, int64_t dim1,
                        int64_t dim2) {
  return scattered("diagonal_scatter", x, src,
                   [&](const Tensor& y) { return diagonal(y, offset, dim1, dim2); });
}

}  // namespace gradus
