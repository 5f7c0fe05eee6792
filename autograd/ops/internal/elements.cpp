#include "autograd/ops/internal/elements.h"

#include <algorithm>

#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/shape.h"
#include "core/kernels/gather.h"

namespace gradus {

Tensor checked_elements(const char* op, const Tensor& x, int64_t dim, const Tensor& index,
                        const Tensor* src) {
  GRADUS_CHECK_INDEX(index.dtype() == kLong || index.dtype() == kInt,
                     "{}: index must have dtype Long or Int, got {}", op, index.dtype());
  const Tensor list = checked_index(op, index);
  if (index.numel() == 0) return list;
  const int64_t rank = std::max<int64_t>(x.dim(), 1);
  GRADUS_CHECK(std::max<int64_t>(index.dim(), 1) == rank,
               "{}: index {} must have the rank of the tensor {}", op, index.sizes(), x.sizes());
  if (src != nullptr) {
    GRADUS_CHECK(std::max<int64_t>(src->dim(), 1) == rank,
                 "{}: src {} must have the rank of the tensor {}", op, src->sizes(), x.sizes());
  }
  for (int64_t d = 0; d < index.dim(); ++d) {
    const int64_t size = index.sizes()[d];
    GRADUS_CHECK(d == dim || x.dim() == 0 || size <= x.sizes()[d],
                 "{}: size {} of index {} at dim {} exceeds that of the tensor {}", op, size,
                 index.sizes(), d, x.sizes());
    GRADUS_CHECK(src == nullptr || src->dim() == 0 || size <= src->sizes()[d],
                 "{}: size {} of index {} at dim {} exceeds that of src {}", op, size,
                 index.sizes(), d, src == nullptr ? IntArrayRef() : src->sizes());
  }
  kernel::check_indices(op, list, dim, x.dim() == 0 ? 1 : x.sizes()[dim]);
  return list;
}

Tensor fitting_part(const Tensor& src, const Tensor& index) {
  Tensor part = src;
  for (int64_t d = 0; d < std::min(src.dim(), index.dim()); ++d) {
    if (index.sizes()[d] < part.sizes()[d]) part = narrow(part, d, 0, index.sizes()[d]);
  }
  return part.sizes() == index.sizes() ? part : reshape(part, index.sizes());
}

}  // namespace gradus
