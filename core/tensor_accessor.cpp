#include "core/tensor_accessor.h"

namespace gradus::detail {

void check_accessor(const Tensor& x, int64_t dims) {
  GRADUS_CHECK(x.dim() == dims, "accessor: expected a tensor of {} dims, got {}", dims, x.sizes());
}

}  // namespace gradus::detail
