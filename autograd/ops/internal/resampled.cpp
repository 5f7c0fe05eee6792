#include "autograd/ops/internal/resampled.h"

#include "autograd/node.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor resampled(const char* op, const Tensor& x, int64_t dim,
                 const std::shared_ptr<const kernel::ResampleTaps>& taps) {
  const OpScope scope(op);
  return record(
      op, {x}, kernel::resample(x.detach(), dim, *taps),
      [op, dim, taps](const Tensor& dy) -> Grads {
        // The op is linear: its adjoint is of the same kind.
        return {resampled(op, dy, dim, std::make_shared<kernel::ResampleTaps>(transposed(*taps)))};
      });
}

}  // namespace gradus
